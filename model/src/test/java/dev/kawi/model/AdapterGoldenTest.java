package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.model.random.RandomShape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/// Models with an adapter in GGUF give the log-probabilities that llama.cpp gives;
/// `golden/README.md` among the test resources tells how `adapters.json` was made.
class AdapterGoldenTest {
  private static final double LARGEST_DELTA = 2e-3;

  @TempDir private Path folder;

  /// Log-probabilities of the likeliest tokens after each token.
  ///
  /// @param shape the model, of seed 5 in F32
  @SuppressWarnings("ArrayRecordComponent") // as Jackson reads it; never compared
  record Expected(String shape, int[] ids, int[][] top, double[][] logProbability) {}

  static Stream<Expected> expected() throws IOException {
    try (InputStream file = AdapterGoldenTest.class.getResourceAsStream("/golden/adapters.json")) {
      return List.of(new JsonMapper().readValue(Objects.requireNonNull(file), Expected[].class))
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("expected")
  void adapterInGguf_givesTheLogProbabilitiesOfLlamaCpp(Expected expected) throws IOException {
    Path model = folder.resolve("model.gguf");
    Path adapter = folder.resolve("adapter.gguf");
    LowRankGguf.write(
        RandomShape.named(expected.shape()), model, adapter, folder.resolve("merged.gguf"));

    try (ModelRun run = new ModelRun(model, KernelProvider.choose().kernels(), 64)) {
      double[][] found = run.with(adapter).append(expected.ids());
      for (int t = 0; t < found.length; t++) {
        for (int i = 0; i < expected.top()[t].length; i++) {
          double one = found[t][expected.top()[t][i]];
          assertEquals(expected.logProbability()[t][i], one, LARGEST_DELTA, "position " + t);
        }
      }
    }
  }
}
