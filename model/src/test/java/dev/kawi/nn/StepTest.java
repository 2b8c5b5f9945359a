package dev.kawi.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.nn.Rope.Axis;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a row of a step can be beside a token id at one position: an embedding from elsewhere, and
/// a place on several axes.
class StepTest {
  private static final int LENGTH = 20;

  // ---- rows of embeddings ----

  /// With a factor on the embeddings, and with learnt positions.
  @ParameterizedTest
  @ValueSource(strings = {"tiny-llama", "tiny-gemma2", "tiny-gpt2"})
  void embeddingsLookedUpByHand_giveTheBitsOfTheirTokens(String shape) {
    TinyModel model = TinyModel.of(shape, StorageType.Q8_0);
    float[][] expected = logits(model, t -> false);

    assertArrayEquals(expected, logits(model, t -> true), "all rows");
    assertArrayEquals(expected, logits(model, t -> t % 3 == 1), "every third row");
  }

  @Test
  void embeddingFromElsewhere_changesItsRowAndThoseAfterIt() {
    TinyModel model = TinyModel.of("tiny-llama", StorageType.F32);
    float[][] plain = logits(model, t -> false);
    float[][] other;
    try (Run run = new Run(model)) {
      Step.Builder step = run.step();
      int[] tokens = model.tokens(LENGTH, 4);
      for (int t = 0; t < LENGTH; t++) {
        if (t == 7) {
          float[] elsewhere = new float[model.decoder().hiddenSize()];
          Arrays.fill(elsewhere, 0.01f);
          step.embedding(0, elsewhere, t);
        } else {
          step.token(tokens[t], t);
        }
        step.output();
      }
      other = TinyModel.rows(model.decoder().forward(step.build(), run.executor));
    }
    for (int t = 0; t < LENGTH; t++) {
      if (t < 7) {
        assertArrayEquals(plain[t], other[t], "row " + t);
      } else {
        assertFalse(Arrays.equals(plain[t], other[t]), "row " + t);
      }
    }
  }

  /// Logits of all rows, of which some are embeddings that stand beside the wrong id.
  private static float[][] logits(TinyModel model, IntPredicate embedded) {
    Decoder decoder = model.decoder();
    int[] tokens = model.tokens(LENGTH, 4);
    try (Run run = new Run(model)) {
      float[][] table = TinyModel.rows(run.executor.embed(decoder.embedding(), tokens));
      Step.Builder step = run.step();
      for (int t = 0; t < LENGTH; t++) {
        if (embedded.test(t)) {
          float[] values = table[t].clone();
          for (int i = 0; i < values.length; i++) {
            values[i] *= decoder.embeddingScale();
          }
          step.embedding(0, values, t);
        } else {
          step.token(tokens[t], t);
        }
        step.output();
      }
      return TinyModel.rows(decoder.forward(step.build(), run.executor));
    }
  }

  private static final class Run implements AutoCloseable {
    private final ThreadTeam team = new ThreadTeam(2);
    private final FastExecutor executor = new FastExecutor(KernelProvider.choose().kernels(), team);
    private final KvCache cache;

    Run(TinyModel model) {
      cache = model.cache(StorageType.F32, 8);
    }

    Step.Builder step() {
      return Step.over(cache).sequence(cache.newTable(LENGTH));
    }

    @Override
    public void close() {
      cache.close();
      executor.close();
      team.close();
    }
  }

  // ---- positions on several axes ----

  private static final int HEAD_DIM = 32;
  private static final int HEADS = 3;

  /// Pairs of a head by time, height and width: `mrope_section` of Qwen2-VL, here of 16 pairs.
  private static final int[] SECTIONS = {4, 6, 6};

  private static final double[] FREQUENCIES = frequencies();

  private static double[] frequencies() {
    double[] all = new double[HEAD_DIM / 2];
    Arrays.setAll(all, i -> Math.pow(10000, -2.0 * i / HEAD_DIM));
    return all;
  }

  private static Rope sectioned(Rope.Layout layout) {
    List<Axis> axes = new ArrayList<>();
    axes.addAll(Collections.nCopies(SECTIONS[0], Axis.TIME));
    axes.addAll(Collections.nCopies(SECTIONS[1], Axis.HEIGHT));
    axes.addAll(Collections.nCopies(SECTIONS[2], Axis.WIDTH));
    return new Rope(layout, FREQUENCIES, 1).withSections(axes);
  }

  private static Tensor heads() {
    float[] values = new float[LENGTH * HEADS * HEAD_DIM];
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return Tensor.of(values, LENGTH, HEADS * HEAD_DIM);
  }

  /// Text, then an image of 3 by 4, then text that goes on after the image's largest position.
  private static int[] axes(int t) {
    if (t < 4) {
      return new int[] {t, t, t};
    }
    int patch = t - 4;
    return patch < 12
        ? new int[] {4, 4 + patch / 4, 4 + patch % 4}
        : new int[] {t - 8, t - 8, t - 8};
  }

  private static float[][] rotate(Rope rope, java.util.function.IntFunction<int[]> axesOfRow) {
    TinyModel model = TinyModel.of("tiny-llama", StorageType.F32);
    try (Run run = new Run(model)) {
      Step.Builder builder = run.step();
      for (int t = 0; t < LENGTH; t++) {
        builder.token(1, t);
        int[] axes = axesOfRow.apply(t);
        if (axes.length > 0) {
          builder.axes(axes);
        }
      }
      Step step = builder.build();
      run.executor.begin(step);
      return TinyModel.rows(run.executor.rope(rope, HEAD_DIM, heads(), step));
    }
  }

  @ParameterizedTest
  @EnumSource(Rope.Layout.class)
  void equalAxes_giveTheBitsOfAnOrdinaryRope(Rope.Layout layout) {
    float[][] ordinary = rotate(new Rope(layout, FREQUENCIES, 1), t -> new int[0]);

    assertArrayEquals(ordinary, rotate(sectioned(layout), t -> new int[] {t, t, t}));
    assertArrayEquals(
        ordinary, rotate(sectioned(layout), t -> new int[0]), "text has one position");
    assertArrayEquals(
        ordinary, rotate(sectioned(layout), t -> t % 2 == 0 ? new int[0] : new int[] {t, t, t}));
  }

  /// `apply_multimodal_rotary_pos_emb` of Hugging Face's Qwen2-VL, line by line: cosines and sines
  /// of each axis, [3, headDim], are cut into the sections taken twice, of which the i-th is that
  /// of axis i modulo 3; then x * cos + rotate_half(x) * sin.
  @Test
  void differentAxes_rotateTheirSections() {
    float[][] found = rotate(sectioned(Rope.Layout.NEOX), StepTest::axes);

    Tensor x = heads();
    for (int t = 0; t < LENGTH; t++) {
      double[] angles = new double[HEAD_DIM];
      int at = 0;
      for (int section = 0; section < 2 * SECTIONS.length; section++) {
        for (int i = 0; i < SECTIONS[section % 3]; i++, at++) {
          angles[at] = axes(t)[section % 3] * FREQUENCIES[at % (HEAD_DIM / 2)];
        }
      }
      float[] expected = new float[HEADS * HEAD_DIM];
      for (int c = 0; c < expected.length; c++) {
        int d = c % HEAD_DIM;
        int half = HEAD_DIM / 2;
        double turned = d < half ? -x.get(t, c + half) : x.get(t, c - half);
        expected[c] = (float) (x.get(t, c) * Math.cos(angles[d]) + turned * Math.sin(angles[d]));
      }
      assertArrayEquals(expected, found[t], 1e-6f, "row " + t);
    }
  }
}
