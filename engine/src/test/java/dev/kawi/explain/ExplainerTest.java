package dev.kawi.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.kernel.Dequantize;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExplainerTest {
  @TempDir private Path folder;

  private Loaded load(String shape) throws IOException {
    Path path = folder.resolve(shape + ".gguf");
    new RandomModel(RandomShape.named(shape), StorageType.F32, 1).write(path);
    return new Loaded(path);
  }

  /// Each family of layers has its own way to attend: windows, soft-caps, learnt positions.
  @ParameterizedTest
  @ValueSource(strings = {"tiny-llama", "tiny-gemma2", "tiny-gpt2", "tiny-phi3"})
  void attention_addsUpToOneAndNeverLooksAhead(String shape) throws IOException {
    try (Loaded model = load(shape)) {
      Explanation explanation = model.explain("hello there, you", 3, SamplingOptions.greedy());
      for (LayerView layer : explanation.layers()) {
        for (float[][] head : layer.attention()) {
          for (int q = 0; q < head.length; q++) {
            double sum = 0;
            for (int k = 0; k < head.length; k++) {
              sum += head[q][k];
              assertTrue(k <= q || head[q][k] == 0);
            }
            assertEquals(1, sum, 1e-4);
          }
        }
      }
    }
  }

  @Test
  void lastLayersGuess_isWhatTheLogitsSay() throws IOException {
    try (Loaded model = load("tiny-llama")) {
      Explanation explanation = model.explain("hello", 4, SamplingOptions.greedy());
      for (ChoiceView choice : explanation.choices()) {
        TokenGuess guess =
            explanation.layers().getLast().guesses().get(choice.position()).getFirst();
        assertEquals(choice.chosen().id(), guess.id());
        assertEquals(choice.candidates().getFirst().probability(), guess.score(), 1e-5);
      }
    }
  }

  @Test
  void choices_areThoseOfTheSameSeed() throws IOException {
    SamplingOptions options = SamplingOptions.builder().seed(3).temperature(1.5).build();
    try (Loaded model = load("tiny-llama")) {
      Explanation first = model.explain("hello", 6, options);
      Explanation second = model.explain("hello", 6, options);
      assertEquals(first.tokens(), second.tokens());
      assertEquals(first.choices(), second.choices());
      assertEquals(6, first.choices().size());
      assertEquals(first.tokens().size() - 1, first.numPositions());
    }
  }

  @Test
  void nearestTokens_areTheOnesOfABruteForceSearch() throws IOException {
    try (Loaded model = load("tiny-llama")) {
      Explanation explanation = model.explain("hello", 0, SamplingOptions.greedy());
      EmbeddingView view = explanation.embeddings().getFirst();
      int id = explanation.tokens().getFirst().id();
      Matrix table = model.explainer.decoder().embedding().weight();
      List<Integer> expected =
          IntStream.range(0, table.rows())
              .filter(other -> other != id)
              .boxed()
              .sorted(
                  Comparator.comparingDouble(other -> -cosine(row(table, id), row(table, other))))
              .limit(5)
              .toList();
      assertEquals(expected, view.nearest().stream().map(TokenGuess::id).toList());
      assertEquals(
          cosine(row(table, id), row(table, expected.getFirst())),
          view.nearest().getFirst().score(),
          1e-4);
      assertEquals(0, explanation.choices().size());
    }
  }

  private static float[] row(Matrix table, int id) {
    Tensor row = Tensor.zeros(Arena.ofAuto(), 1, table.cols());
    Dequantize.row(table.type(), table.data(), id * table.rowBytes(), row.data(), 0, table.cols());
    return row.row(0);
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }

  @Test
  void tooLongText_isRefusedWithTheNumbers() throws IOException {
    try (Loaded model = load("tiny-llama")) {
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> model.explain("a b c d e f g h", Loaded.CONTEXT, SamplingOptions.greedy()));
      assertTrue(e.getMessage().startsWith("explain: expected at most 128 tokens"), e.getMessage());
    }
  }
}
