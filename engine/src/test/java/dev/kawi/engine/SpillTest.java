package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.Access;
import dev.kawi.gguf.ModelFile;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.ModelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Cached prefixes that go to a folder and come back: the answers are those of a model without one.
class SpillTest {
  private static final long BOUND = 64 << 20;
  private static final EngineOptions OPTIONS =
      EngineOptions.defaults().withThreads(1).withContextLength(256);
  private static final int[] PROMPT = tokens(120, 1);

  /// The whole pages of the prompt but its last token: 7 of 16.
  private static final int PREFIX = 112;

  @TempDir private Path parent;

  private Path folder() {
    return parent.resolve("spilled");
  }

  private EngineOptions spilling() {
    return OPTIONS.withSpill(folder(), BOUND);
  }

  private Path model(String shape, long seed) throws IOException {
    Path file = parent.resolve(shape + seed + ".gguf");
    new RandomModel(RandomShape.named(shape), StorageType.Q8_0, seed).write(file);
    return file;
  }

  private static int[] tokens(int count, long seed) {
    return new SplittableRandom(seed).ints(count, 3, 250).toArray();
  }

  private static GenerationRequest request(int[] prompt) {
    return GenerationRequest.of(prompt)
        .with(SamplingOptions.greedy())
        .withMaxTokens(8)
        .withEnd(GenerationRequest.End.IGNORED)
        .withTopLogProbs(2);
  }

  private static Answer answer(Model model, int[] prompt) {
    return Answer.of(model.generate(request(prompt)));
  }

  private static Answer alone(Path file, int[] prompt) throws IOException {
    try (Model model = Model.load(file, OPTIONS)) {
      return answer(model, prompt);
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.toList();
    }
  }

  // ---- hits ----

