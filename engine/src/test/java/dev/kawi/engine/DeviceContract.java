package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the engine promises on any device.
abstract class DeviceContract {
  static final EngineOptions OPTIONS =
      EngineOptions.defaults()
          .withThreads(2)
          .withContextLength(256)
          .withCacheType(StorageType.F32)
          .withStepTokens(48);

  @TempDir private Path folder;
  private Path file;

  /// The device under test.
  abstract Devices devices();

  @BeforeEach
  void write() throws IOException {
    file = write("tiny-llama");
  }

  Path write(String shape) throws IOException {
    Path path = folder.resolve(shape + ".gguf");
    new RandomModel(RandomShape.named(shape), StorageType.F32, 5).write(path);
    return path;
  }

  static Model load(Path path, EngineOptions options, Devices devices) throws IOException {
    return Model.of(ModelFiles.open(path, options.access()), options, devices);
  }

  private Model load(EngineOptions options) throws IOException {
    return load(file, options, devices());
  }

  static int[] tokens(int count, long seed) {
    return new SplittableRandom(seed).ints(count, 3, 250).toArray();
  }

  static GenerationRequest request(int[] prompt, int maxTokens) {
    return GenerationRequest.of(prompt)
        .with(SamplingOptions.greedy())
        .withMaxTokens(maxTokens)
        .withEnd(GenerationRequest.End.IGNORED);
  }

  private static int[] appended(int[] prompt, List<Integer> answer) {
    return IntStream.concat(Arrays.stream(prompt), answer.stream().mapToInt(i -> i)).toArray();
  }

  @Test
  void prefixHit_changesNoAnswer() throws IOException {
    int[] prompt = tokens(50, 1);
    try (Model model = load(OPTIONS)) {
      GenerationResult first = model.generate(request(prompt, 12)).await();
      GenerationResult second = model.generate(request(prompt, 12)).await();

      assertEquals(0, first.cachedTokens());
      assertEquals(prompt.length - 1, second.cachedTokens());
      assertEquals(first.tokens(), second.tokens());
    }
  }

  /// The states of a recurrent model are copied when they are found, kept and given way.
  @ParameterizedTest
  @ValueSource(strings = {"tiny-llama", "tiny-gemma3", "tiny-qwen35"})
  void preemption_changesNoAnswer(String shape) throws IOException {
    Path path = write(shape);
    List<List<Integer>> expected = new ArrayList<>();
    long page;
    try (Model model = load(path, OPTIONS, devices())) {
      model.generate(request(tokens(3, 1), 1)).await();
      page = model.cacheStats().bytes();
      for (int i = 0; i < 6; i++) {
        expected.add(model.generate(request(tokens(20, i), 24)).await().tokens());
      }
    }
    long room = shape.equals("tiny-qwen35") ? 5 : 8;
    try (Model model = load(path, OPTIONS.withCacheBytes(room * page), devices())) {
      List<Generation> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        all.add(model.generate(request(tokens(20, i), 24)));
      }
      for (int i = 0; i < 6; i++) {
        assertEquals(expected.get(i), all.get(i).await().tokens(), "request " + i);
      }
      assertTrue(model.cacheStats().preemptions() > 0, "nobody had to give way");
      assertEquals(0, model.cacheStats().usedPages());
    }
  }

  @Test
  void cancelledAnswer_freesItsPages() throws IOException {
    try (Model model = load(OPTIONS)) {
      Generation generation = model.generate(request(tokens(20, 6), 200));
      generation.next();
      generation.cancel();

      assertEquals(FinishReason.CANCELLED, generation.await().finishReason());
      assertEquals(0, model.cacheStats().usedPages());
    }
  }

  @Test
  void scores_areTheLogProbabilitiesOfGeneration() throws IOException {
    int[] prompt = tokens(40, 6);
    try (Model model = load(OPTIONS)) {
      List<Double> expected = new ArrayList<>();
      GenerationResult result =
          model.generate(
              request(prompt, 8).withTopLogProbs(1), token -> expected.add(token.logProbability()));
      Scores scores =
          model.score(ScoreRequest.of(appended(prompt, result.tokens()), prompt.length));

      assertTrue(scores.isGreedy());
      for (int i = 0; i < scores.logProbabilities().size(); i++) {
        assertEquals(expected.get(i), scores.logProbabilities().get(i), 1e-6);
      }
    }
  }

  @Test
  void embeddingInSmallSteps_isThatOfOneStep() throws IOException {
    String text = "a little girl named Lily who loved to play outside in the park";
    float[] whole;
    try (Model model = load(OPTIONS)) {
      whole = model.embed(text);
    }
    try (Model model = load(OPTIONS.withStepTokens(3))) {
      assertArrayEquals(whole, model.embed(text), 1e-6f);
    }
  }

  @Test
  void explanation_choosesWhatIsGenerated() throws IOException {
    try (Model model = load(OPTIONS)) {
      String text = "once upon";
      int[] prompt = model.encodePrompt(text);
      List<Integer> expected = model.generate(request(prompt, 4)).await().tokens();
      List<Integer> explained =
          model.explain(text, 4, SamplingOptions.greedy()).tokens().stream()
              .skip(prompt.length)
              .map(token -> token.id())
              .toList();

      assertEquals(expected.subList(0, explained.size()), explained);
    }
  }
}
