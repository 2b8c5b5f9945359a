package dev.kawi.kernel.x86;

import static dev.kawi.kernel.Kernels.GROUP_ROWS;

import dev.kawi.kernel.BlockLayout;
import dev.kawi.kernel.Native;
import dev.kawi.kernel.PackedMatrix;
import dev.kawi.kernel.RoundedRows;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

// How it works. A batch of many tokens is cut three ways, so that what is read again is near: k
// into chunks of K_CHUNK elements, whose activations for one tile of tokens stay in the first-level
// cache (the sums of a tile wait in y between chunks, which changes no bit of them); groups of rows
// into blocks that stay in the second-level cache while all tiles pass over them; tokens into tiles
// of about equal size. Few tokens take all of k at once, so that the weights are one stream.

/// The product of packed weights of one block type and rounded activations.
public final class BlockMatmul {
  private static final int K_CHUNK = 2048;
  private static final long GROUP_BLOCK_BYTES = 512 * 1024;

  /// How many bytes ahead a batch asks for weights that come from memory. Its code is too long for
  /// the processor to look ahead by itself.
  private static final int BATCH_PREFETCH = 4096;

  private final BlockLayout layout;
  private final int bits;
  private final int maxTokens;

  /// For weights that come from memory, and for those that are in the cache.
  private final Codes streaming;

  private final Codes cached;
  private final MemorySegment constants;

  /// Products on vectors of 256 (AVX2) or 512 bits (AVX-512 VNNI). Code is written when it is first
  /// needed.
  ///
  /// @param prefetch how many bytes ahead generation asks for weights; 0 for not at all
  public BlockMatmul(BlockLayout layout, int bits, int prefetch) {
    this.layout = layout;
    this.bits = bits;
    maxTokens = bits == 512 ? BlockCode.TOKENS_512 : BlockCode.TOKENS_256;
    streaming = new Codes(prefetch, BATCH_PREFETCH);
    cached = new Codes(0, 0);
    byte[] bytes = BlockCode.constants(layout, bits);
    constants = Arena.global().allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
  }

  /// Code by tokens.
  private final class Codes {
    private final AtomicReferenceArray<@Nullable MemorySegment> codes =
        new AtomicReferenceArray<>(maxTokens + 1);
    private final int onePrefetch;
    private final int batchPrefetch;

    Codes(int onePrefetch, int batchPrefetch) {
      this.onePrefetch = onePrefetch;
      this.batchPrefetch = batchPrefetch;
    }

    MemorySegment of(int tokens) {
      MemorySegment code = codes.get(tokens);
      if (code == null) {
        int distance = tokens == 1 ? onePrefetch : batchPrefetch;
        code = Native.install(BlockCode.of(layout, tokens, bits, distance));
        codes.set(tokens, code);
      }
      return code;
    }
  }

  /// y[t, r] for all rows t of x and the rows of w from `rowFrom` (a multiple of 16) to `rowTo`.
  public void run(
      PackedMatrix w,
      RoundedRows x,
      @Nullable Tensor bias,
      Tensor y,
      int rowFrom,
      int rowTo,
      CodeMemory memory) {
    int from = rowFrom / GROUP_ROWS;
    int to = rowTo / GROUP_ROWS;
    Call call = new Call(w, x, bias, y, memory);
    if (x.rows() <= maxTokens) {
      call.tile(from, to, 0, x.rows(), 0, call.units, streaming);
    } else {
      call.blocks(from, to);
    }
    if (rowTo % GROUP_ROWS != 0) {
      call.lastGroup(to, rowTo - to * GROUP_ROWS);
    }
  }

  /// One product.
  private final class Call {
    private final PackedMatrix w;
    private final RoundedRows x;
    private final @Nullable Tensor bias;
    private final Tensor y;
    private final CodeMemory memory;
    private final int units;
    private final long groupBytes;

