package dev.kawi.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The expected numbers of llama.cpp's tests/test-sampling.cpp (MIT licence; numbers only), by
/// token id.
class LlamaCppVectorsTest {
  private static final double[] TEN_TO_FORTY = {0.1, 0.2, 0.3, 0.4};
  private static final double[] FIFTHS = {0.2, 0.2, 0.2, 0.2, 0.2};
  private static final double[] QUARTERS = {0.25, 0.25, 0.25, 0.25};
  private static final List<List<Integer>> NO_BREAKERS = List.of();

  private static void check(
      SamplerStep step, double[] probabilities, int[] history, Map<Integer, Double> expected) {
    Candidates candidates = Distributions.ofProbabilities(probabilities);
    step.apply(candidates, Distributions.context(history));
    NavigableMap<Integer, Double> found = Distributions.probabilities(candidates);
    assertEquals(new TreeMap<>(expected).keySet(), found.keySet());
    expected.forEach((id, p) -> assertEquals(p, found.get(id), 1e-5, "token " + id));
  }

  private static void check(
      SamplerStep step, double[] probabilities, Map<Integer, Double> expected) {
    check(step, probabilities, new int[0], expected);
  }

  private static Map<Integer, Double> all(double... probabilities) {
    Map<Integer, Double> map = new TreeMap<>();
    for (int i = 0; i < probabilities.length; i++) {
      map.put(i, probabilities[i]);
    }
    return map;
  }

  @Test
  void temperature_scalesAndZeroKeepsTheBest() {
    check(new Temperature(1), TEN_TO_FORTY, all(0.1, 0.2, 0.3, 0.4));
    check(new Temperature(0), TEN_TO_FORTY, Map.of(3, 1.0));
  }

  @Test
  void topK_keepsTheKMostLikely() {
    check(new TopK(1), TEN_TO_FORTY, Map.of(3, 1.0));
    check(new TopK(3), TEN_TO_FORTY, Map.of(3, 0.44444, 2, 0.33333, 1, 0.22222));
    check(new TopK(4), TEN_TO_FORTY, all(0.1, 0.2, 0.3, 0.4));
    check(new TopK(0), TEN_TO_FORTY, all(0.1, 0.2, 0.3, 0.4));
  }

  @Test
  void topP_keepsSmallestSetReachingP() {
    check(new TopP(1e-9), TEN_TO_FORTY, Map.of(3, 1.0));
    check(new TopP(0.7), TEN_TO_FORTY, Map.of(3, 0.571429, 2, 0.428571));
    check(new TopP(0.8), TEN_TO_FORTY, Map.of(3, 0.44444, 2, 0.33333, 1, 0.22222));
    check(new TopP(1), TEN_TO_FORTY, all(0.1, 0.2, 0.3, 0.4));
  }

  @Test
  void minP_keepsWhatIsLikelyRelativeToTheBest() {
    check(new MinP(0.00), TEN_TO_FORTY, all(0.1, 0.2, 0.3, 0.4));
    check(new MinP(0.24), TEN_TO_FORTY, all(0.1, 0.2, 0.3, 0.4));
    check(new MinP(0.26), TEN_TO_FORTY, Map.of(3, 0.4 / 0.9, 2, 0.3 / 0.9, 1, 0.2 / 0.9));
    check(new MinP(0.49), TEN_TO_FORTY, Map.of(3, 0.4 / 0.9, 2, 0.3 / 0.9, 1, 0.2 / 0.9));
    check(new MinP(0.51), TEN_TO_FORTY, Map.of(3, 0.4 / 0.7, 2, 0.3 / 0.7));
    check(new MinP(0.74), TEN_TO_FORTY, Map.of(3, 0.4 / 0.7, 2, 0.3 / 0.7));
    check(new MinP(0.76), TEN_TO_FORTY, Map.of(3, 1.0));
    check(new MinP(1.00), TEN_TO_FORTY, Map.of(3, 1.0));
  }

  /// There the probabilities are not normalized again, here they are.
  @Test
  void xtc_removesTopChoicesExceptTheLast() {
    double[] falling = {0.4, 0.3, 0.2, 0.1};
    check(new Xtc(1, 0.09), falling, Map.of(3, 1.0));
    check(new Xtc(1, 0.19), falling, Map.of(2, 0.2 / 0.3, 3, 0.1 / 0.3));
    check(new Xtc(1, 0.29), falling, Map.of(1, 0.3 / 0.6, 2, 0.2 / 0.6, 3, 0.1 / 0.6));
    check(new Xtc(1, 0.39), falling, all(0.4, 0.3, 0.2, 0.1));
  }

  @Test
  void typical_keepsWhatIsAsSurprisingAsExpected() {
    check(new Typical(0.5), new double[] {0.97, 0.01, 0.01, 0.01}, Map.of(0, 1.0));
    double third = 1 / 3.0;
    check(
        new Typical(0.5), new double[] {0.4, 0.2, 0.2, 0.2}, Map.of(1, third, 2, third, 3, third));
  }

  @Test
  void topNSigma_keepsLogitsNearTheHighest() {
    check(new TopNSigma(1), TEN_TO_FORTY, Map.of(3, 0.571429, 2, 0.428571));
    check(new TopNSigma(0), TEN_TO_FORTY, all(0.1, 0.2, 0.3, 0.4));
    check(new TopNSigma(3), TEN_TO_FORTY, all(0.1, 0.2, 0.3, 0.4));
  }

