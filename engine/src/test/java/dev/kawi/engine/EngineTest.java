package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What users of one engine do to each other: nothing.
class EngineTest {
  private static final EngineOptions OPTIONS =
      EngineOptions.defaults().withThreads(1).withContextLength(512);

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-llama"), StorageType.F32, 5).write(file);
  }

  private static int[] tokens(int count, long seed) {
    return new SplittableRandom(seed).ints(count, 3, 250).toArray();
  }

  private static int[] concat(int[]... parts) {
    return Stream.of(parts).flatMapToInt(Arrays::stream).toArray();
  }

  private static GenerationRequest request(int[] prompt, int maxTokens) {
    return GenerationRequest.of(prompt)
        .with(SamplingOptions.greedy())
        .withMaxTokens(maxTokens)
        .withEnd(GenerationRequest.End.IGNORED);
  }

  // ---- the prefix cache ----

  @Test
  void requestThatSharesOnlyBos_leavesTheConversationInTheCache() throws IOException {
    int[] bos = {1};
    int[] firstTurn = concat(bos, tokens(200, 1));
    try (Model model = Model.load(file, OPTIONS)) {
      GenerationResult first = model.generate(request(firstTurn, 6)).await();
      model.generate(request(concat(bos, tokens(30, 2)), 6)).await();

      int[] answer = first.tokens().stream().mapToInt(Integer::intValue).toArray();
      int[] secondTurn = concat(firstTurn, answer, tokens(10, 3));
      GenerationResult second = model.generate(request(secondTurn, 6)).await();

      // All but the answer's last token, which was never computed.
      assertEquals(firstTurn.length + answer.length - 1, second.cachedTokens());
    }
  }

  @Test
  void concurrentRequestsThatBeginAlike_computeTheBeginningOnce() throws IOException {
    int[] shared = tokens(300, 4);
    try (Model model = Model.load(file, OPTIONS)) {
      List<Generation> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(model.generate(request(concat(shared, tokens(5, 10 + i)), 3)));
      }
      List<Integer> cached = all.stream().map(g -> g.await().cachedTokens()).sorted().toList();

      assertEquals(List.of(0, 300, 300, 300), cached);
    }
  }

  @Test
  void requestsWithDifferentSalts_shareNothing() throws IOException {
    int[] prompt = tokens(100, 5);
    try (Model model = Model.load(file, OPTIONS)) {
      RequestOptions mine = RequestOptions.DEFAULT.withCacheSalt("mine");
      RequestOptions yours = RequestOptions.DEFAULT.withCacheSalt("yours");
      model.generate(request(prompt, 2).with(mine)).await();

      assertEquals(0, model.generate(request(prompt, 2).with(yours)).await().cachedTokens());
      assertEquals(99, model.generate(request(prompt, 2).with(mine)).await().cachedTokens());
    }
  }

  // ---- isolation ----

  @Test
  void logitBiasOnATokenThatIsNotThere_isRefusedAndHarmsNobody() throws IOException {
    try (Model model = Model.load(file, OPTIONS)) {
      List<Integer> expected = model.generate(request(tokens(20, 6), 20)).await().tokens();
      Generation other = model.generate(request(tokens(20, 6), 20));
      SamplingOptions biased = SamplingOptions.builder().logitBias(Map.of(1_000_000, 1f)).build();

      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class,
              () -> model.generate(request(tokens(20, 7), 20).with(biased)));

      assertTrue(refusal.getMessage().contains("1000000"), refusal.getMessage());
      assertEquals(expected, other.await().tokens());
    }
  }

  @Test
  void listenerThatFails_cancelsItsAnswerAlone() throws IOException {
    try (Model model = Model.load(file, OPTIONS)) {
      List<Integer> expected = model.generate(request(tokens(20, 6), 20)).await().tokens();
      Generation other = model.generate(request(tokens(20, 6), 20));

      assertThrows(
          ArithmeticException.class,
          () ->
              model.generate(
                  request(tokens(20, 7), 200),
                  token -> {
                    throw new ArithmeticException("a listener's own fault");
                  }));

      assertEquals(expected, other.await().tokens());
      assertNoPagesUsed(model);
    }
  }

  @Test
  void readerThatDoesNotRead_stopsNobody() throws IOException {
    try (Model model = Model.load(file, OPTIONS)) {
      Generation unread = model.generate(request(tokens(20, 6), 100));

      assertEquals(50, model.generate(request(tokens(20, 7), 50)).await().tokens().size());
      assertEquals(100, unread.await().tokens().size());
    }
  }

  // ---- the scheduler ----

  @Test
  void shortRequest_isNotHeldUpByALongScore() throws Exception {
    try (Model model = Model.load(file, OPTIONS.withStepTokens(16))) {
      int[] longText = tokens(500, 8);
      CountDownLatch scored = new CountDownLatch(1);
      Thread scorer =
          Thread.ofVirtual()
              .start(() -> {
                model.score(ScoreRequest.of(longText, 1));
                scored.countDown();
              });
      model.generate(request(tokens(5, 9), 3)).await();

      assertEquals(1, scored.getCount(), "the scores were done before the short request");
      scorer.join();
    }
  }

  @Test
  void cancelledAnswer_freesItsPagesAndTellsWhatThereIs() throws IOException {
    try (Model model = Model.load(file, OPTIONS)) {
      Generation generation = model.generate(request(tokens(20, 6), 400));
      generation.next();
      generation.next();
      generation.cancel();
      GenerationResult result = generation.await();

      assertEquals(FinishReason.CANCELLED, result.finishReason());
      assertTrue(result.tokens().size() >= 2 && result.tokens().size() < 400);
      assertNoPagesUsed(model);
    }
  }

  @Test
  void requestThatWaits_canBeCancelled() throws IOException {
    try (Model model = Model.load(file, OPTIONS.withMaxSequences(1))) {
      Generation running = model.generate(request(tokens(20, 6), 100));
      Generation waiting = model.generate(request(tokens(20, 7), 100));
      waiting.cancel();

      assertEquals(FinishReason.CANCELLED, waiting.await().finishReason());
      assertEquals(100, running.await().tokens().size());
    }
  }

  @Test
  void fullQueue_refusesAndSaysHowManyWait() throws IOException {
    try (Model model = Model.load(file, OPTIONS.withMaxSequences(1).withMaxWaiting(3))) {
      List<Generation> all = new ArrayList<>();
      QueueFullException refusal =
          assertThrows(
              QueueFullException.class,
              () -> {
                for (int i = 0; i < 100; i++) {
                  all.add(model.generate(request(tokens(20, i), 300)));
                }
              });

      assertEquals(3, refusal.waiting());
      all.forEach(Generation::cancel);
      all.forEach(Generation::await);
      assertEquals(2, model.generate(request(tokens(20, 6), 2)).await().tokens().size());
    }
  }

  @Test
  void requestThatTakesTooLong_failsWithItsLimit() throws IOException {
    try (Model model = Model.load(file, OPTIONS.withMaxSequences(1))) {
      Generation running = model.generate(request(tokens(20, 6), 400));
      RequestOptions hurried = RequestOptions.DEFAULT.withTimeLimit(Duration.ofNanos(1));

      assertThrows(
          RequestTimeoutException.class,
          () -> model.generate(request(tokens(20, 7), 5).with(hurried)).await());
      running.cancel();
      running.await();
    }
  }

  @Test
  void userWithManyRequests_doesNotStarveTheOther() throws IOException {
    try (Model model = Model.load(file, OPTIONS.withMaxSequences(1))) {
      RequestOptions greedy = RequestOptions.DEFAULT.withUser("greedy");
      RequestOptions modest = RequestOptions.DEFAULT.withUser("modest");
      List<Generation> many = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        many.add(model.generate(request(tokens(20, i), 10).with(greedy)));
      }
      model.generate(request(tokens(20, 99), 10).with(modest)).await();

      assertFalse(many.getLast().isDone(), "thirty requests of another user came first");
      many.forEach(Generation::cancel);
      many.forEach(Generation::await);
    }
  }

  @Test
  void requestThatCanNeverFit_isRefusedAtOnce() throws IOException {
    try (Model model = Model.load(file, OPTIONS.withCacheBytes(20_000))) {
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class, () -> model.generate(request(tokens(20, 6), 400)));

      assertTrue(refusal.getMessage().contains("cache"), refusal.getMessage());
    }
  }

  @Test
  void close_endsWhatRunsAndWhatWaits() throws IOException {
    Model model = Model.load(file, OPTIONS.withMaxSequences(1));
    Generation running = model.generate(request(tokens(20, 6), 400));
    Generation waiting = model.generate(request(tokens(20, 7), 400));
    model.close();

    assertThrows(IllegalStateException.class, running::await);
    assertThrows(IllegalStateException.class, waiting::await);
  }

  // ---- kinds of requests ----

  @Test
  void scores_areTheLogProbabilitiesOfGeneration() throws IOException {
    try (Model model = Model.load(file, OPTIONS)) {
      int[] prompt = tokens(40, 6);
      List<Double> expected = new ArrayList<>();
      GenerationResult result =
          model.generate(
              request(prompt, 12).withTopLogProbs(1),
              token -> expected.add(token.logProbability()));
      int[] whole =
          IntStream.concat(
                  Arrays.stream(prompt), result.tokens().stream().mapToInt(Integer::intValue))
              .toArray();

      Scores scores = model.score(ScoreRequest.of(whole, prompt.length));

      assertEquals(expected, scores.logProbabilities());
      assertTrue(scores.isGreedy());
      assertEquals(prompt.length - 1, scores.cachedTokens());
    }
  }

  @Test
  void scoresInSmallSteps_areThoseOfOneStep() throws IOException {
    int[] text = tokens(300, 11);
    Scores whole;
    try (Model model = Model.load(file, OPTIONS)) {
      whole = model.score(ScoreRequest.of(text, 1));
    }
    try (Model model = Model.load(file, OPTIONS.withStepTokens(7))) {
      Generation company = model.generate(request(tokens(30, 12), 200));

      assertEquals(whole, model.score(ScoreRequest.of(text, 1)));
      company.cancel();
      company.await();
    }
  }

  @Test
  void embeddingInSmallSteps_isThatOfOneStep() throws IOException {
    String text = "a little girl named Lily who loved to play outside in the park";
    float[] whole;
    try (Model model = Model.load(file, OPTIONS)) {
      whole = model.embed(text);
    }
    try (Model model = Model.load(file, OPTIONS.withStepTokens(3))) {
      assertArrayEquals(whole, model.embed(text));
    }
  }

  @Test
  void explanationBetweenSteps_changesNoAnswer() throws IOException {
    try (Model model = Model.load(file, OPTIONS)) {
      List<Integer> expected = model.generate(request(tokens(20, 6), 60)).await().tokens();
      Generation other = model.generate(request(tokens(20, 6), 60));
      model.explain("Once upon a time", 3, SamplingOptions.greedy());

      assertEquals(expected, other.await().tokens());
    }
  }

  @Test
  void stepsOfGrowingSizes_holdAsMuchMemoryAsTheLargest() throws IOException {
    long growing;
    try (Model model = Model.load(file, OPTIONS)) {
      for (int size = 4; size <= 500; size += 31) {
        model.generate(request(tokens(size, size), 1)).await();
      }
      growing = model.scratchBytes();
    }
    try (Model model = Model.load(file, OPTIONS)) {
      model.generate(request(tokens(500, 500), 1)).await();

      assertTrue(growing <= 2 * model.scratchBytes(), growing + " bytes are held");
    }
  }

  private static void assertNoPagesUsed(Model model) {
    assertEquals(0, model.cacheStats().usedPages());
  }
}