    Call(PackedMatrix w, RoundedRows x, @Nullable Tensor bias, Tensor y, CodeMemory memory) {
      this.w = w;
      this.x = x;
      this.bias = bias;
      this.y = y;
      this.memory = memory;
      units = w.matrix().cols() / layout.unitSize();
      groupBytes = PackedMatrix.groupBytes(w.matrix());
    }

    void blocks(int from, int to) {
      int chunk = Math.max(1, K_CHUNK / layout.unitSize());
      long chunkBytes = (long) Math.min(chunk, units) * layout.unitBytes();
      int block = (int) Math.max(1, GROUP_BLOCK_BYTES / chunkBytes);
      int tiles = Math.ceilDiv(x.rows(), maxTokens);
      for (int unit = 0; unit < units; unit += chunk) {
        int unitTo = Math.min(units, unit + chunk);
        for (int group = from; group < to; group += block) {
          int groupTo = Math.min(to, group + block);
          for (int i = 0; i < tiles; i++) {
            int t = (int) ((long) x.rows() * i / tiles);
            int tokens = (int) ((long) x.rows() * (i + 1) / tiles) - t;
            tile(group, groupTo, t, tokens, unit, unitTo, i == 0 ? streaming : cached);
          }
        }
      }
    }

    void tile(int from, int to, int t, int tokens, int unitFrom, int unitTo, Codes codes) {
      if (from < to && tokens > 0) {
        long at = 4L * ((long) t * y.cols() + (long) from * GROUP_ROWS);
        Tensor b = unitTo == units ? bias : null;
        long biasAt = b == null ? 0 : b.data().address() + 4L * from * GROUP_ROWS;
        long yAt = y.data().address() + at;
        call(from, to, t, codes.of(tokens), unitFrom, unitTo, yAt, 4L * y.cols(), biasAt);
      }
    }

    /// The last group, which has fewer than sixteen rows: by way of memory that has room for all.
    void lastGroup(int group, int rows) {
      for (int t = 0; t < x.rows(); t += maxTokens) {
        int tokens = Math.min(maxTokens, x.rows() - t);
        MemorySegment sums = memory.tile();
        MemorySegment code = cached.of(tokens);
        call(group, group + 1, t, code, 0, units, sums.address(), 4L * GROUP_ROWS, 0);
        for (int i = 0; i < tokens; i++) {
          for (int r = 0; r < rows; r++) {
            float sum = sums.getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * GROUP_ROWS + r);
            int row = group * GROUP_ROWS + r;
            y.set(t + i, row, bias == null ? sum : sum + bias.get(0, row));
          }
        }
      }
    }

    private void call(
        int from,
        int to,
        int t,
        MemorySegment code,
        int unitFrom,
        int unitTo,
        long yAddress,
        long yStride,
        long biasAddress) {
      long unitBytes = layout.unitBytes();
      long records = (long) unitFrom * layout.unitSize() / RoundedRows.BLOCK;
      long stride = RoundedRows.rowBytes(x.cols());
      memory.set(
          BlockCode.WEIGHTS, w.packed().address() + from * groupBytes + unitFrom * unitBytes);
      memory.set(BlockCode.GROUPS, to - from);
      memory.set(BlockCode.UNITS, unitTo - unitFrom);
      memory.set(BlockCode.GROUP_SKIP, groupBytes - (unitTo - unitFrom) * unitBytes);
      memory.set(BlockCode.X, x.data().address() + t * stride + records * RoundedRows.RECORD_BYTES);
      memory.set(BlockCode.X_STRIDE, stride);
      memory.set(BlockCode.Y, yAddress);
      memory.set(BlockCode.Y_STRIDE, yStride);
      memory.set(BlockCode.BIAS, biasAddress);
      memory.set(BlockCode.CONTINUE, unitFrom);
      memory.set(BlockCode.CONSTANTS, constants.address());
      Native.run(code, memory.arguments());
    }
  }
}
