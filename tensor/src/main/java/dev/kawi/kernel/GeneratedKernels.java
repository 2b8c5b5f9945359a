package dev.kawi.kernel;

import dev.kawi.kernel.x86.AttentionKernel;
import dev.kawi.kernel.x86.BlockMatmul;
import dev.kawi.kernel.x86.CodeMemory;
import dev.kawi.kernel.x86.DenseMatmul;
import dev.kawi.kernel.x86.InstructionSet;
import dev.kawi.kernel.x86.Packer;
import dev.kawi.kernel.x86.RowKernels;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Kernels in machine code that is written at run time, where that pays; the rest is done by
/// another tier. Equal to [ScalarKernels] bit for bit.
public final class GeneratedKernels implements Kernels {
  /// How many bytes ahead generation asks for weights. On Intel processors (Sapphire Rapids) this
  /// gives 21 GB/s on two cores instead of 13; on AMD (Zen 4) it gives nothing or takes a tenth.
  private static final int PREFETCH = 4096;

  private final Kernels rest;
  private final InstructionSet set;
  private final @Nullable Packer packer;
  private final @Nullable RowKernels rows;
  private final @Nullable AttentionKernel attention;
  private final Map<StorageType, BlockMatmul> blocks = new EnumMap<>(StorageType.class);
  private final Map<StorageType, DenseMatmul> dense = new EnumMap<>(StorageType.class);

  /// Kernels for this processor.
  ///
  /// @param set what the processor has, or less
  /// @param rest does what is not generated; must read packed weights
  GeneratedKernels(InstructionSet set, Kernels rest) {
    int bits = set.bits();
    int prefetch = Cpu.detect().model().contains("AMD") ? 0 : PREFETCH;
    this.set = set;
    this.rest = rest;
    packer = bits == 512 ? new Packer() : null;
    rows = bits == 512 ? new RowKernels() : null;
    attention = rows == null ? null : new AttentionKernel(rows);
    for (StorageType type : StorageType.values()) {
      if (BlockLayout.isPacked(type)) {
        blocks.put(type, new BlockMatmul(BlockLayout.of(type), bits, prefetch));
      } else {
        dense.put(type, new DenseMatmul(type, set));
      }
    }
  }

  @Override
  public String name() {
    return "generated, " + set.title();
  }

  @Override
  public boolean packs(StorageType type) {
    return BlockLayout.isPacked(type);
  }

  @Override
  public void pack(
      Matrix w, MemorySegment packed, int groupFrom, int groupTo, Workspace workspace) {
    if (packer != null && packer.fits(w)) {
      packer.pack(w, packed, groupFrom, groupTo, workspace.codeMemory());
    } else {
      rest.pack(w, packed, groupFrom, groupTo, workspace);
    }
  }

  @Override
  public void round(Tensor x, Rounded rounded, int from, int to, Workspace workspace) {
    if (rows == null) {
      rest.round(x, rounded, from, to, workspace);
      return;
    }
    switch (rounded) {
      case RoundedRows levels -> rows.round(x, levels, from, to, workspace.codeMemory());
      case Bf16Rows pairs when set == InstructionSet.AVX512_BF16 ->
          rows.roundToBf16(x, pairs, from, to, workspace.codeMemory());
      case Bf16Rows floats -> rest.round(x, floats, from, to, workspace);
    }
  }

  @Override
  public void matmul(
      PackedMatrix w,
      Tensor x,
      @Nullable Rounded rounded,
      @Nullable Tensor bias,
      Tensor y,
      int rowFrom,
      int rowTo,
      Workspace workspace) {
    CodeMemory memory = workspace.codeMemory();
    BlockMatmul block = blocks.get(w.matrix().type());
    DenseMatmul floats = dense.get(w.matrix().type());
    if (block != null) {
      block.run(w, RoundedRows.needed(rounded), bias, y, rowFrom, rowTo, memory);
    } else if (floats != null && floats.fits(x.cols())) {
      floats.run(w.matrix(), x, rounded, bias, y, rowFrom, rowTo, memory);
    } else {
      rest.matmul(w, x, rounded, bias, y, rowFrom, rowTo, workspace);
    }
  }

  @Override
  public void dequantize(
      StorageType type,
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
      int count) {
    // Rows of the embedding: so few that compiling the vector code costs more than it gives.
    Dequantize.row(type, from, fromByte, to, toByte, count);
  }

  @Override
  public void quantize(
      StorageType type,
      MemorySegment from,
      long fromByte,
      MemorySegment to,
      long toByte,
      int count) {
    rest.quantize(type, from, fromByte, to, toByte, count);
  }

  @Override
  public void rmsNorm(
      Tensor x, Tensor weight, float eps, Tensor y, int from, int to, Workspace workspace) {
    if (rows == null) {
      rest.rmsNorm(x, weight, eps, y, from, to, workspace);
    } else if (from < to) {
      rows.rmsNorm(x, weight, eps, y, from, to, workspace.codeMemory());
    }
  }

  @Override
  public void layerNorm(
      Tensor x, Tensor weight, @Nullable Tensor bias, float eps, Tensor y, int from, int to) {
    rest.layerNorm(x, weight, bias, eps, y, from, to);
  }

  @Override
  public void add(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace) {
    if (rows == null) {
      rest.add(a, b, y, from, to, workspace);
    } else {
      rows.add(a, b, y, from, to, workspace.codeMemory());
    }
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace) {
    if (rows == null) {
      rest.multiply(a, b, y, from, to, workspace);
    } else {
      rows.multiply(a, b, y, from, to, workspace.codeMemory());
    }
  }

  @Override
  public void scale(float factor, Tensor x, Tensor y, int from, int to) {
    rest.scale(factor, x, y, from, to);
  }

  @Override
  public void addScaledRow(float factor, Tensor x, int xRow, Tensor y, int yRow) {
    rest.addScaledRow(factor, x, xRow, y, yRow);
  }

  @Override
  public void activate(Activation f, Tensor x, Tensor y, int from, int to, Workspace workspace) {
    if (rows == null) {
      rest.activate(f, x, y, from, to, workspace);
    } else {
      rows.activate(f, x, y, from, to, workspace.codeMemory());
    }
  }

  @Override
  public void gate(
      Activation f, Tensor x, Tensor other, Tensor y, int from, int to, Workspace workspace) {
    if (rows == null) {
      rest.gate(f, x, other, y, from, to, workspace);
    } else {
      rows.gate(f, x, other, y, from, to, workspace.codeMemory());
    }
  }

  @Override
  public void softCap(float cap, Tensor x, Tensor y, int from, int to) {
    rest.softCap(cap, x, y, from, to);
  }

  @Override
  public void multiplyAdd(
      MemorySegment a,
      long aByte,
      MemorySegment b,
      long bByte,
      MemorySegment y,
      long yByte,
      int count) {
    rest.multiplyAdd(a, aByte, b, bByte, y, yByte, count);
  }

  @Override
  public void deltaRule(DeltaJob job) {
    rest.deltaRule(job);
  }

  @Override
  public void attend(AttentionJob job, Workspace workspace) {
    if (attention != null && AttentionKernel.fits(job)) {
      attention.run(job, workspace.codeMemory());
    } else {
      rest.attend(job, workspace);
    }
  }
}
