package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Seeded random traffic on one architecture of each kind: what a request gets in company, with
/// cache hits, preemptions, cancellations and pages that go to a folder and come back around it, is
/// bit for bit what it gets alone.
class EngineTrafficTest {
  private static final int REQUESTS = 24;
  private static final EngineOptions ALONE =
      EngineOptions.defaults().withThreads(1).withContextLength(256);

  @TempDir private Path folder;

  /// Full attention, sliding windows of two kinds, latent attention, experts, a span that is read
  /// in both directions.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tiny-llama",
        "tiny-gemma2",
        "tiny-gemma3",
        "tiny-gpt-oss",
        "tiny-deepseek2",
        "tiny-qwen3moe",
        "tiny-qwen35",
        "tiny-qwen3next",
        "tiny-chatglm1"
      })
  void requestInCompany_getsWhatItGetsAlone(String shape) throws Exception {
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named(shape), StorageType.Q8_0, 3).write(file);
    List<int[]> prompts = prompts(shape);
    List<Answer> expected = new ArrayList<>();
    try (Model model = Model.load(file, ALONE)) {
      for (int i = 0; i < prompts.size(); i++) {
        RequestOptions salt = RequestOptions.DEFAULT.withCacheSalt("alone " + i);
        expected.add(Answer.of(model.generate(request(prompts.get(i), i).with(salt))));
      }
    }
    long pages = shape.startsWith("tiny-qwen35") || shape.equals("tiny-qwen3next") ? 8 : 16;
    try (Model model = Model.load(file, crowded(file, pages))) {
      for (int round = 0; round < 2; round++) { // the second finds prompts in the cache
        check(model, prompts, expected, "round " + round);
      }
      CacheStats stats = model.cacheStats();
      assertTrue(stats.hitTokens() > 0, "nothing was found in the cache: " + stats);
      assertTrue(stats.preemptions() > 0, "nobody had to give way: " + stats);
      assertTrue(stats.bytes() <= stats.budgetBytes(), "over budget: " + stats);
      assertEquals(0, stats.usedPages(), "pages of ended requests are free: " + stats);
    }
    EngineOptions spilling = crowded(file, pages).withSpill(folder.resolve("spilled"), 64 << 20);
    for (int start = 0; start < 2; start++) { // the second finds prompts in the folder
      try (Model model = Model.load(file, spilling)) {
        check(model, prompts, expected, "with a folder, start " + start);
        CacheStats stats = model.cacheStats();
        assertTrue(stats.spillHits() > 0, "nothing came back from the folder: " + stats);
        assertTrue(stats.bytes() <= stats.budgetBytes(), "over budget: " + stats);
        assertEquals(0, stats.usedPages(), "pages of ended requests are free: " + stats);
      }
    }
  }

  /// Room for a few of the requests at once, so that some give way.
  private static EngineOptions crowded(Path file, long pages) throws IOException {
    long page;
    try (Model model = Model.load(file, ALONE.withCacheBytes(1L << 30))) {
      model.generate(request(new int[] {5, 6, 7}, 0)).await();
      page = model.cacheStats().bytes();
    }
    return ALONE.withThreads(2).withMaxSequences(8).withStepTokens(48).withCacheBytes(pages * page);
  }

  private static void check(
      Model model, List<int[]> prompts, List<Answer> expected, String message) {
    List<Generation> running = new ArrayList<>();
    List<Generation> disturbing = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      running.add(model.generate(request(prompts.get(i), i)));
      if (i % 3 == 0) {
        disturbing.add(model.generate(request(prompts.get(prompts.size() - 1 - i), 100 + i)));
      }
      if (i % 6 == 0) {
        disturbing.get(disturbing.size() - 1).cancel();
      }
    }
    for (int i = 0; i < prompts.size(); i++) {
      assertEquals(expected.get(i), Answer.of(running.get(i)), message + ", request " + i);
    }
    disturbing.forEach(Generation::await);
  }

  /// Some begin alike, some are long, some are a single token.
  private static List<int[]> prompts(String shape) {
    SplittableRandom random = new SplittableRandom(7);
    int[] shared = random.ints(70, 3, 250).toArray();
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      int own = i % 5 == 0 ? 1 : random.nextInt(90);
      int common = random.nextInt(shared.length);
      IntStream begin = IntStream.of(shared).limit(common);
      int[] prompt = IntStream.concat(begin, random.ints(1 + own, 3, 250)).toArray();
      if (shape.equals("tiny-chatglm1")) {
        prompt = IntStream.concat(IntStream.of(prompt), IntStream.of(301, 304)).toArray();
      }
      prompts.add(prompt);
    }
    return prompts;
  }

  private static GenerationRequest request(int[] prompt, int seed) {
    SamplingOptions sampling =
        seed % 2 == 0
            ? SamplingOptions.greedy()
            : SamplingOptions.builder().temperature(1.3).seed(seed).build();
    return GenerationRequest.of(prompt)
        .with(sampling)
        .withMaxTokens(8 + seed % 17)
        .withEnd(GenerationRequest.End.IGNORED)
        .withTopLogProbs(2);
  }
}
