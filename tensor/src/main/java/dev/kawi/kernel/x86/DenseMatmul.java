package dev.kawi.kernel.x86;

import dev.kawi.kernel.Bf16Rows;
import dev.kawi.kernel.Native;
import dev.kawi.kernel.Rounded;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

// How it works. Rows of w are taken in blocks that stay in the second-level cache while all tiles
// of tokens pass over them; within a block the code goes from tile of rows to tile of rows. Rows
// that are left over go one by one.

/// The product of a matrix that is stored as floats and of activations.
public final class DenseMatmul {
  private static final long ROW_BLOCK_BYTES = 256 * 1024;
  private static final MemorySegment CONSTANTS =
      Arena.global().allocateFrom(ValueLayout.JAVA_INT, DenseCode.CONSTANT_WORDS);

  private final StorageType type;
  private final InstructionSet set;
  private final int maxTokens;

  /// Code for a full tile of rows, and for one row, by tokens.
  private final AtomicReferenceArray<@Nullable MemorySegment> tiles;

  private final AtomicReferenceArray<@Nullable MemorySegment> singles;

  /// Products of F32, F16 or BF16.
  public DenseMatmul(StorageType type, InstructionSet set) {
    this.type = type;
    this.set = set;
    maxTokens = DenseCode.maxTokens(set.bits());
    tiles = new AtomicReferenceArray<>(maxTokens + 1);
    singles = new AtomicReferenceArray<>(maxTokens + 1);
  }

  /// Whether rows of this length can be multiplied: AVX2 has no masks for what is left over.
  public boolean fits(int cols) {
    return set.bits() == 512 || cols % DenseCode.step(type) == 0;
  }

  private MemorySegment code(int tokens, int rows) {
    AtomicReferenceArray<@Nullable MemorySegment> codes = rows == 1 ? singles : tiles;
    MemorySegment code = codes.get(tokens);
    if (code == null) {
      code = Native.install(DenseCode.of(type, rows, tokens, set));
      codes.set(tokens, code);
    }
    return code;
  }

  /// y[t, r] for all rows t of x and the rows of w from `rowFrom` to `rowTo`.
  ///
  /// @param rounded x rounded; used where w is stored in BF16
  public void run(
      Matrix w,
      Tensor x,
      @Nullable Rounded rounded,
      @Nullable Tensor bias,
      Tensor y,
      int rowFrom,
      int rowTo,
      CodeMemory memory) {
    boolean bf16 = type == StorageType.BF16;
    long xAt = (bf16 ? Bf16Rows.needed(rounded).data() : x.data()).address();
    long xStride = bf16 ? Bf16Rows.rowBytes(w.cols()) : 4L * w.cols();
    long biasAt = bias == null ? 0 : bias.data().address();
    int block = (int) Math.max(16, ROW_BLOCK_BYTES / Math.max(1, w.rowBytes()) / 16 * 16);
    int from = rowFrom;
    while (from < rowTo) {
      int to = x.rows() <= maxTokens ? rowTo : Math.min(rowTo, from + block);
      run(
          w.data().address() + from * w.rowBytes(),
          w.rowBytes(),
          to - from,
          xAt,
          xStride,
          x.rows(),
          w.cols(),
          y.data().address() + 4L * from,
          4L * y.cols(),
          biasAt == 0 ? 0 : biasAt + 4L * from,
          memory);
      from = to;
    }
  }

  /// The product of rows at these addresses: y[t, r] = w[r] x[t].
  private void run(
      long w,
      long wStride,
      int rows,
      long x,
      long xStride,
      int tokens,
      int cols,
      long y,
      long yStride,
      long bias,
      CodeMemory memory) {
    int tiles = Math.ceilDiv(tokens, maxTokens);
    memory.set(DenseCode.W_STRIDE, wStride);
    memory.set(DenseCode.X_STRIDE, xStride);
    memory.set(DenseCode.STEPS, cols / DenseCode.step(type));
    memory.set(DenseCode.TAIL, (1L << (cols % DenseCode.step(type))) - 1);
    memory.set(DenseCode.Y_STRIDE, yStride);
    memory.set(DenseCode.CONSTANTS, CONSTANTS.address());
    for (int i = 0; i < tiles; i++) {
      int t = (int) ((long) tokens * i / tiles);
      int count = (int) ((long) tokens * (i + 1) / tiles) - t;
      int tileRows = i == 0 ? 1 : DenseCode.tileRows(count, set.bits());
      int whole = rows / tileRows;
      memory.set(DenseCode.X, x + t * xStride);
      memory.set(DenseCode.W, w);
      memory.set(DenseCode.ROW_TILES, whole);
      memory.set(DenseCode.Y, y + t * yStride);
      memory.set(DenseCode.BIAS, bias);
      if (whole > 0) {
        Native.run(code(count, tileRows), memory.arguments());
      }
      int done = whole * tileRows;
      if (done < rows) {
        memory.set(DenseCode.W, w + done * wStride);
        memory.set(DenseCode.ROW_TILES, rows - done);
        memory.set(DenseCode.Y, y + t * yStride + 4L * done);
        memory.set(DenseCode.BIAS, bias == 0 ? 0 : bias + 4L * done);
        Native.run(code(count, 1), memory.arguments());
      }
    }
  }
}
