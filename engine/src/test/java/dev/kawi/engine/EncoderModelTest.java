package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.Embedder;
import dev.kawi.chat.Reranker;
import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Texts through a random encoder with a WordPiece tokenizer of letters.
class EncoderModelTest {
  private static final int CLS = 2;
  private static final int SEP = 3;
  private static final int FIRST_LETTER = 4;
  private static final int VOCABULARY = 320;

  @TempDir private Path folder;

  private EncoderModel load(String shape, int pooling) throws IOException {
    return EncoderModel.load(file(shape, pooling), EngineOptions.defaults());
  }

  /// The random model, with another tokenizer and pooling.
  private Path file(String shape, int pooling) throws IOException {
    Path random = folder.resolve("random.gguf");
    new RandomModel(RandomShape.named(shape), StorageType.F32, 1).write(random);
    Path file = folder.resolve(shape + pooling + ".gguf");
    try (GgufFile from = GgufFile.open(random)) {
      GgufWriter writer = new GgufWriter(metadata(from.metadata(), pooling));
      for (TensorInfo tensor : from.tensors()) {
        writer.add(tensor.name(), StorageType.F32, tensor.shape(), from.data(tensor));
      }
      writer.write(file);
    }
    return file;
  }

  private static Metadata metadata(Metadata random, int pooling) {
    List<String> tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
    for (char c = 'a'; c <= 'z'; c++) {
      tokens.add("\u2581" + c); // begins a word
    }
    for (char c = 'a'; c <= 'z'; c++) {
      tokens.add(String.valueOf(c));
    }
    while (tokens.size() < VOCABULARY) {
      tokens.add("[unused" + tokens.size() + "]");
    }
    int[] types = new int[VOCABULARY];
    for (int i = 0; i < VOCABULARY; i++) {
      types[i] = i == 1 ? 2 : i < FIRST_LETTER ? 3 : 1;
    }
    String arch = random.string("general.architecture").orElseThrow();
    return random.toBuilder()
        .u32(arch + ".pooling_type", pooling)
        .string("tokenizer.ggml.model", "bert")
        .string("tokenizer.ggml.pre", "default")
        .strings("tokenizer.ggml.tokens", tokens)
        .i32s("tokenizer.ggml.token_type", types)
        .u32("tokenizer.ggml.bos_token_id", CLS)
        .u32("tokenizer.ggml.eos_token_id", SEP)
        .u32("tokenizer.ggml.cls_token_id", CLS)
        .u32("tokenizer.ggml.seperator_token_id", SEP)
        .u32("tokenizer.ggml.unknown_token_id", 1)
        .u32("tokenizer.ggml.padding_token_id", 0)
        .bool("tokenizer.ggml.add_bos_token", true)
        .build();
  }

  @Test
  void vectors_haveLengthOneAndDoNotDependOnWhatCameBefore() throws IOException {
    try (EncoderModel model = load("encoder-bert", 1)) {
      float[] cat = model.embed("a cat");
      model.embed(
          "something much longer that fills more than one page of sixty four tokens in all");

      assertArrayEquals(cat, model.embed("a cat"));
      double squares = 0;
      for (float value : cat) {
        squares += (double) value * value;
      }
      assertEquals(1, squares, 1e-6);
      assertEquals(model.size(), cat.length);
    }
  }

  @Test
  void poolings_differ() throws IOException {
    float[][] vectors = new float[3][];
    for (int pooling = 1; pooling <= 3; pooling++) {
      try (EncoderModel model = load("encoder-bert", pooling)) {
        vectors[pooling - 1] = model.embed("a cat");
      }
    }
    assertNotEquals(vectors[0][0], vectors[1][0]);
    assertNotEquals(vectors[1][0], vectors[2][0]);
  }

  @Test
  void pair_isSeparatedAsBertDoesIt() throws IOException {
    try (EncoderModel model = load("encoder-bert-reranker", 4)) {
      int a = FIRST_LETTER;
      int b = FIRST_LETTER + 1;
      assertArrayEquals(new int[] {CLS, a, SEP, b, SEP}, model.pair("a", "b").ids());
      assertArrayEquals(new int[] {0, 0, 0, 1, 1}, model.pair("a", "b").types());
    }
  }

  @Test
  void pairWithoutSpecialTokens_isRefused() throws IOException {
    Path file = folder.resolve("plain.gguf");
    try (GgufFile from = GgufFile.open(file("encoder-bert-reranker", 4))) {
      GgufWriter writer =
          new GgufWriter(
              from.metadata().toBuilder()
                  .string("tokenizer.ggml.model", "gpt2")
                  .strings("tokenizer.ggml.merges", List.of())
                  .bool("tokenizer.ggml.add_bos_token", false)
                  .bool("tokenizer.ggml.add_eos_token", false)
                  .build());
      for (TensorInfo tensor : from.tensors()) {
        writer.add(tensor.name(), StorageType.F32, tensor.shape(), from.data(tensor));
      }
      writer.write(file);
    }
    try (EncoderModel model = EncoderModel.load(file, EngineOptions.defaults())) {
      for (String text : List.of("b", "")) {
        var refused = assertThrows(IllegalArgumentException.class, () -> model.score("a", text));
        assertTrue(refused.getMessage().contains("no token before a text"), refused.getMessage());
      }
    }
  }

