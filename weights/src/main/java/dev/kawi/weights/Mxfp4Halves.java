package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.PublishedLayout.Laid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

// How it works. GGUF has a block of 32 numbers as a byte with the scale and 16 bytes, of which byte
// j holds number j in its low half and number j + 16 in its high one. gpt-oss is published with all
// scales in a tensor of their own and numbers 2j and 2j + 1 in byte j; and the rows of gate and up
// alternate.

/// Levels and scales of experts in MXFP4, which publishers keep in two tensors. Source: the
/// conversion script of llama.cpp for gpt-oss.
///
/// @param blocks levels: [experts, rows, blocks, 16]
/// @param scales scales: [experts, rows, blocks]
record Mxfp4Halves(Half blocks, Half scales) {
  private static final int LEVEL_BYTES = 16;
  private static final int BLOCK_BYTES = StorageType.MXFP4.blockBytes();

  /// One of both tensors.
  ///
  /// @param name `blk.N.*_exps.blocks` or `blk.N.*_exps.scales`
  /// @param shape sizes, outermost first
  /// @param data its bytes
  record Half(String name, List<Long> shape, MemorySegment data) {
    /// Checks the size.
    Half {
      shape = List.copyOf(shape);
      long elements = shape.stream().reduce(1L, Math::multiplyExact);
      if (elements != data.byteSize()) {
        throw new ModelFormatException(
            "safetensors: %s is %s of %d bytes, expected one byte for each element; is the file complete?"
                .formatted(name, shape, data.byteSize()));
      }
    }

    /// The name without what tells both tensors apart.
    String tensor() {
      return name.substring(0, name.lastIndexOf('.'));
    }

    private boolean hasLevels() {
      return name.endsWith(".blocks");
    }
  }

  /// Checks that the sizes fit.
  Mxfp4Halves {
    List<Long> levels = blocks.shape();
    if (levels.size() != 4
        || levels.getLast() != LEVEL_BYTES
        || !levels.subList(0, 3).equals(scales.shape())) {
      throw new ModelFormatException(
          "safetensors: %s is %s and %s is %s, expected [experts, rows, blocks, 16] and [experts, rows, blocks]; is the file complete?"
              .formatted(blocks.name(), levels, scales.name(), scales.shape()));
    }
  }

  /// Both, in whichever order the files have them.
  static Mxfp4Halves of(Half one, Half other) {
    return one.hasLevels() ? new Mxfp4Halves(one, other) : new Mxfp4Halves(other, one);
  }

  /// The tensors as GGUF has them; their bytes are copied when asked for.
  List<Laid> tensors(Arena arena) {
    String name = blocks.tensor() + ".weight";
    return name.contains("ffn_gate_up_")
        ? List.of(
            rows(name.replace("ffn_gate_up_", "ffn_gate_"), 0, 2, arena),
            rows(name.replace("ffn_gate_up_", "ffn_up_"), 1, 2, arena))
        : List.of(rows(name, 0, 1, arena));
  }

  /// Each `step`-th row from `first` on.
  private Laid rows(String name, long first, long step, Arena arena) {
    long experts = scales.shape().get(0);
    long rows = scales.shape().get(1);
    if (rows % step != 0) {
      throw new ModelFormatException(
          "safetensors: %s has %d rows, expected gates and as many ups; is the file complete?"
              .formatted(blocks.name(), rows));
    }
    long inRow = scales.shape().get(2);
    List<Long> shape = List.of(experts, rows / step, inRow * StorageType.MXFP4.blockSize());
    return new Laid(
        name,
        StorageType.MXFP4,
        shape,
        () -> {
          MemorySegment all = arena.allocate(experts * (rows / step) * inRow * BLOCK_BYTES);
          for (long row = first, to = 0; row < experts * rows; row += step) {
            for (long block = row * inRow; block < (row + 1) * inRow; block++, to += BLOCK_BYTES) {
              copyBlock(block, all, to);
            }
          }
          return all;
        });
  }

  private void copyBlock(long block, MemorySegment to, long at) {
    to.set(ValueLayout.JAVA_BYTE, at, scales.data().get(ValueLayout.JAVA_BYTE, block));
    for (int j = 0; j < LEVEL_BYTES; j++) {
      int level = level(block, j) | level(block, j + LEVEL_BYTES) << 4;
      to.set(ValueLayout.JAVA_BYTE, at + 1 + j, (byte) level);
    }
  }

  private int level(long block, int i) {
    byte two = blocks.data().get(ValueLayout.JAVA_BYTE, block * LEVEL_BYTES + i / 2);
    return two >> (i % 2 * 4) & 15;
  }
}