  /// Full attention, windows of several kinds, latent attention, experts, gated delta nets.
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
        "tiny-qwen3next"
      })
  void prefixFromTheFolder_givesTheSameBits_afterARestart(String shape) throws IOException {
    Path file = model(shape, 3);
    int[] longer = Arrays.copyOf(PROMPT, 150);
    Arrays.fill(longer, PROMPT.length, longer.length, 77);
    try (Model model = Model.load(file, spilling())) {
      assertEquals(alone(file, PROMPT), answer(model, PROMPT));
      assertEquals(0, model.cacheStats().spillHits());
    }
    for (int[] prompt : List.of(PROMPT, longer)) {
      try (Model model = Model.load(file, spilling())) {
        assertEquals(alone(file, prompt), answer(model, prompt));
        CacheStats stats = model.cacheStats();
        assertEquals(PREFIX, stats.hitTokens(), stats.toString());
        assertTrue(stats.spillHits() > 0, stats.toString());
        assertTrue(stats.spillBytes() > 0, stats.toString());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny-llama", "tiny-gemma3", "tiny-deepseek2", "tiny-qwen35"})
  void prefixThatWasEvicted_comesBack(String shape) throws IOException {
    Path file = model(shape, 3);
    Answer expected = alone(file, PROMPT);
    long bytes;
    try (Model model = Model.load(file, OPTIONS)) {
      answer(model, PROMPT);
      bytes = model.cacheStats().bytes();
    }
    try (Model model = Model.load(file, spilling().withCacheBytes(bytes * 3 / 2))) {
      answer(model, PROMPT);
      answer(model, tokens(120, 2));
      assertTrue(model.cacheStats().evictions() > 0);
      assertEquals(expected, answer(model, PROMPT));
      assertTrue(model.cacheStats().spillHits() > 0, model.cacheStats().toString());
    }
  }

  @Test
  void whileOthersRun_prefixComesBack_too() throws IOException {
    Path file = model("tiny-llama", 3);
    int[] other = tokens(60, 9);
    Answer expected = alone(file, PROMPT);
    Answer expectedOfOther = alone(file, other);
    try (Model model = Model.load(file, spilling())) {
      answer(model, PROMPT);
    }
    try (Model model = Model.load(file, spilling())) {
      Generation first = model.generate(request(other));
      Generation second = model.generate(request(PROMPT));
      assertEquals(expected, Answer.of(second));
      assertEquals(expectedOfOther, Answer.of(first));
      assertEquals(PREFIX, model.cacheStats().hitTokens());
    }
  }

  // ---- whose content it is ----

  @Test
  void otherModelsAndOptions_findNothing() throws IOException {
    Path file = model("tiny-llama", 3);
    try (Model model = Model.load(file, spilling())) {
      answer(model, PROMPT);
    }
    Path other = model("tiny-llama", 4);
    assertMisses(other, spilling());
    assertMisses(file, spilling().withCacheType(StorageType.F32));
    assertMisses(file, spilling().withPageSize(8));
    assertMisses(file, spilling().withContextLength(200));
    try (Model model = Model.load(file, spilling())) {
      RequestOptions salt = RequestOptions.DEFAULT.withCacheSalt("mine");
      model.generate(request(PROMPT).with(salt)).await();
      assertEquals(0, model.cacheStats().spillHits());
    }
  }

  private static void assertMisses(Path file, EngineOptions options) throws IOException {
    Answer expected;
    try (Model model = Model.load(file, options.withoutSpill())) {
      expected = answer(model, PROMPT);
    }
    try (Model model = Model.load(file, options)) {
      assertEquals(expected, answer(model, PROMPT));
      assertEquals(0, model.cacheStats().spillHits());
    }
  }

  @Test
  void fileOfTheSameContent_findsIt_elsewhereToo() throws IOException {
    Path file = model("tiny-llama", 3);
    try (Model model = Model.load(file, spilling())) {
      answer(model, PROMPT);
    }
    Path copy = Files.copy(file, parent.resolve("copy.gguf"));
    try (Model model = Model.load(copy, spilling())) {
      answer(model, PROMPT);
      assertEquals(PREFIX, model.cacheStats().hitTokens());
    }
  }

  @Test
  void oneBitOfTheWeights_makesAnotherModel() throws IOException {
    Path file = model("tiny-llama", 3);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 40] ^= 1;
    Path other = Files.write(parent.resolve("other.gguf"), bytes);
    try (ModelFile one = ModelFiles.open(file, Access.MAP);
        ModelFile read = ModelFiles.open(file, Access.READ);
        ModelFile two = ModelFiles.open(other, Access.MAP)) {
      assertArrayEquals(ModelContent.hash(one), ModelContent.hash(read));
      assertFalse(Arrays.equals(ModelContent.hash(one), ModelContent.hash(two)));
    }
  }

  // ---- what can go wrong ----

  @Test
  void damagedFiles_areIgnored() throws IOException {
    Path file = model("tiny-qwen35", 3);
    Answer expected = alone(file, PROMPT);
    try (Model model = Model.load(file, spilling())) {
      answer(model, PROMPT);
    }
    for (Path page : files()) {
      byte[] bytes = Files.readAllBytes(page);
      bytes[bytes.length / 2] ^= 4;
      Files.write(page, bytes);
    }
    try (Model model = Model.load(file, spilling())) {
      assertEquals(expected, answer(model, PROMPT));
      assertEquals(0, model.cacheStats().spillHits());
      assertEquals(0, model.cacheStats().hitTokens());
    }
  }

  @Test
  void damagedFileInTheMiddle_leavesWhatIsBeforeIt() throws IOException {
    Path file = model("tiny-llama", 3);
    Answer expected = alone(file, PROMPT);
    try (Model model = Model.load(file, spilling())) {
      answer(model, PROMPT);
    }
    Path one = files().getFirst();
    Files.write(one, Arrays.copyOf(Files.readAllBytes(one), 100));
    try (Model model = Model.load(file, spilling())) {
      assertEquals(expected, answer(model, PROMPT));
      assertTrue(model.cacheStats().hitTokens() < PREFIX);
      assertEquals(0, model.cacheStats().hitTokens() % 16);
    }
    try (Model model = Model.load(file, spilling())) {
      assertEquals(expected, answer(model, PROMPT));
      assertEquals(PREFIX, model.cacheStats().hitTokens(), "it was written anew");
    }
  }

  @Test
  void twoModelsOnOneFolder_answerAsAlone() throws IOException {
    Path file = model("tiny-llama", 3);
    Path other = model("tiny-llama", 4);
    int[] prompt = tokens(130, 5);
    List<Answer> expected =
        List.of(
            alone(file, PROMPT), alone(file, prompt), alone(other, PROMPT), alone(other, prompt));
    EngineOptions small = spilling().withCacheBytes(300_000);
    try (Model a = Model.load(file, small);
        Model b = Model.load(file, small);
        Model c = Model.load(other, small)) {
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2; i++) {
          int[] tokens = i == 0 ? PROMPT : prompt;
          List<Generation> running =
              Stream.of(a, b, c).map(model -> model.generate(request(tokens))).toList();
          assertEquals(expected.get(i), Answer.of(running.get(0)));
          assertEquals(expected.get(i), Answer.of(running.get(1)));
          assertEquals(expected.get(2 + i), Answer.of(running.get(2)));
        }
      }
    }
    try (Model model = Model.load(file, spilling())) {
      assertEquals(expected.getFirst(), answer(model, PROMPT));
      assertTrue(model.cacheStats().spillHits() > 0);
    }
  }

  @Test
  void folderThatIsLost_doesNoHarm() throws IOException {
    Path file = model("tiny-llama", 3);
    Answer expected = alone(file, PROMPT);
    try (Model model = Model.load(file, spilling())) {
      answer(model, PROMPT);
    }
    try (Model model = Model.load(file, spilling().withCacheBytes(300_000))) {
      for (Path page : files()) {
        Files.delete(page);
      }
      Files.delete(folder());
      for (int i = 0; i < 3; i++) {
        assertEquals(expected, answer(model, PROMPT));
        answer(model, tokens(120, i));
      }
      assertEquals(0, model.cacheStats().spillWrites());
    }
    assertFalse(Files.exists(folder()));
  }

  @Test
  void withoutAFolder_nothingIsWritten() throws IOException {
    Path file = model("tiny-llama", 3);
    alone(file, PROMPT);
    assertFalse(Files.exists(folder()));
    assertTrue(EngineOptions.defaults().spill().isEmpty());
  }
}
