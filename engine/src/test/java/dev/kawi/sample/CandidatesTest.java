package dev.kawi.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CandidatesTest {
  /// Few distinct values, so that ties are common.
  private static float[] manyTies(int size, long seed) {
    Random random = new Random(seed);
    float[] logits = new float[size];
    for (int i = 0; i < size; i++) {
      logits[i] = random.nextInt(50) - 25;
    }
    return logits;
  }

  private static List<Integer> fullSort(float[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> -logits[i]).thenComparing(i -> i))
        .toList();
  }

  private static List<Integer> ids(Candidates candidates, int count) {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(candidates.id(i));
    }
    return ids;
  }

  @Test
  void sortPrefix_equalsTheStartOfAFullSortAndLosesNothing() {
    for (int size : new int[] {1, 2, 7, 100, 5000, 20_000}) {
      float[] logits = manyTies(size, size);
      List<Integer> expected = fullSort(logits);
      for (int prefix : new int[] {1, 3, 40, 300, 4096, 4097, size}) {
        Candidates candidates = Distributions.ofLogits(logits);
        candidates.sortPrefix(Math.min(2, prefix));
        candidates.sortPrefix(prefix);
        int sorted = Math.min(prefix, size);
        assertEquals(expected.subList(0, sorted), ids(candidates, sorted));
        Set<Integer> everything = new HashSet<>(ids(candidates, size));
        assertEquals(size, everything.size());
        assertEquals(logits[candidates.id(size - 1)], candidates.logit(size - 1));
      }
    }
  }

  @Test
  void keepTop_keepsTheBestInOrderLowestIdFirstAmongEquals() {
    float[] logits = manyTies(3000, 3);
    for (int count : new int[] {1, 40, 2999, 3000, 4000}) {
      Candidates candidates = Distributions.ofLogits(logits);
      candidates.keepTop(count);
      assertEquals(Math.min(count, 3000), candidates.size());
      assertEquals(
          fullSort(logits).subList(0, candidates.size()), ids(candidates, candidates.size()));
    }
  }

  @Test
  void zeroAndMinusZero_areEqual() {
    Candidates candidates = Distributions.ofLogits(-0f, 0f, -0f);
    candidates.keepTop(2);
    assertEquals(List.of(0, 1), ids(candidates, 2));
  }

  @Test
  void nanAndInfinity_areRefusedWithTheirPlace() {
    SamplingException nan =
        assertThrows(SamplingException.class, () -> Distributions.ofLogits(1, Float.NaN, 2));
    assertTrue(nan.getMessage().contains("NaN logits (first at token 1 of 3)"), nan.getMessage());
    SamplingException infinite =
        assertThrows(
            SamplingException.class, () -> Distributions.ofLogits(1, 2, Float.POSITIVE_INFINITY));
    assertTrue(infinite.getMessage().contains("infinite logits (first at token 2 of 3)"));
    assertThrows(SamplingException.class, () -> Distributions.ofLogits());
  }

  @Test
  void onlyForbiddenTokens_areRefused() {
    Candidates candidates =
        Distributions.ofLogits(Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY);
    SamplingException e = assertThrows(SamplingException.class, () -> candidates.probability(0));
    assertTrue(e.getMessage().contains("at least one possible token"), e.getMessage());
  }

  @Test
  void keepMarked_keepsMarkedTokens_inAnyOrderOfTheCandidates() {
    float[] logits = manyTies(200, 8);
    long[] mask = {(1L << 3) | (1L << 63), 0, 1L << 1};
    Candidates ordered = Distributions.ofLogits(logits);
    assertTrue(ordered.keepMarked(mask));
    assertEquals(List.of(3, 63, 129), ids(ordered, ordered.size()));
    Candidates sorted = Distributions.ofLogits(logits);
    sorted.sortPrefix(200);
    assertTrue(sorted.keepMarked(mask));
    assertEquals(Set.of(3, 63, 129), new HashSet<>(ids(sorted, sorted.size())));
    assertEquals(logits[sorted.id(0)], sorted.logit(0));
    assertEquals(ordered.probability(0), sorted.probability(ids(sorted, 3).indexOf(3)), 1e-12);
    assertFalse(sorted.keepMarked(new long[] {1}));
    assertEquals(3, sorted.size());
  }
}
