package dev.kawi.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static float[] normalLogits(int vocabSize, long seed) {
    Random random = new Random(seed);
    float[] logits = new float[vocabSize];
    for (int i = 0; i < vocabSize; i++) {
      logits[i] = (float) (3 * random.nextGaussian());
    }
    return logits;
  }

  private static SamplingOptions everything() {
    return SamplingOptions.builder()
        .seed(11)
        .repeatPenalty(1.1)
        .frequencyPenalty(0.2)
        .dryMultiplier(0.8)
        .dryBreakers(List.of(List.of(3)))
        .topNSigma(3)
        .typicalP(0.95)
        .xtcProbability(0.5)
        .forbid(5)
        .build();
  }

  private static int[] run(Sampler sampler, int steps) {
    int[] tokens = new int[steps];
    for (int i = 0; i < steps; i++) {
      tokens[i] = sampler.sample(normalLogits(500, i));
      sampler.accept(tokens[i]);
    }
    return tokens;
  }

  /// Made by this class on 2026-11-23; it must never change, since the same seed has to give the
  /// same text forever.
  @Test
  void goldenSequence_staysTheSame() {
    assertArrayEquals(
        GOLDEN_DEFAULTS, run(Sampler.of(SamplingOptions.builder().seed(42).build()), 24));
    assertArrayEquals(GOLDEN_EVERYTHING, run(Sampler.of(everything()), 24));
  }

  private static final int[] GOLDEN_DEFAULTS = {
    271, 21, 205, 28, 103, 288, 9, 317, 355, 422, 65, 13, 120, 194, 82, 470, 249, 374, 38, 336, 331,
    488, 216, 181
  };
  private static final int[] GOLDEN_EVERYTHING = {
    271, 44, 38, 28, 371, 149, 177, 317, 386, 72, 390, 253, 333, 222, 82, 391, 249, 324, 397, 330,
    460, 159, 257, 343
  };

  @Test
  void reset_startsTheSameSequenceAgain() {
    Sampler sampler = Sampler.of(everything());
    int[] first = run(sampler, 20);
    sampler.reset();
    assertArrayEquals(first, run(sampler, 20));
  }

  @Test
  void withoutASeed_samplersDifferAndTellTheirs() {
    Sampler sampler =
        Sampler.of(SamplingOptions.builder().temperature(2).topK(0).topP(1).minP(0).build());
    Sampler other =
        Sampler.of(SamplingOptions.builder().temperature(2).topK(0).topP(1).minP(0).build());
    assertNotEquals(sampler.seed(), other.seed());
    int[] tokens = run(sampler, 10);
    assertArrayEquals(
        tokens,
        run(
            new Sampler(
                SamplerChain.of(
                    SamplingOptions.builder().temperature(2).topK(0).topP(1).minP(0).build()),
                sampler.seed()),
            10));
  }

  @Test
  void temperatureZero_takesTheHighestLogitAndTheLowestIdAmongEquals() {
    Sampler sampler = Sampler.of(SamplingOptions.greedy());
    assertEquals(2, sampler.sample(new float[] {1, 3, 7, 7, 0}));
    assertEquals(
        2, new Sampler(SamplerChain.of(new Greedy()), 1).sample(new float[] {1, 3, 7, 7, 0}));
  }

  @Test
  void draws_followTheProbabilities() {
    Sampler sampler = new Sampler(SamplerChain.of(), 5);
    float[] logits = {
      (float) Math.log(0.1), (float) Math.log(0.2), (float) Math.log(0.7), Float.NEGATIVE_INFINITY
    };
    int[] counts = new int[4];
    for (int i = 0; i < 50_000; i++) {
      counts[sampler.sample(logits)]++;
    }
    assertEquals(5_000, counts[0], 300);
    assertEquals(10_000, counts[1], 400);
    assertEquals(35_000, counts[2], 500);
    assertEquals(0, counts[3]);
  }

  @Test
  void xtc_actsAsOftenAsAsked() {
    Sampler sampler = new Sampler(SamplerChain.of(new Xtc(0.3, 0.1), new Greedy()), 9);
    float[] logits = {5, 4.9f, -5};
    int excluded = 0;
    for (int i = 0; i < 10_000; i++) {
      excluded += sampler.sample(logits);
    }
    assertEquals(3_000, excluded, 200);
  }

  @Test
  void forbiddenTokens_areNeverChosen() {
    Sampler sampler = Sampler.of(SamplingOptions.builder().seed(1).forbid(0, 2).build());
    for (int i = 0; i < 200; i++) {
      assertEquals(1, sampler.sample(new float[] {9, 1, 9}));
    }
    Sampler nothingLeft = Sampler.of(SamplingOptions.builder().forbid(0, 1, 2).build());
    assertThrows(SamplingException.class, () -> nothingLeft.sample(new float[] {9, 1, 9}));
  }

  @Test
  void biasOutsideOfTheVocabulary_isRefused() {
    Sampler sampler = Sampler.of(SamplingOptions.builder().forbid(7).build());
    SamplingException e = assertThrows(SamplingException.class, () -> sampler.sample(new float[3]));
    assertTrue(
        e.getMessage().contains("names token 7, the vocabulary has 3 tokens"), e.getMessage());
  }

  @Test
  void historyTokensOutsideOfTheVocabulary_areIgnored() {
    Sampler sampler = Sampler.of(everything());
    IntStream.of(900, 1, 900, 1).forEach(sampler::accept);
    assertTrue(sampler.sample(normalLogits(500, 1)) < 500);
  }

  @Test
  void mirostat_approachesItsTarget() {
    Sampler sampler =
        Sampler.of(
            SamplingOptions.builder()
                .seed(3)
                .temperature(1)
                .samplers(SamplerChain.MIROSTAT_ORDER)
                .mirostatTau(3)
                .build());
    double surprise = 0;
    for (int i = 0; i < 2000; i++) {
      float[] logits = normalLogits(2000, i);
      int token = sampler.sample(logits);
      surprise +=
          i < 500
              ? 0
              : -LogProbs.top(logits, 2000).stream()
                      .filter(e -> e.token() == token)
                      .findFirst()
                      .orElseThrow()
                      .logProbability()
                  / Math.log(2);
    }
    // The target is that of the truncated distribution, the surprise here that of the whole one: a
    // little more.
    assertEquals(3.5, surprise / 1500, 0.7);
  }

  @Test
  void steadyState_allocatesAlmostNothing() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    Sampler sampler = Sampler.of(everything());
    Candidates candidates = new Candidates();
    float[] logits = normalLogits(5000, 1);
    for (int i = 0; i < 200; i++) {
      sampler.accept(sampler.sample(logits, candidates));
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 50; i++) {
      sampler.sample(logits, candidates);
    }
    long bytes = (threads.getCurrentThreadAllocatedBytes() - before) / 50;
    assertTrue(bytes < 200, bytes + " bytes per token");
  }

  @Test
  void observer_seesEveryStepAndChangesNothing() {
    Sampler plain = Sampler.of(everything());
    Sampler observed = Sampler.of(everything());
    for (int i = 0; i < 30; i++) {
      float[] logits = normalLogits(500, i);
      Recorder recorder = new Recorder();
      int expected = plain.sample(logits);
      assertEquals(expected, observed.sample(logits, recorder));
      assertEquals(expected, recorder.drawn.getFirst().token());
      assertEquals(
          List.of(
              "logit-bias",
              "penalties",
              "dry",
              "top-n-sigma",
              "top-k",
              "typical",
              "top-p",
              "min-p",
              "xtc",
              "temperature"),
          recorder.reports.stream().map(StepReport::name).toList());
      plain.accept(expected);
      observed.accept(expected);
    }
  }

  @Test
  void observer_isToldWhatWasRemovedMostLikelyFirst() {
    Recorder recorder = new Recorder();
    new Sampler(SamplerChain.of(new TopK(2)), 1)
        .sample(
            new float[] {0, (float) Math.log(4), (float) Math.log(3), (float) Math.log(2)},
            recorder);
    StepReport report = recorder.reports.getFirst();
    assertEquals("k=2", report.parameters());
    assertEquals(4, report.before());
    assertEquals(2, report.after());
    assertEquals(List.of(3, 0), report.removed().stream().map(ScoredToken::token).toList());
    assertEquals(0.2, report.removed().getFirst().probability(), 1e-6);
    assertEquals(List.of(1, 2), report.remaining().stream().map(ScoredToken::token).toList());
    assertEquals(4 / 7.0, report.remaining().getFirst().probability(), 1e-6);
    assertEquals(List.of(1, 2, 3, 0), recorder.start.stream().map(ScoredToken::token).toList());
  }

  private static final class Recorder implements SamplingObserver {
    final List<ScoredToken> start = new ArrayList<>();
    final List<StepReport> reports = new ArrayList<>();
    final List<ScoredToken> drawn = new ArrayList<>();

    @Override
    public void started(int vocabSize, List<ScoredToken> top) {
      start.addAll(top);
    }

    @Override
    public void applied(StepReport report) {
      reports.add(report);
    }

    @Override
    public void drawn(ScoredToken token) {
      drawn.add(token);
    }
  }
}
