package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Dequantize;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.Mxfp4Halves.Half;
import dev.kawi.weights.PublishedLayout.Laid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Experts of gpt-oss as published give the numbers that `convert_moe_packed_tensors` of Hugging
/// Face transformers gives: element 2j of a block from the low half of byte j, element 2j + 1 from
/// the high one, each times 2^(scale - 127).
class Mxfp4HalvesTest {
  private static final int EXPERTS = 2;
  private static final int ROWS = 6;
  private static final int BLOCKS = 3;

  /// The numbers of E2M1, with one zero. Source: OCP Microscaling Formats 1.0.
  private static final float[] LEVELS = {
    0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6
  };

  private final byte[] levels = new byte[EXPERTS * ROWS * BLOCKS * 16];
  private final byte[] scales = new byte[EXPERTS * ROWS * BLOCKS];

  Mxfp4HalvesTest() {
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) (i * 37 + i / 16);
    }
    for (int i = 0; i < scales.length; i++) {
      scales[i] = (byte) (120 + i % 11);
    }
  }

  private Half half(String name) {
    boolean blocks = name.endsWith("blocks");
    List<Long> shape =
        blocks
            ? List.of((long) EXPERTS, (long) ROWS, (long) BLOCKS, 16L)
            : List.of((long) EXPERTS, (long) ROWS, (long) BLOCKS);
    return new Half(name, shape, MemorySegment.ofArray(blocks ? levels : scales));
  }

  private float[] published(int expert, int row) {
    float[] numbers = new float[BLOCKS * 32];
    for (int i = 0; i < numbers.length; i++) {
      int block = (expert * ROWS + row) * BLOCKS + i / 32;
      int two = levels[block * 16 + i % 32 / 2] & 0xFF;
      int level = i % 2 == 0 ? two & 15 : two >> 4;
      numbers[i] = Math.scalb(LEVELS[level], (scales[block] & 0xFF) - 127);
    }
    return numbers;
  }

  private static float[] row(Laid tensor, long row) {
    int cols = tensor.info().cols();
    float[] numbers = new float[cols];
    MemorySegment data = tensor.data().get();
    long from = row * StorageType.MXFP4.bytes(cols);
    Dequantize.row(StorageType.MXFP4, data, from, MemorySegment.ofArray(numbers), 0, cols);
    return numbers;
  }

  @Test
  void gatesAreEvenRowsAndUpsOddOnes() {
    try (Arena arena = Arena.ofConfined()) {
      List<Laid> both =
          Mxfp4Halves.of(
                  half("blk.0.ffn_gate_up_exps.scales"), half("blk.0.ffn_gate_up_exps.blocks"))
              .tensors(arena);
      assertEquals("blk.0.ffn_gate_exps.weight", both.get(0).name());
      assertEquals("blk.0.ffn_up_exps.weight", both.get(1).name());
      for (int i = 0; i < EXPERTS * ROWS; i++) {
        Laid tensor = both.get(i % 2);
        assertEquals(List.of(2L, 3L, 96L), tensor.shape());
        assertArrayEquals(published(i / ROWS, i % ROWS), row(tensor, i / 2));
      }
    }
  }

  @Test
  void downMatricesKeepTheirRows() {
    try (Arena arena = Arena.ofConfined()) {
      List<Laid> down =
          Mxfp4Halves.of(half("blk.0.ffn_down_exps.blocks"), half("blk.0.ffn_down_exps.scales"))
              .tensors(arena);
      assertEquals("blk.0.ffn_down_exps.weight", down.getFirst().name());
      for (int i = 0; i < EXPERTS * ROWS; i++) {
        assertArrayEquals(published(i / ROWS, i % ROWS), row(down.getFirst(), i));
      }
    }
  }

  @Test
  void sizesThatDoNotFit_areNamed() {
    Half scales = new Half("a.scales", List.of(2L, 2L), MemorySegment.ofArray(new byte[4]));
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> Mxfp4Halves.of(half("a.blocks"), scales));
    assertTrue(e.getMessage().contains("a.scales is [2, 2]"), e.getMessage());
    MemorySegment tooFew = MemorySegment.ofArray(new byte[3]);
    assertThrows(ModelFormatException.class, () -> new Half("a.scales", List.of(2L, 2L), tooFew));
  }
}
