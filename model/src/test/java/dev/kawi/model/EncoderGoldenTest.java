package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.nn.BlockTable;
import dev.kawi.nn.CpuCache;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Encoder;
import dev.kawi.nn.FastExecutor;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Step;
import dev.kawi.tensor.Matrix;
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
import java.util.Arrays;
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
import org.junit.jupiter.params.provider.CsvSource;
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

  static List<EncoderGolden> goldens() {
    return read("encoders.json", EncoderGolden[].class);
  }

  static List<PublishersStates> publishersStates() {
    return read("publishers-encoders.json", PublishersStates[].class);
  }

  private static <T> List<T> read(String name, Class<T[]> type) {
    try (InputStream file = EncoderGoldenTest.class.getResourceAsStream("/golden/" + name)) {
      return List.of(new JsonMapper().readValue(Objects.requireNonNull(file), type));
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
      try (KvCache cache = CpuCache.of(encoder.blocks(), StorageType.F32, PAGE_SIZE)) {
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
        AsGguf other = AsGguf.open(published)) {
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

  @ParameterizedTest
  @MethodSource("publishersStates")
  void publishedFolder_givesTheStatesOfThePublishersCode(PublishersStates expected)
      throws Exception {
    EncoderGolden golden = golden(expected.shape());
    Path published =
        PublishedEncoder.write(file(golden), folder.resolve("publishers"), expected.kind());
    replace(published.resolve("config.json"), "\"gelu\"", "\"" + expected.activation() + "\"");
    try (HuggingFaceFolder file = HuggingFaceFolder.open(published);
        ThreadTeam team = new ThreadTeam(1);
        FastExecutor executor = new FastExecutor(KernelProvider.choose().kernels(), team)) {
      Encoder encoder = build(file);
      try (KvCache cache = CpuCache.of(encoder.blocks(), StorageType.F32, PAGE_SIZE)) {
        Tensor states = run(encoder, golden.ids(), cache, executor);
        expected.states().forEach((token, elements) -> assertEighths(elements, states, token));
        if (expected.score() != null) {
          Tensor score = assertNotNullHead(encoder).forward(states, executor);
          assertEquals(expected.score(), score.get(0, 0), 1e-4);
        }
      }
    }
  }

  private static void assertEighths(double[] expected, Tensor states, int token) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], states.get(token, 8 * i), 1e-4, token + " " + i);
    }
  }

  @Test
  void biasOnExperts_isAddedToTheirSum() throws Exception {
    EncoderGolden golden = golden("encoder-nomic-moe");
    Path published =
        PublishedEncoder.write(
            file(golden), folder.resolve("biased"), PublishedEncoder.Kind.NOMIC_MOE);
    try (HuggingFaceFolder file = HuggingFaceFolder.open(published);
        ThreadTeam team = new ThreadTeam(1);
        FastExecutor executor = new FastExecutor(KernelProvider.choose().kernels(), team)) {
      assertInstanceOf(FeedForward.Biased.class, build(file).blocks().get(1).mlp());
      FeedForward.Mlp mlp =
          assertInstanceOf(FeedForward.Mlp.class, build(file).blocks().get(0).mlp());
      float[] ones = new float[256];
      Arrays.fill(ones, 1);
      Matrix row = new Matrix(StorageType.F32, 1, 256, Tensor.of(ones, 1, 256).data());
      Tensor x = Tensor.of(ones, 1, 256);

      float[] plain = mlp.forward(x, executor).toArray();
      float[] biased =
          new FeedForward.Biased(mlp, new Embedding("bias", row)).forward(x, executor).toArray();

      assertEquals(plain[255] + 1, biased[255]);
    }
  }

  @Test
  void prompts_areThoseOfThePublisher() throws Exception {
    Path published =
        PublishedEncoder.write(
            file(golden("encoder-nomic")), folder.resolve("prompts"), PublishedEncoder.Kind.NOMIC);
    try (HuggingFaceFolder file = HuggingFaceFolder.open(published)) {
      String query = file.metadata().string(HuggingFaceFolder.PROMPT + "query").orElseThrow();
      assertEquals("search_query: ", query);
      assertFalse(file.metadata().has(HuggingFaceFolder.PROMPT + "empty"));
    }
  }

  @Test
  void classifierOfModernBert_seesTheStateThatItsConfigurationNames() throws Exception {
    PublishedEncoder.Kind kind = PublishedEncoder.Kind.MODERN;
    Path published =
        PublishedEncoder.write(file(golden(kind.shape())), folder.resolve("first"), kind);
    replace(published.resolve("config.json"), "\"mean\"", "\"cls\"");
    try (HuggingFaceFolder file = HuggingFaceFolder.open(published)) {
      assertEquals(Encoder.ScoreHead.Input.FIRST, assertNotNullHead(build(file)).input());
    }
  }

  @Test
  void ropesOfLayersOfAKind_areReadWhereNewerConfigurationsHaveThem() throws Exception {
    PublishedEncoder.Kind kind = PublishedEncoder.Kind.MODERN;
    Path published =
        PublishedEncoder.write(file(golden(kind.shape())), folder.resolve("nested"), kind);
    replace(published.resolve("config.json"), "\"global_rope_theta\"", "\"unused\"");
    replace(
        published.resolve("config.json"),
        "\"local_rope_theta\": 777",
        "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 7777}, \"sliding_attention\":"
            + " {\"rope_theta\": 777}}");
    try (HuggingFaceFolder file = HuggingFaceFolder.open(published)) {
      assertEquals(7777f, file.metadata().number("modern-bert.rope.freq_base").orElseThrow());
      assertEquals(777f, file.metadata().number("modern-bert.rope.freq_base_swa").orElseThrow());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NOMIC | config.json | \"prenorm\": false | \"prenorm\": true | config: prenorm",
        "NOMIC | config.json | \"swiglu\" | \"gelu\" | config: activation_function",
        "NOMIC_MOE | config.json | \"moe_top_k\" | \"moe_k\" | config: num_experts_per_tok",
        "JINA2 | config.json | \"geglu\" | \"reglu\" | config: feed_forward_type",
        "JINA2 | config.json | \"alibi\" | \"relative_key\" | config: position_embedding_type",
        "MODERN | config.json | \"mean\" | \"max\" | config: classifier_pooling",
        "GEMMA | config.json | \"query_pre_attn_scalar\": 128 | \"query_pre_attn_scalar\": 64 |"
            + " config: query_pre_attn_scalar",
        "GEMMA | 2_Dense/config.json | Identity | Tanh | config: activation_function",
        "GEMMA | modules.json | 2_Dense | ../2_Dense | is not in its folder",
        "GEMMA | modules.json | 2_Dense | 4_Dense | download the model again"
      })
  void folderThatWouldGiveAnotherResult_isRefused(
      PublishedEncoder.Kind kind, String name, String here, String there, String reason)
      throws Exception {
    Path published =
        PublishedEncoder.write(file(golden(kind.shape())), folder.resolve("other"), kind);
    replace(published.resolve(name), here, there);
    ModelFormatException refused =
        assertThrows(ModelFormatException.class, () -> HuggingFaceFolder.open(published).close());
    assertTrue(refused.getMessage().contains(reason), refused.getMessage());
  }

  private static void replace(Path file, String here, String there) throws IOException {
    String text = Files.readString(file);
    assertTrue(text.contains(here), text);
    Files.writeString(file, text.replace(here, there));
  }

  /// The states of the first token and the last, what the first is projected to, and the score.
  private static float[][] results(ModelFile file, EncoderGolden golden) {
    try (ThreadTeam team = new ThreadTeam(1);
        FastExecutor executor = new FastExecutor(KernelProvider.choose().kernels(), team)) {
      Encoder encoder = build(file);
      try (KvCache cache = CpuCache.of(encoder.blocks(), StorageType.F32, PAGE_SIZE)) {
        Tensor states = run(encoder, golden.ids(), cache, executor);
        int[] firstRow = {0};
        Tensor vector = encoder.project(executor.gather(states, firstRow), executor);
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
    BlockTable table = cache.newTable(ids.length);
    return encoder.forward(Step.of(ids, 0, table, cache), executor);
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
