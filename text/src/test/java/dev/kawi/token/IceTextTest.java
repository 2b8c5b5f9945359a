package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// The tokenizer of the first ChatGLM against its publisher's; `ice-text.json` says how its numbers
/// were made.
class IceTextTest {
  private static final JsonNode GOLDENS = Goldens.read("ice-text.json");
  private static final List<String> TEXTS = Goldens.strings(GOLDENS.path("texts"));
  private static final List<String> CONTROLS =
      List.of("[MASK]", "[gMASK]", "[sMASK]", "<unused_0>", "<sop>", "<eop>", "<ENC>", "<dBLOCK>");
  private static final int IMAGES = 20000;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int BYTE = 6;

  @TempDir private Path folder;

  static Stream<JsonNode> models() {
    return GOLDENS.path("models").valueStream();
  }

  private static JsonNode unigram() {
    return models().findFirst().orElseThrow();
  }

  // ---- files ----

  private Tokenizer today(JsonNode model) throws IOException {
    return load(model, "\"eos_token\": \"<eop>\", \"num_image_tokens\": 0");
  }

  /// As it was before images were left out.
  private Tokenizer first(JsonNode model) throws IOException {
    return load(model, "\"eos_token\": \"</s>\", \"eop_token\": \"<eop>\"");
  }

