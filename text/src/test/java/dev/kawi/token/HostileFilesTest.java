package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Broken files give a [ModelFormatException] or a tokenizer that works, and nothing else.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class HostileFilesTest {
  private static final String SAMPLE =
      "The 12 don't \u4F60\u597D </s><|user|>\n\n  end\uD83D\uDE00";

  /// Mutates and reads, and returns how many mutations were refused.
  private static int survive(byte[] file, int mutations, Function<byte[], Tokenizer> reader) {
    Random random = new Random(31);
    use(reader.apply(file));
    int refused = 0;
    for (int i = 0; i < mutations; i++) {
      try {
        use(reader.apply(mutated(file, random)));
      } catch (ModelFormatException e) {
        assertTrue(e.getMessage().startsWith("tokenizer: "), e.getMessage());
        refused++;
      }
    }
    return refused;
  }

  private static void use(Tokenizer tokenizer) {
    int[] ids = tokenizer.encode(SAMPLE, EncodeOptions.PROMPT);
    tokenizer.decode(ids, DecodeOptions.ALL);
    tokenizer.tokens(SAMPLE, EncodeOptions.TEXT);
  }

  private static byte[] mutated(byte[] file, Random random) {
    byte[] bytes = file.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes = Arrays.copyOf(bytes, 1 + at);
        case 3 -> {
          int length = Math.min(random.nextInt(12), bytes.length - at);
          System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), bytes, at, length);
        }
        default ->
            Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), (byte) random.nextInt(256));
      }
    }
    return bytes;
  }

  @Test
  void mutatedTokenizerJson_isRefusedOrWorks() {
    for (String json : List.of(BPE, LISTED_BPE, UNIGRAM, WORD_PIECE)) {
      int refused =
          survive(
              json.getBytes(StandardCharsets.UTF_8),
              2500,
              bytes ->
                  HuggingFaceTokenizer.read(
                      Json.parse(bytes, "tokenizer.json"), TokenizerConfig.NONE));
      assertTrue(refused > 100, () -> refused + " refused of " + json);
    }
  }

  @Test
  void mutatedSentencePieceModel_isRefusedOrWorks() {
    survive(sentencePiece(1), 2500, bytes -> SentencePieceFile.read(bytes, TokenizerConfig.NONE));
    survive(sentencePiece(2), 2500, bytes -> SentencePieceFile.read(bytes, TokenizerConfig.NONE));
  }

  @Test
  void mutatedRanksVocabulariesAndMerges_areRefusedOrWork() {
    survive(ranks(), 2500, bytes -> TiktokenRanks.read(bytes, TokenizerConfig.NONE));
    survive(llama2c(), 2500, Llama2cTokenizer::read);
    survive(
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n##e\na\n".getBytes(StandardCharsets.UTF_8),
        1000,
        BertVocabulary::read);
    JsonNode vocabulary =
        Json.parse("{\"t\":0,\"h\":1,\"th\":2}".getBytes(StandardCharsets.UTF_8), "vocab.json");
    survive(
        "#version: 0.2\nt h\n".getBytes(StandardCharsets.UTF_8),
        1000,
        bytes -> VocabularyAndMerges.read(vocabulary, bytes, TokenizerConfig.NONE));
  }

  @Tag("data")
  @Test
  void mutatedRealFiles_areRefusedOrWork() throws IOException {
    Path files = TestData.tokenizers();
    survive(
        Files.readAllBytes(files.resolve("hf/llama2/tokenizer.model")),
        40,
        bytes -> SentencePieceFile.read(bytes, TokenizerConfig.NONE));
    survive(
        Files.readAllBytes(files.resolve("llama2.c/tokenizer.bin")), 40, Llama2cTokenizer::read);
    survive(
        Files.readAllBytes(files.resolve("hf/llama3/tokenizer.model")),
        15,
        bytes -> TiktokenRanks.read(bytes, TokenizerConfig.NONE));
    survive(
        Files.readAllBytes(files.resolve("hf/t5-small/tokenizer.json")),
        30,
        bytes ->
            HuggingFaceTokenizer.read(Json.parse(bytes, "tokenizer.json"), TokenizerConfig.NONE));
  }

  @Test
  void mutatedTokenizerConfig_isRefusedOrWorks() {
    String json =
        """
        {"tokenizer_class": "Qwen2Tokenizer", "add_bos_token": true, "bos_token": {"content": "t"},
         "eos_token": "h", "added_tokens_decoder": {"3": {"content": "<|x|>", "special": true,
         "rstrip": true}}}
        """;
    JsonNode vocabulary =
        Json.parse("{\"t\":0,\"h\":1,\"th\":2}".getBytes(StandardCharsets.UTF_8), "vocab.json");
    survive(
        json.getBytes(StandardCharsets.UTF_8),
        2500,
        bytes ->
            VocabularyAndMerges.read(
                vocabulary,
                "t h".getBytes(StandardCharsets.UTF_8),
                TokenizerConfig.read(Json.parse(bytes, "tokenizer_config.json"))));
  }

  @Test
  void mutatedMetadata_isRefusedOrWorks() {
    List<Map<String, Object>> models = new ArrayList<>();
    models.add(TestTokenizers.byteLevelMetadata("llama-bpe"));
    JsonNode small = Goldens.read("models.json").path("models");
    small.forEach(model -> models.add(Goldens.metadata(model).asMap()));
    Random random = new Random(33);
    int refused = 0;
    for (Map<String, Object> model : models) {
      for (int i = 0; i < 500; i++) {
        Map<String, Object> changed = new LinkedHashMap<>(model);
        List<String> keys = List.copyOf(model.keySet());
        String key = keys.get(random.nextInt(keys.size()));
        Object value = mutatedValue(changed.get(key), random);
        if (value instanceof String s && s.isEmpty()) {
          changed.remove(key);
        } else {
          changed.put(key, value);
        }
        try {
          use(Tokenizers.from(new Metadata(changed)));
        } catch (ModelFormatException e) {
          refused++;
        }
      }
    }
    assertTrue(refused > 100, refused + " refused");
  }

  private static Object mutatedValue(Object value, Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> "";
      case 1 -> random.nextLong();
      case 2 -> List.of("a", "b c", "");
      case 3 -> new int[] {random.nextInt(10)};
      default ->
          switch (value) {
            case int[] ints -> {
              int[] copy = Arrays.copyOf(ints, random.nextInt(ints.length + 2));
              if (copy.length > 0) {
                copy[random.nextInt(copy.length)] = random.nextInt(12) - 3;
              }
              yield copy;
            }
            case float[] floats -> {
              float[] copy = floats.clone();
              copy[random.nextInt(copy.length)] = random.nextBoolean() ? Float.NaN : 1e30f;
              yield copy;
            }
            case List<?> list -> {
              List<Object> copy = new ArrayList<>(list);
              copy.set(
                  random.nextInt(copy.size()),
                  random.nextBoolean() ? "" : copy.get(random.nextInt(copy.size())));
              yield copy.subList(0, 1 + random.nextInt(copy.size()));
            }
            default -> -1L;
          };
    };
  }

  @Test
  void expressionThatTakesForever_isStopped() {
    Tokenizer tokenizer = splitBy("(a+)+b");
    assertEquals(2, tokenizer.encode("th aab th").length);
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> tokenizer.encode("a".repeat(60)));
    assertEquals(
        "tokenizer: the expression (a+)+b takes too long on a text of 60 characters",
        e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a)\\\\1",
        "(?<=a+)b",
        "(a*)*",
        "[[:alpha:]]",
        "\\\\p{Nothing}",
        "(?i:ss)",
        "a)",
        "["
      })
  void expressionThatIsNotUnderstood_isRefused(String expression) {
    Exception e = assertThrows(ModelFormatException.class, () -> splitBy(expression));
    assertTrue(e.getMessage().contains("is not supported in the expression"), e.getMessage());
  }

  private static Tokenizer splitBy(String expression) {
    String json = BPE.replace("\\\\p{N}", expression);
    return HuggingFaceTokenizer.read(
        Json.parse(json.getBytes(StandardCharsets.UTF_8), "tokenizer.json"), TokenizerConfig.NONE);
  }

  @Test
  void idsFarAboveTheNumberOfTokens_areRefused() {
    String json = BPE.replace("\"th\": 2", "\"th\": 2000000000");
    Exception e =
        assertThrows(
            ModelFormatException.class,
            () ->
                HuggingFaceTokenizer.read(
                    Json.parse(json.getBytes(StandardCharsets.UTF_8), "tokenizer.json"),
                    TokenizerConfig.NONE));
    assertEquals(
        "tokenizer: ids of 7 tokens must be below 65550, found 2000000000", e.getMessage());
  }

  private static byte[] sentencePiece(int algorithm) {
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    String[] texts = {"<unk>", "<s>", "</s>", "<0x41>", "\u2581the", "t", "h", "th", "\u2581"};
    int[] types = {2, 3, 3, 6, 1, 1, 1, 1, 1};
    for (int i = 0; i < texts.length; i++) {
      ByteArrayOutputStream piece = new ByteArrayOutputStream();
      bytesField(piece, 1, texts[i].getBytes(StandardCharsets.UTF_8));
      piece.write(2 << 3 | 5);
      piece.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(-i).array());
      piece.write(3 << 3);
      piece.write(types[i]);
      bytesField(model, 1, piece.toByteArray());
    }
    bytesField(model, 2, new byte[] {3 << 3, (byte) algorithm});
    byte[] charsmap = {4, 0, 0, 0, 0, 0, 0, 0, 'x', 0};
    ByteArrayOutputStream normalizer = new ByteArrayOutputStream();
    bytesField(normalizer, 2, charsmap);
    bytesField(model, 3, normalizer.toByteArray());
    return model.toByteArray();
  }

  private static void bytesField(ByteArrayOutputStream out, int field, byte[] value) {
    out.write(field << 3 | 2);
    out.write(value.length);
    out.writeBytes(value);
  }

  private static byte[] ranks() {
    StringBuilder ranks = new StringBuilder();
    for (int b = 0; b < 256; b++) {
      ranks
          .append(Base64.getEncoder().encodeToString(new byte[] {(byte) b}))
          .append(' ')
          .append(b)
          .append('\n');
    }
    return ranks.append("dGg= 256\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] llama2c() {
    ByteBuffer file = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN).putInt(10);
    for (String text : List.of("<unk>", "\n<s>\n", "\n</s>\n", "<0x00>", " ", "t", "h", "th")) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      file.putFloat(-file.position()).putInt(bytes.length).put(bytes);
    }
    return Arrays.copyOf(file.array(), file.position());
  }

  private static final String BPE =
      """
      {"added_tokens": [{"id": 6, "content": "<|user|>", "special": true, "lstrip": false,
       "rstrip": true}],
       "normalizer": {"type": "NFC"},
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split",
        "pattern": {"Regex": "\\\\p{N}"}, "behavior": "Isolated", "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}]},
       "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>",
        "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}}},
       "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "unk_token": null, "ignore_merges": true,
        "vocab": {"t": 0, "h": 1, "th": 2, "<s>": 3, "e": 4, "the": 5},
        "merges": ["t h", ["th", "e"]]}}
      """;

  private static final String LISTED_BPE =
      """
      {"added_tokens": [{"id": 0, "content": "<unk>", "special": true}],
       "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
       "pre_tokenizer": null,
       "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
        "vocab": {"<unk>": 0, "<0x41>": 1, "\u2581": 2, "t": 3, "\u2581t": 4},
        "merges": ["\u2581 t"]}}
      """;

  private static final String UNIGRAM =
      """
      {"added_tokens": [{"id": 0, "content": "<unk>", "special": true}],
       "normalizer": {"type": "Precompiled", "precompiled_charsmap": "BAAAAAAAAAB4AA=="},
       "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
        {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": true}]},
       "model": {"unk_id": 0, "vocab": [["<unk>", 0], ["\u2581", -2.5], ["t", -3], ["\u2581t", -4]]}}
      """;

  private static final String WORD_PIECE =
      """
      {"normalizer": {"type": "BertNormalizer", "clean_text": true, "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "th": 1, "##e": 2}}}
      """;
}
