package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.nn.BlockTable;
import dev.kawi.nn.Encoder;
import dev.kawi.nn.FastExecutor;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Step;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import dev.kawi.weights.HuggingFaceFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/// Encoders against llama.cpp: `golden/README.md` tells how the numbers were made.
class EncoderGoldenTest {
  private static final int PAGE_SIZE = 16;

  @TempDir private static Path folder;

  @SuppressWarnings("ArrayRecordComponent") // as Jackson reads it; never compared
  record EncoderGolden(
      String shape,
      long seed,
      String sha256,
      int[] ids,
      Map<Integer, double[]> states,
      double @Nullable [] mean,
      double @Nullable [] vector,
      @Nullable Double score) {
    @Override
    public String toString() {
      return shape;
    }

    /// llama.cpp computes GELU through a table of F16.
    private double tolerance() {
      return shape.equals("encoder-nomic") ? 1e-4 : 5e-3;
    }

    private void assertNear(double[] expected, float[] found) {
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], found[i], tolerance(), "element " + i);
      }
    }
  }

  static List<EncoderGolden> goldens() {
    try (InputStream file = EncoderGoldenTest.class.getResourceAsStream("/golden/encoders.json")) {
      return List.of(
          new JsonMapper().readValue(Objects.requireNonNull(file), EncoderGolden[].class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static EncoderGolden golden(String shape) {
    return goldens().stream().filter(g -> g.shape().equals(shape)).findFirst().orElseThrow();
  }

  static Stream<Arguments> tiersAndGoldens() {
    return KernelProvider.available().stream()
        .flatMap(tier -> goldens().stream().map(golden -> Arguments.of(tier, golden)));
  }

  /// The file of this shape, which is made once.
  private static Path file(EncoderGolden golden) throws IOException, GeneralSecurityException {
    Path path = folder.resolve(golden.shape() + ".gguf");
    if (Files.notExists(path)) {
      RandomShape shape = RandomShape.named(golden.shape());
      new RandomModel(shape, StorageType.F32, golden.seed()).write(path);
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path));
      assertEquals(golden.sha256(), HexFormat.of().formatHex(hash), "the generator has drifted");
    }
    return path;
  }

  @ParameterizedTest
  @MethodSource("tiersAndGoldens")
  void encoder_givesTheStatesOfLlamaCpp(Kernels tier, EncoderGolden golden) throws Exception {
    try (GgufFile file = GgufFile.open(file(golden));
        ThreadTeam team = new ThreadTeam(2);
        FastExecutor executor = new FastExecutor(tier, team)) {
      Encoder encoder = build(file);
      try (KvCache cache =
          new KvCache(
              encoder.blocks().getFirst().attention().heads(), 1, StorageType.F32, PAGE_SIZE)) {
        Tensor states = run(encoder, golden.ids(), cache, executor);

        golden.states().forEach((t, expected) -> golden.assertNear(expected, states.row(t)));
        if (golden.mean() != null) {
          golden.assertNear(golden.mean(), mean(states).row(0));
        }
        if (golden.vector() != null) {
          golden.assertNear(golden.vector(), encoder.project(mean(states), executor).row(0));
        }
        if (golden.score() != null) {
          Tensor score = assertNotNullHead(encoder).forward(states, executor);
          assertEquals(golden.score(), score.get(0, 0), golden.tolerance());
        }
      }
    }
  }

  private static Encoder build(ModelFile file) {
    Checkpoint checkpoint = new Checkpoint(file);
    return EncoderArchitecture.of(checkpoint).build(checkpoint);
  }

  private static Tensor mean(Tensor states) {
    float[] mean = new float[states.cols()];
    for (int t = 0; t < states.rows(); t++) {
      float[] row = states.row(t);
      for (int i = 0; i < mean.length; i++) {
        mean[i] += row[i] / states.rows();
      }
    }
    return Tensor.of(mean, 1, mean.length);
  }

  @ParameterizedTest
  @EnumSource(PublishedEncoder.Kind.class)
  void publishedFolder_givesTheSameBits(PublishedEncoder.Kind kind) throws Exception {
    EncoderGolden golden = golden(kind.shape());
    Path gguf = file(golden);
    Path published = PublishedEncoder.write(gguf, folder.resolve("published-" + kind), kind);
    try (GgufFile file = GgufFile.open(gguf);
        HuggingFaceFolder other = HuggingFaceFolder.open(published)) {
      String arch = file.metadata().string("general.architecture").orElseThrow();
      assertEquals(arch, other.metadata().string("general.architecture").orElseThrow());
      assertEquals(2, other.metadata().integer(arch + ".pooling_type").orElseThrow());
      assertEquals(512, other.metadata().integer(arch + ".context_length").orElseThrow());
      float[][] expected = results(file, golden);
      float[][] found = results(other, golden);
      for (int i = 0; i < expected.length; i++) {
        if (kind.tolerance() == 0) {
          assertArrayEquals(expected[i], found[i]);
        } else {
          assertArrayEquals(expected[i], found[i], kind.tolerance());
        }
      }
    }
  }

  /// The states of the first token and the last, what the first is projected to, and the score.
  private static float[][] results(ModelFile file, EncoderGolden golden) {
    try (ThreadTeam team = new ThreadTeam(1);
        FastExecutor executor = new FastExecutor(KernelProvider.choose().kernels(), team)) {
      Encoder encoder = build(file);
      try (KvCache cache =
          new KvCache(
              encoder.blocks().getFirst().attention().heads(), 1, StorageType.F32, PAGE_SIZE)) {
        Tensor states = run(encoder, golden.ids(), cache, executor);
        int[] firstRow = {0};
        Tensor vector = encoder.project(executor.rows(states, firstRow), executor);
        float[] score =
            golden.score() == null
                ? new float[0]
                : assertNotNullHead(encoder).forward(states, executor).toArray();
        return new float[][] {states.row(0), states.row(states.rows() - 1), vector.row(0), score};
      }
    }
  }

  private static Encoder.ScoreHead assertNotNullHead(Encoder encoder) {
    assertNotNull(encoder.head());
    return Objects.requireNonNull(encoder.head());
  }

  private static Tensor run(Encoder encoder, int[] ids, KvCache cache, FastExecutor executor) {
    BlockTable table = new BlockTable(PAGE_SIZE);
    while (table.capacity() < ids.length) {
      table.append(cache.newPage());
    }
    return encoder.forward(Step.of(ids, 0, table, cache), new int[ids.length], executor);
  }

  @Test
  void encoderAsDecoder_isRefusedWithItsCommands() throws Exception {
    try (GgufFile file = GgufFile.open(file(goldens().getFirst()))) {
      ModelFormatException refused =
          assertThrows(ModelFormatException.class, () -> Architecture.of(new Checkpoint(file)));

      assertTrue(refused.getMessage().contains("kawi embed"), refused.getMessage());
    }
  }
}
