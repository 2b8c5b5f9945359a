package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.nn.Adapter;
import dev.kawi.nn.LowRank;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Adapters are loaded and unloaded while a model runs, and each request has its own.
class AdaptersTest {
  private static final EngineOptions ONE = EngineOptions.defaults().withThreads(1);
  private static final RandomShape SHAPE = RandomShape.named("tiny-qwen2");
  private static final int[] PROMPT = new SplittableRandom(4).ints(70, 0, 256).toArray();

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("model.gguf");
    new RandomModel(SHAPE, StorageType.Q8_0, 1).write(file);
  }

  private Path adapter(int seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    GgufWriter writer =
        new GgufWriter(
            Metadata.builder()
                .string("general.type", "adapter")
                .string("general.architecture", "qwen2")
                .string("adapter.type", "lora")
                .f32("adapter.lora.alpha", 16)
                .build());
    for (int layer = 0; layer < SHAPE.numLayers(); layer++) {
      String name = "blk." + layer + ".attn_output.weight.lora_";
      add(writer, name + "a", random, 4, SHAPE.querySize());
      add(writer, name + "b", random, SHAPE.hiddenSize(), 4);
    }
    Path written = folder.resolve("adapter" + seed + ".gguf");
    writer.write(written);
    return written;
  }

  private static void add(
      GgufWriter writer, String name, SplittableRandom random, int rows, int cols) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-0.2, 0.2);
    }
    writer.add(name, StorageType.F32, List.of((long) rows, (long) cols), values);
  }

  private static GenerationRequest request(Adapter adapter) {
    return GenerationRequest.of(PROMPT)
        .with(SamplingOptions.greedy())
        .withEnd(GenerationRequest.End.IGNORED)
        .withMaxTokens(10)
        .with(adapter);
  }

  @Test
  void companyAndKeptPrefixes_doNotChangeWhatAnAdapterSays()
      throws IOException, InterruptedException, ExecutionException {
    Path one = adapter(1);
    Path two = adapter(2);
    List<List<Integer>> expected = new ArrayList<>();
    for (Path path : List.of(file, one, two)) {
      try (Model model = Model.load(file, ONE)) {
        Adapter adapter = path.equals(file) ? Adapter.NONE : model.adapters().load("x", path);
        expected.add(model.generate(request(adapter)).await().tokens());
      }
    }
    assertNotEquals(expected.get(0), expected.get(1));
    assertNotEquals(expected.get(1), expected.get(2));
    try (Model model = Model.load(file, ONE.withThreads(2).withStepTokens(33));
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Adapter> adapters =
          List.of(
              Adapter.NONE, model.adapters().load("one", one), model.adapters().load("two", two));
      for (int round = 0; round < 2; round++) { // the second finds prefixes of all three
        List<Future<GenerationResult>> answers = new ArrayList<>();
        for (Adapter adapter : adapters) {
          answers.add(pool.submit(() -> model.generate(request(adapter)).await()));
        }
        for (int i = 0; i < answers.size(); i++) {
          assertEquals(expected.get(i), answers.get(i).get().tokens(), "adapter " + i);
        }
      }
    }
  }

  @Test
  void keptPrefix_isOfTheSameAdapterOnly() throws IOException {
    try (Model model = Model.load(file, ONE)) {
      Adapter one = model.adapters().load("one", adapter(1));
      assertEquals(0, cached(model, one));
      assertEquals(0, cached(model, Adapter.NONE));
      assertEquals(0, cached(model, one.scaled(0.5f)));
      assertTrue(cached(model, one) > 0);
      assertTrue(cached(model, Adapter.NONE) > 0);
    }
  }

  private static int cached(Model model, Adapter adapter) {
    return model.generate(request(adapter)).await().cachedTokens();
  }

  @Test
  void adapterInUse_isServedToTheEndAfterItIsUnloaded()
      throws IOException, InterruptedException, ExecutionException {
    try (Model model = Model.load(file, ONE);
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Adapter adapter = model.adapters().load("one", adapter(1));
      List<Integer> expected = model.generate(request(adapter)).await().tokens();
      CountDownLatch running = new CountDownLatch(1);
      CountDownLatch unloaded = new CountDownLatch(1);
      Future<GenerationResult> answer =
          pool.submit(() ->
              model.generate(
                  request(adapter),
                  token -> {
                    running.countDown();
                    wait(unloaded);
                  }));
      running.await();
      assertTrue(model.adapters().unload("one").isPresent());
      unloaded.countDown();

      assertEquals(expected, answer.get().tokens());
      assertTrue(model.adapters().get("one").isEmpty());
    }
  }

  private static void wait(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void names_areOfOneAdapterEach() throws IOException {
    try (Model model = Model.load(file, ONE)) {
      Adapters adapters = model.adapters();
      Path path = adapter(1);
      adapters.load("b", path);
      adapters.load("a", path);
      assertEquals(List.of("a", "b"), adapters.names());
      assertEquals("a", adapters.get("a").orElseThrow().name());
      assertTrue(
          assertThrows(IllegalArgumentException.class, () -> adapters.load("a", path))
              .getMessage()
              .contains("in use"));
      assertTrue(adapters.unload("a").isPresent());
      assertFalse(adapters.unload("a").isPresent());
      adapters.load("a", path);
    }
  }

  @Test
  void adapterOfAnotherModel_isRefused() throws IOException {
    try (Model model = Model.load(file, ONE)) {
      LowRank change = model.adapters().load("one", adapter(1)).linears().firstEntry().getValue();
      Adapter other = new Adapter("other", Map.of("blk.7.attn_output", change), Map.of());
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> model.generate(request(other)));
      assertTrue(e.getMessage().contains("blk.7.attn_output"), e.getMessage());
    }
  }
}
