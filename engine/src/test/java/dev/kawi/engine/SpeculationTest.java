package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Speculative decoding changes how many steps an answer takes, and nothing else.
class SpeculationTest {
  private static final EngineOptions OPTIONS =
      EngineOptions.defaults().withThreads(1).withContextLength(256);

  @TempDir private Path folder;

  private Path write(String shape, String name, long seed) throws IOException {
    Path file = folder.resolve(name);
    new RandomModel(RandomShape.named(shape), StorageType.Q8_0, seed).write(file);
    return file;
  }

  private static GenerationRequest request(SamplingOptions sampling) {
    int[] prompt = new SplittableRandom(1).ints(30, 3, 250).toArray();
    return GenerationRequest.of(prompt).with(sampling).withMaxTokens(60);
  }

  private static final List<SamplingOptions> SAMPLINGS =
      List.of(
          SamplingOptions.greedy(),
          SamplingOptions.builder().temperature(0.2).seed(4).build(),
          SamplingOptions.builder().temperature(1.5).seed(5).build());

  @ParameterizedTest
  @ValueSource(
      strings = {"tiny-llama", "tiny-gemma3", "tiny-deepseek2", "tiny-qwen3moe", "tiny-qwen35"})
  void proposedTokens_changeNoAnswer(String shape) throws IOException {
    try (Model model = Model.load(write(shape, "model.gguf", 3), OPTIONS);
        Model other = Model.load(write(shape, "draft.gguf", 3), OPTIONS)) {
      for (SamplingOptions sampling : SAMPLINGS) {
        GenerationRequest request = request(sampling).withTopLogProbs(3);
        List<GeneratedToken> expected = tokens(model.generate(request));

        assertEquals(expected, tokens(model.generate(request.with(Drafter.lookup()))));
        assertEquals(expected, tokens(model.generate(request.with(Drafter.model(other)))));
        assertEquals(expected, tokens(model.generate(request.with(halfRight(expected)))));
      }
    }
  }

  /// Proposes the right tokens, every third of them replaced.
  private static Drafter halfRight(List<GeneratedToken> answer) {
    int[] right = answer.stream().mapToInt(GeneratedToken::id).toArray();
    return (tokens, known, most) -> {
      int from = Math.min(right.length, known - 30);
      int[] draft = Arrays.copyOfRange(right, from, Math.min(right.length, from + most));
      for (int i = 2; i < draft.length; i += 3) {
        draft[i] = (draft[i] + 1) % 250;
      }
      return draft;
    };
  }

  private static List<GeneratedToken> tokens(Generation generation) {
    List<GeneratedToken> tokens = new java.util.ArrayList<>();
    generation.await(tokens::add);
    return tokens;
  }

  @Test
  void modelThatDraftsForItself_isAlwaysRight() throws IOException {
    Path file = write("tiny-llama", "model.gguf", 3);
    try (Model model = Model.load(file, OPTIONS);
        Model same = Model.load(file, OPTIONS)) {
      GenerationResult result =
          model.generate(request(SamplingOptions.greedy()).with(Drafter.model(same))).await();

      assertTrue(result.draftedTokens() > 30, "drafted " + result.draftedTokens());
      assertEquals(result.draftedTokens(), result.acceptedTokens());
    }
  }

  @Test
  void drafterThatProposesNonsense_costsNothingButSpeed() throws IOException {
    try (Model model = Model.load(write("tiny-llama", "model.gguf", 3), OPTIONS)) {
      GenerationRequest request = request(SamplingOptions.greedy());
      List<Integer> expected = model.generate(request).await().tokens();
      Drafter nonsense = (tokens, known, most) -> IntStream.range(-1, 500).toArray();

      assertEquals(expected, model.generate(request.with(nonsense)).await().tokens());
    }
  }

  @Test
  void drafterThatNamesATokenBeyondTheModelsRows_harmsNobodyInItsStep() throws Exception {
    try (Model model = Model.load(write("tiny-llama", "model.gguf", 3), OPTIONS)) {
      GenerationRequest request = request(SamplingOptions.greedy());
      List<Integer> expected = model.generate(request).await().tokens();
      int rows = model.decoder().vocabSize();
      AtomicInteger asked = new AtomicInteger();
      Drafter wrong =
          (tokens, known, most) -> {
            asked.incrementAndGet();
            return Arrays.copyOf(new int[] {9, 9, rows}, Math.min(3, most));
          };
      CountDownLatch allAreThere = new CountDownLatch(1);
      Drafter gate =
          (tokens, known, most) -> {
            await(allAreThere);
            return new int[0];
          };
      Generation first = model.generate(request.with(gate)); // holds the steps up
      List<Generation> together =
          List.of(model.generate(request), model.generate(request.with(wrong)));
      allAreThere.countDown();

      for (Generation each : together) {
        assertEquals(expected, each.await().tokens());
      }
      assertEquals(expected, first.await().tokens());
      assertTrue(asked.get() > 30, "asked " + asked.get());
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void drafterThatFails_failsItsRequestAlone() throws IOException {
    try (Model model = Model.load(write("tiny-llama", "model.gguf", 3), OPTIONS)) {
      GenerationRequest request = request(SamplingOptions.greedy());
      Generation other = model.generate(request);
      Drafter broken =
          (tokens, known, most) -> {
            throw new ArithmeticException("the drafter's own fault");
          };

      assertThrows(ArithmeticException.class, () -> model.generate(request.with(broken)).await());
      assertEquals(model.generate(request).await().tokens(), other.await().tokens());
    }
  }

  @Test
  @Tag("data")
  void draftModelWithAnotherVocabulary_isRefused() throws IOException {
    try (Model model = Model.load(write("tiny-llama", "model.gguf", 3), OPTIONS);
        Model other = Model.load(Stories.folder().resolve("stories260K.gguf"), OPTIONS)) {
      assertThrows(
          IllegalArgumentException.class,
          () -> model.generate(request(SamplingOptions.greedy()).with(Drafter.model(other))));
    }
  }

  @Test
  void lookup_proposesWhatFollowedTheLongestMatch() {
    int[] text = {1, 2, 3, 4, 9, 2, 3, 5, 7, 2, 3};
    assertArrayEquals(new int[] {5, 7, 2}, Drafter.lookup().propose(text, text.length, 3));
    assertArrayEquals(new int[0], Drafter.lookup().propose(new int[] {1, 2, 3}, 3, 3));
  }
}