  @Test
  void repetitionPenalty_lowersWhatOccurred() {
    Penalties penalties = new Penalties(50, 0, 0, 64);
    check(penalties, FIFTHS, new int[] {0}, all(0, 0.25, 0.25, 0.25, 0.25));
    check(penalties, FIFTHS, new int[] {0, 1, 2}, all(0, 0, 0, 0.5, 0.5));
    check(penalties, FIFTHS, new int[] {0, 1, 2, 0, 0}, all(0, 0, 0, 0.5, 0.5));
  }

  @Test
  void frequencyAndPresencePenalty_countOccurrences() {
    Penalties penalties = new Penalties(1, 5, 5, 64);
    check(penalties, FIFTHS, new int[] {0}, all(0.000011, 0.249997, 0.249997, 0.249997, 0.249997));
    check(
        penalties,
        FIFTHS,
        new int[] {0, 1, 2},
        all(0.000023, 0.000023, 0.000023, 0.499966, 0.499966));
    check(
        penalties,
        FIFTHS,
        new int[] {0, 1, 2, 0, 0},
        all(0.000000, 0.000023, 0.000023, 0.499977, 0.499977));
  }

  @Test
  void dry_lowersWhatWouldContinueARepetition() {
    check(new Dry(1, 1.1, 2, 4, NO_BREAKERS), QUARTERS, new int[] {0, 1}, all(QUARTERS));
    check(
        new Dry(1, 1.1, 2, 5, NO_BREAKERS),
        QUARTERS,
        new int[] {0, 1, 2, 0, 1},
        all(0.296923, 0.296923, 0.109232, 0.296923));
    check(
        new Dry(1, 1.1, 2, 6, List.of(List.of(3))),
        FIFTHS,
        new int[] {0, 1, 3, 4, 0, 1},
        all(FIFTHS));
    check(
        new Dry(2, 1.1, 2, 5, NO_BREAKERS),
        FIFTHS,
        new int[] {0, 1, 2, 0, 1},
        all(0.241818, 0.241818, 0.032727, 0.241818, 0.241818));
    check(new Dry(1, 1.1, 4, 7, NO_BREAKERS), FIFTHS, new int[] {0, 1, 2, 3, 4, 0, 1}, all(FIFTHS));
  }

  /// 10,000 tokens whose probability is proportional to their id; which remain after each step is
  /// known by counting.
  @ParameterizedTest
  @CsvSource({
    "k, 10000, 1, 1",
    "k, 1, 1, 1",
    "p, 10000, 1, 1",
    "p, 10000, 1e-9, 1",
    "m, 10000, 1, 1",
    "m, 10000, 1, 1e-12",
    "k, 100, 1, 1",
    "p, 10000, 0.0003, 1",
    "p, 10000, 0.8, 1",
    "m, 10000, 1, 0.99988997",
    "m, 10000, 1, 0.1",
    "kp, 100, 0.8, 0.1",
    "km, 100, 0.8, 0.1",
    "pk, 100, 0.8, 0.1",
    "pm, 100, 0.8, 0.1",
    "mk, 100, 0.8, 0.1",
    "mp, 100, 0.8, 0.99988997",
    "mp, 100, 0.8, 0.1",
    "kpm, 100, 0.8, 0.1",
    "kmp, 100, 0.8, 0.1",
    "pkm, 100, 0.8, 0.1",
    "pmk, 100, 0.8, 0.1",
    "mkp, 100, 0.8, 0.1",
    "mpk, 100, 0.8, 0.1"
  })
  void queueOfFilters_keepsTheCountedTokens(String queue, int topK, double topP, double minP) {
    int vocabSize = 10_000;
    float[] logits = new float[vocabSize];
    for (int i = 0; i < vocabSize; i++) {
      logits[i] = (float) Math.log(i);
    }
    Candidates candidates = Distributions.ofLogits(logits);
    int lowest = 0;
    for (int i = 0; i < queue.length(); i++) {
      char filter = queue.charAt(i);
      step(filter, topK, topP, minP).apply(candidates, Distributions.context());
      lowest = expectedLowest(filter, vocabSize, lowest, topK, (float) topP, (float) minP);
      assertEquals(vocabSize - lowest, candidates.size(), filter + " of " + queue);
      assertEquals(lowest, Distributions.probabilities(candidates).firstKey());
      assertEquals(vocabSize - 1, Distributions.probabilities(candidates).lastKey());
    }
  }

  private static SamplerStep step(char filter, int topK, double topP, double minP) {
    return switch (filter) {
      case 'k' -> new TopK(topK);
      case 'p' -> new TopP(topP);
      default -> new MinP(minP);
    };
  }

  private static int expectedLowest(
      char filter, int vocabSize, int lowest, int topK, float topP, float minP) {
    return switch (filter) {
      case 'k' -> Math.max(lowest, vocabSize - topK);
      case 'p' -> lowestReaching(vocabSize, lowest, topP);
      default -> Math.max(lowest, Math.clamp((int) Math.floor(minP * vocabSize), 1, vocabSize - 1));
    };
  }

  private static int lowestReaching(int vocabSize, int lowest, float topP) {
    if (topP == 1) {
      return lowest;
    }
    long total = 0;
    for (int i = lowest; i < vocabSize; i++) {
      total += i;
    }
    double target = Math.ceil((double) topP * total);
    long sum = 0;
    int id = vocabSize;
    do {
      sum += --id;
    } while (sum < target);
    return id;
  }
}
