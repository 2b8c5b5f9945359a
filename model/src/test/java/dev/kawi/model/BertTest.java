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
class BertTest {
  /// llama.cpp computes GELU through a table of F16.
  private static final double TOLERANCE = 5e-3;

  private static final int PAGE_SIZE = 16;

  @TempDir private Path folder;

  @SuppressWarnings("ArrayRecordComponent") // as Jackson reads it; never compared
  record EncoderGolden(
      String shape,
      long seed,
      String sha256,
      int[] ids,
      Map<Integer, double[]> states,
      double[] mean,
      @Nullable Double score) {
    @Override
    public String toString() {
      return shape;
    }
  }

  static List<EncoderGolden> goldens() {
    return read("/golden/encoders.json", EncoderGolden[].class);
  }

  private static <T> List<T> read(String resource, Class<T[]> type) {
    try (InputStream file = BertTest.class.getResourceAsStream(resource)) {
      return List.of(new JsonMapper().readValue(Objects.requireNonNull(file), type));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<Arguments> tiersAndGoldens() {
    return KernelProvider.available().stream()
        .flatMap(tier -> goldens().stream().map(golden -> Arguments.of(tier, golden)));
  }

  private GgufFile open(EncoderGolden golden) throws IOException, GeneralSecurityException {
    Path path = folder.resolve("encoder.gguf");
    new RandomModel(RandomShape.named(golden.shape()), StorageType.F32, golden.seed()).write(path);
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path));
    assertEquals(golden.sha256(), HexFormat.of().formatHex(hash), "the generator has drifted");
    return GgufFile.open(path);
  }

  @ParameterizedTest
  @MethodSource("tiersAndGoldens")
  void encoder_givesTheStatesOfLlamaCpp(Kernels tier, EncoderGolden golden) throws Exception {
    try (GgufFile file = open(golden);
        ThreadTeam team = new ThreadTeam(2);
        FastExecutor executor = new FastExecutor(tier, team)) {
      Encoder encoder = Bert.build(new Checkpoint(file));
      try (KvCache cache = cache(encoder)) {
        Tensor states = run(encoder, golden.ids(), cache, executor);

        golden.states().forEach((t, expected) -> assertNear(expected, states.row(t)));
        if (golden.score() != null) {
          int[] first = {0};
          Tensor score = assertNotNullHead(encoder).forward(executor.rows(states, first), executor);
          assertEquals(golden.score(), score.get(0, 0), TOLERANCE);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(PublishedEncoder.Kind.class)
  void publishedFolder_givesTheSameBits(PublishedEncoder.Kind kind) throws Exception {
    EncoderGolden golden = goldens().getLast();
    open(golden).close();
    Path gguf = folder.resolve("encoder.gguf");
    RandomShape shape = RandomShape.named(golden.shape());
    Path published = PublishedEncoder.write(shape, gguf, folder.resolve("published"), kind);
    Path config = published.resolve("config.json");
    // GGUF files mean the tanh form
    Files.writeString(
        config, Files.readString(config).replace("\"gelu\"", "\"gelu_pytorch_tanh\""));
    try (GgufFile file = GgufFile.open(gguf);
        HuggingFaceFolder other = HuggingFaceFolder.open(published)) {
      assertEquals(2, other.metadata().integer("bert.pooling_type").orElseThrow());
      assertEquals(512, other.metadata().integer("bert.context_length").orElseThrow());
      assertArrayEquals(firstState(file, golden), firstState(other, golden));
    }
  }

  /// What the publisher's own code computes from a folder; `golden/README.md` tells how.
  ///
  /// @param activation what the folder's configuration says of the feed-forward layer
  /// @param states every eighth element of the state of a token after the last layer
  @SuppressWarnings("ArrayRecordComponent") // as Jackson reads it; never compared
  record PublishersStates(
      String shape,
      PublishedEncoder.Kind kind,
      String activation,
      Map<Integer, double[]> states,
      @Nullable Double score) {
    @Override
    public String toString() {
      return shape + " " + kind + " " + activation;
    }
  }

  static List<PublishersStates> publishersStates() {
    return read("/golden/publishers-encoders.json", PublishersStates[].class);
  }

  @ParameterizedTest
  @MethodSource("publishersStates")
  void publishedFolder_givesTheStatesOfThePublishersCode(PublishersStates expected)
      throws Exception {
    EncoderGolden golden =
        goldens().stream()
            .filter(g -> g.shape().equals(expected.shape()))
            .findFirst()
            .orElseThrow();
    open(golden).close();
    RandomShape shape = RandomShape.named(golden.shape());
    Path published =
        PublishedEncoder.write(
            shape, folder.resolve("encoder.gguf"), folder.resolve("published"), expected.kind());
    Path config = published.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"gelu\"", "\"" + expected.activation() + "\""));
    try (HuggingFaceFolder file = HuggingFaceFolder.open(published);
        ThreadTeam team = new ThreadTeam(1);
        FastExecutor executor = new FastExecutor(KernelProvider.choose().kernels(), team)) {
      Encoder encoder = Bert.build(new Checkpoint(file));
      try (KvCache cache = cache(encoder)) {
        Tensor states = run(encoder, golden.ids(), cache, executor);
        expected
            .states()
            .forEach((token, elements) -> {
              for (int i = 0; i < elements.length; i++) {
                assertEquals(elements[i], states.get(token, 8 * i), 1e-4, token + " " + i);
              }
            });
        if (expected.score() != null) {
          int[] first = {0};
          Tensor score = assertNotNullHead(encoder).forward(executor.rows(states, first), executor);
          assertEquals(expected.score(), score.get(0, 0), 1e-4);
        }
      }
    }
  }

  /// The state of the first token, and its score.
  private static float[] firstState(ModelFile file, EncoderGolden golden) {
    try (ThreadTeam team = new ThreadTeam(1);
        FastExecutor executor = new FastExecutor(KernelProvider.choose().kernels(), team)) {
      Encoder encoder = Bert.build(new Checkpoint(file));
      try (KvCache cache = cache(encoder)) {
        Tensor states = run(encoder, golden.ids(), cache, executor);
        float[] state = states.row(0);
        int[] first = {0};
        state[0] +=
            assertNotNullHead(encoder).forward(executor.rows(states, first), executor).get(0, 0);
        return state;
      }
    }
  }

  private static KvCache cache(Encoder encoder) {
    return new KvCache(
        encoder.blocks().getFirst().attention().heads(), 1, StorageType.F32, PAGE_SIZE);
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

  private static void assertNear(double[] expected, float[] found) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], TOLERANCE, "element " + i);
    }
  }

  @Test
  void encoderAsDecoder_isRefusedWithItsCommands() throws Exception {
    try (GgufFile file = open(goldens().getFirst())) {
      ModelFormatException refused =
          assertThrows(ModelFormatException.class, () -> Architecture.of(new Checkpoint(file)));

      assertTrue(refused.getMessage().contains("kawi embed"), refused.getMessage());
    }
  }
}