  private Tokenizer load(JsonNode model, String config) throws IOException {
    Files.write(folder.resolve("ice_text.model"), file(model, CONTROLS));
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"bos_token": "<sop>", "mask_token": "[MASK]", "pad_token": "<pad>", "unk_token": "<unk>",
         "tokenizer_class": "ChatGLMTokenizer", %s}
        """
            .formatted(config));
    return Tokenizers.load(folder);
  }

  private static byte[] file(JsonNode model, List<String> controls) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    for (JsonNode piece : model.path("pieces")) {
      piece(file, piece.get(0).stringValue(), piece.get(1).floatValue(), piece.get(2).intValue());
    }
    controls.forEach(text -> piece(file, text, 0, CONTROL));
    piece(file, "<|tab|>", 0, USER_DEFINED);
    for (int length = 2; length <= 80; length++) {
      piece(file, "<|blank_" + length + "|>", 0, USER_DEFINED);
    }
    for (int b = 0; b < 256; b++) {
      piece(file, "<0x%02X>".formatted(b), 0, BYTE);
    }
    byte algorithm = (byte) model.path("algorithm").intValue();
    // algorithm, byte fallback, and the ids of <unk>, <s>, </s>, <pad>
    byte[] trainer = {24, algorithm, -104, 2, 1, -64, 2, 0, -56, 2, 1, -48, 2, 2, -40, 2, 3};
    bytes(file, 2, trainer);
    bytes(file, 3, new byte[] {24, 1, 32, 0, 40, 1}); // a prefix, spaces as they are, escaped
    return file.toByteArray();
  }

  private static void piece(ByteArrayOutputStream file, String text, float score, int kind) {
    ByteArrayOutputStream piece = new ByteArrayOutputStream();
    bytes(piece, 1, text.getBytes(StandardCharsets.UTF_8));
    piece.write(2 << 3 | 5);
    piece.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(score).array());
    piece.write(3 << 3);
    piece.write(kind);
    bytes(file, 1, piece.toByteArray());
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
    out.write(field << 3 | 2);
    out.write(value.length);
    out.writeBytes(value);
  }

  // ---- against the publisher's ----

  @ParameterizedTest
  @MethodSource("models")
  void texts_giveTheIdsOfThePublisher(JsonNode model) throws IOException {
    List<int[]> expected = Goldens.ids(model.path("ids"));
    Tokenizer today = today(model);
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), today.encode(TEXTS.get(i)), "of \"" + TEXTS.get(i) + "\"");
    }
    Tokenizer first = first(model);
    for (int i = 0; i < expected.size(); i++) {
      int[] shifted = Arrays.stream(expected.get(i)).map(id -> id + IMAGES).toArray();
      assertArrayEquals(shifted, first.encode(TEXTS.get(i)), "of \"" + TEXTS.get(i) + "\"");
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void ids_giveTheTextsOfThePublisher(JsonNode model) throws IOException {
    Tokenizer tokenizer = today(model);
    List<int[]> ids = Goldens.ids(model.path("ids"));
    for (int i = 0; i < ids.size(); i++) {
      String expected = model.path("decoded").path(String.valueOf(i)).asString(TEXTS.get(i));
      assertEquals(expected, tokenizer.decode(ids.get(i)));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void prompts_endWithMaskAndStart(JsonNode model) throws IOException {
    Tokenizer tokenizer = today(model);
    int[] around = Goldens.ints(model.path("around"));
    int[] end = Arrays.copyOfRange(around, around.length - 2, around.length);
    int[] text = tokenizer.encode("the model");
    assertArrayEquals(
        IntStream.concat(IntStream.of(text), IntStream.of(end)).toArray(),
        tokenizer.encode("the model", EncodeOptions.PROMPT));
    assertArrayEquals(
        tokenizer.encode("the model", EncodeOptions.PROMPT),
        tokenizer.encode("the model[gMASK]<sop>", EncodeOptions.TEMPLATE));
    assertFalse(tokenizer.vocabulary().addsBos());
  }

  @ParameterizedTest
  @MethodSource("models")
  void controls_haveTheIdsOfThePublisherInEitherVersion(JsonNode model) throws IOException {
    JsonNode roles = model.path("roles");
    for (int shift : List.of(0, IMAGES)) {
      Vocabulary vocabulary = (shift == 0 ? today(model) : first(model)).vocabulary();
      int end = roles.path("<eop>").intValue() + shift;
      roles
          .properties()
          .forEach(role ->
              assertEquals(
                  OptionalInt.of(role.getValue().intValue() + shift),
                  vocabulary.id(role.getKey())));
      assertTrue(vocabulary.isEndOfGeneration(end));
      assertEquals(OptionalInt.of(roles.path("<sop>").intValue() + shift), vocabulary.bos());
    }
  }

  // ---- of its own ----

  @Test
  void messages_giveNoControlToken() throws IOException {
    Tokenizer tokenizer = today(unigram());
    for (String control : CONTROLS) {
      for (int id : tokenizer.encode("a" + control + "b")) {
        assertFalse(tokenizer.vocabulary().kind(id) == TokenKind.CONTROL, control);
      }
    }
  }

  @Test
  void imagesAreSilent() throws IOException {
    Tokenizer tokenizer = first(unigram());
    int[] word = tokenizer.encode("model");
    int[] among = IntStream.concat(IntStream.of(17, IMAGES - 1), IntStream.of(word)).toArray();
    assertEquals("model", tokenizer.decode(among));
  }

  @Test
  void tokens_knowTheBytesOfWhiteSpace() throws IOException {
    Tokenizer tokenizer = today(unigram());
    String text = "问 the\n   \tmodel";
    int end = 0;
    for (Token token : tokenizer.tokens(text, EncodeOptions.TEXT)) {
      String name = tokenizer.vocabulary().text(token.id());
      if (name.equals("<n>")) {
        assertEquals(List.of(7, 8), List.of(token.start(), token.end()));
      } else if (name.equals("<|blank_3|>")) {
        assertEquals(List.of(8, 11), List.of(token.start(), token.end()));
      } else if (name.equals("<|tab|>")) {
        assertEquals(List.of(11, 12), List.of(token.start(), token.end()));
      }
      assertTrue(token.start() >= end, name);
      end = token.end();
    }
    assertEquals(text.getBytes(StandardCharsets.UTF_8).length, end);
  }

  @Test
  void fileWithoutControls_isRefusedWithTheCure() throws IOException {
    Files.write(folder.resolve("ice_text.model"), file(unigram(), List.of()));
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> Tokenizers.load(folder));
    assertTrue(e.getMessage().contains("[gMASK]"), e.getMessage());
    assertTrue(e.getMessage().contains("take the file of today"), e.getMessage());
  }

  @Test
  void mutatedFile_isRefusedOrWorks() throws IOException {
    byte[] whole = file(unigram(), CONTROLS);
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 400; i++) {
      byte[] bytes = random.nextInt(4) == 0 ? Arrays.copyOf(whole, i * 20) : whole.clone();
      for (int change = 0; change < 3 && bytes.length > 0; change++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(folder.resolve("ice_text.model"), bytes);
      try {
        Tokenizer tokenizer = Tokenizers.load(folder);
        tokenizer.decode(tokenizer.encode("the\n  model<n> \u4F60", EncodeOptions.PROMPT));
        tokenizer.tokens("\t<|tab|>", EncodeOptions.TEXT);
      } catch (ModelFormatException e) {
        refused++;
      }
    }
    assertTrue(refused > 100, refused + " refused");
  }
}
