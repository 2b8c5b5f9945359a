package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Dequantize;
import dev.kawi.kernel.Quantize;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.PublishedFile.Stored;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

// How it works. DeepSeek V3 and others ship a matrix as bytes, `X.weight`, and a factor for each
// square of 128 x 128 of them, `X.weight_scale_inv`, which may be in another file. Once both are
// there they are one matrix in BF16, whose bytes are computed when somebody asks for them; that is
// how the publishers themselves convert it.

/// Matrices of 8-bit floats with a factor for each square of them. Source: `fp8_cast_bf16.py` of
/// DeepSeek V3 (github.com/deepseek-ai/DeepSeek-V3), arXiv 2209.05433 for the format.
final class Fp8Weights {
  private static final String LEVELS = "F8_E4M3";
  private static final String SCALE = "_scale_inv";
  private static final float[] VALUES = values();

  private final long[] square;
  private final Arena arena;
  private final Map<String, Stored> waiting = new HashMap<>();

  /// The weights of a folder.
  ///
  /// @param config what `quantization_config` says
  /// @param arena where converted matrices go
  Fp8Weights(Optional<HuggingFaceConfig> config, Arena arena) {
    square =
        config
            .flatMap(c -> c.numbers("weight_block_size").map(s -> square(c, s)))
            .orElse(new long[] {1, 1});
    this.arena = arena;
  }

  private static long[] square(HuggingFaceConfig config, float[] sizes) {
    if (sizes.length != 2 || sizes[0] < 1 || sizes[1] < 1) {
      throw config.wrong("weight_block_size", "is not two sizes");
    }
    return new long[] {(long) sizes[0], (long) sizes[1]};
  }

  /// The tensor, if it is no part of such a matrix; the matrix, if this is its second part.
  Optional<Stored> whole(Stored stored) {
    boolean levels = stored.dtype().equals(LEVELS);
    if (!levels && !stored.name().endsWith(SCALE)) {
      return Optional.of(stored);
    }
    String name = levels ? stored.name() : stored.name().replace(SCALE, "");
    Stored other = waiting.remove(name);
    if (other == null) {
      waiting.put(name, stored);
      return Optional.empty();
    }
    return Optional.of(levels ? matrix(stored, other) : matrix(other, stored));
  }

  /// Fails if a part is still without the other.
  void requireWhole() {
    waiting
        .values()
        .forEach(part -> {
          throw new ModelFormatException(
              "safetensors: %s is %s, and its %s is missing; is the folder complete?"
                  .formatted(
                      part.name(),
                      part.dtype(),
                      part.name().endsWith(SCALE) ? "matrix" : part.name() + SCALE));
        });
  }

  private Stored matrix(Stored levels, Stored scales) {
    List<Long> shape = levels.shape();
    boolean fits =
        shape.size() == 2
            && scales
                .shape()
                .equals(
                    List.of(squares(shape.get(0), square[0]), squares(shape.get(1), square[1])));
    if (!fits || scales.type().isEmpty()) {
      throw new ModelFormatException(
          "safetensors: %s is %s with factors %s %s for squares of %d x %d; is the file complete?"
              .formatted(
                  levels.name(), shape, scales.dtype(), scales.shape(), square[0], square[1]));
    }
    return new Stored(
        levels.name(),
        "BF16",
        Optional.of(StorageType.BF16),
        shape,
        () -> converted(levels, scales));
  }

  private static long squares(long size, long square) {
    return Math.ceilDiv(size, square);
  }

  private MemorySegment converted(Stored levels, Stored scales) {
    long rows = levels.shape().get(0);
    int cols = Math.toIntExact(levels.shape().get(1));
    int inRow = Math.toIntExact(scales.shape().get(1));
    StorageType type = scales.type().orElseThrow();
    MemorySegment from = levels.data().get();
    MemorySegment factors = scales.data().get();
    MemorySegment all = arena.allocate(rows * cols * Short.BYTES, Long.BYTES);
    float[] scale = new float[inRow];
    float[] row = new float[cols];
    for (long r = 0; r < rows; r++) {
      long at = r / square[0] * type.bytes(inRow);
      Dequantize.row(type, factors, at, MemorySegment.ofArray(scale), 0, inRow);
      for (int c = 0; c < cols; c++) {
        int level = from.get(ValueLayout.JAVA_BYTE, r * cols + c) & 0xff;
        row[c] = VALUES[level] * scale[(int) (c / square[1])];
      }
      long to = r * StorageType.BF16.bytes(cols);
      Quantize.row(StorageType.BF16, MemorySegment.ofArray(row), 0, all, to, cols);
    }
    return all;
  }

  /// What each byte means: a sign, four bits of exponent, three of mantissa, no infinity.
  private static float[] values() {
    float[] values = new float[256];
    for (int level = 0; level < values.length; level++) {
      int exponent = level >> 3 & 15;
      int mantissa = level & 7;
      float size =
          exponent == 0 ? Math.scalb(mantissa, -9) : Math.scalb(8f + mantissa, exponent - 10);
      boolean none = exponent == 15 && mantissa == 7;
      values[level] = none ? Float.NaN : level < 128 ? size : -size;
    }
    return values;
  }
}