  @Test
  void specialTokensInTexts_stayText() throws IOException {
    try (EncoderModel model = load("encoder-bert-reranker", 4)) {
      int[] ids = model.pair("a", "[SEP]").ids();
      assertTrue(ids.length > 5, "[SEP] is five characters or more, not one token");
    }
  }

  @Test
  void ranked_areFromTheBestToTheWorst() throws IOException {
    Path file = file("encoder-bert-reranker", 4);
    try (Reranker reranker = TextModels.reranker(file, EngineOptions.defaults())) {
      List<Reranker.Ranked> ranked = reranker.rank("what", List.of("a b", "c d", "e f"));

      assertEquals(3, ranked.size());
      for (int i = 0; i < 3; i++) {
        assertTrue(ranked.get(i).score() > 0 && ranked.get(i).score() < 1);
        assertTrue(i == 0 || ranked.get(i).score() <= ranked.get(i - 1).score());
      }
    }
  }

  @Test
  void withoutHead_pairsAreRefused() throws IOException {
    try (EncoderModel model = load("encoder-bert", 1)) {
      var refused = assertThrows(IllegalArgumentException.class, () -> model.score("a", "b"));
      assertTrue(refused.getMessage().contains("bge-reranker"), refused.getMessage());
    }
  }

  @Test
  void projections_makeTheVector() throws IOException {
    try (EncoderModel plain = load("encoder-gemma", 1);
        EncoderModel projected = load("encoder-gemma-dense", 1)) {
      float[] vector = projected.embed("a cat");

      assertEquals(projected.size(), vector.length);
      assertNotEquals(plain.embed("a cat")[0], vector[0]);
      double squares = 0;
      for (float value : vector) {
        squares += (double) value * value;
      }
      assertEquals(1, squares, 1e-6);
    }
  }

  @Test
  void promptForQueries_goesBeforeThem() throws IOException {
    Path file = file("encoder-nomic", 1);
    Path prompted = folder.resolve("prompted.gguf");
    try (GgufFile from = GgufFile.open(file)) {
      Metadata metadata =
          from.metadata().toBuilder().string(HuggingFaceFolder.PROMPT + "query", "ask ").build();
      GgufWriter writer = new GgufWriter(metadata);
      for (TensorInfo tensor : from.tensors()) {
        writer.add(tensor.name(), StorageType.F32, tensor.shape(), from.data(tensor));
      }
      writer.write(prompted);
    }
    try (EncoderModel model = EncoderModel.load(prompted, EngineOptions.defaults())) {
      assertEquals(Map.of("query", "ask "), model.prompts());
      assertArrayEquals(model.embed("ask a cat"), model.embedQuery("a cat"));
    }
  }

  @Test
  void modernBert_scoresPairs() throws IOException {
    try (EncoderModel model = load("encoder-modern-reranker", 4)) {
      double score = model.score("what", "a cat");
      assertTrue(score > 0 && score < 1);
      assertNotEquals(score, model.score("what", "a dog"));
    }
  }

  @Test
  void textLongerThanTheContextOfAModelWithoutPositions_isRefused() throws IOException {
    try (EncoderModel model = load("encoder-nomic", 1)) {
      var refused =
          assertThrows(IllegalArgumentException.class, () -> model.embed("a ".repeat(600)));
      assertTrue(refused.getMessage().contains("reads 1 to 512"), refused.getMessage());
    }
  }

  @Test
  void textLongerThanThePositions_isRefused() throws IOException {
    try (EncoderModel model = load("encoder-bert", 1)) {
      var refused =
          assertThrows(IllegalArgumentException.class, () -> model.embed("a ".repeat(600)));
      assertTrue(refused.getMessage().contains("reads 1 to 512"), refused.getMessage());
    }
  }

  @Test
  void languageModels_embedAndAnswerYesOrNo() throws IOException {
    Path file = folder.resolve("llama.gguf");
    new RandomModel(RandomShape.named("tiny-qwen3"), StorageType.F32, 1).write(file);
    try (Embedder embedder = TextModels.embedder(file, EngineOptions.defaults())) {
      assertInstanceOf(Model.class, embedder);
      assertEquals(256, embedder.embed("text").length);
    }
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> TextModels.reranker(file, EngineOptions.defaults()));
    assertTrue(refused.getMessage().contains("has no token \"yes\""), refused.getMessage());
  }
}
