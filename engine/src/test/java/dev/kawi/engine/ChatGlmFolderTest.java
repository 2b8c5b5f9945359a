package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.FallbackTemplate;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.token.EncodeOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The folder of the first ChatGLM, from tokenizer and template to answer.
class ChatGlmFolderTest {
  private static final int HIDDEN = 32;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int BYTE = 6;

  @TempDir private Path folder;
  private final StringBuilder header = new StringBuilder("{");
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final SplittableRandom random = new SplittableRandom(4);
  private int pieces;

  private void linear(String name, int out, int in) {
    tensor(name + ".weight", out, in);
    tensor(name + ".bias", out);
  }

  private void tensor(String name, int... shape) {
    int count = IntStream.of(shape).reduce(1, (a, b) -> a * b);
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(name.contains("norm") ? 1 : (float) random.nextGaussian(0, 0.3));
    }
    header.append(
        "%s\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
            .formatted(
                header.length() > 1 ? "," : "",
                name,
                Arrays.toString(shape),
                data.size(),
                data.size() + 4 * count));
    data.writeBytes(bytes.array());
  }

  @BeforeEach
  void write() throws IOException {
    Files.write(folder.resolve("ice_text.model"), tokenizer());
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"num_image_tokens\": 0}");
    tensor("transformer.word_embeddings.weight", pieces, HIDDEN);
    for (int i = 0; i < 2; i++) {
      String layer = "transformer.layers." + i + ".";
      linear(layer + "input_layernorm", HIDDEN, 1);
      linear(layer + "attention.query_key_value", 3 * HIDDEN, HIDDEN);
      linear(layer + "attention.dense", HIDDEN, HIDDEN);
      linear(layer + "post_attention_layernorm", HIDDEN, 1);
      linear(layer + "mlp.dense_h_to_4h", 64, HIDDEN);
      linear(layer + "mlp.dense_4h_to_h", HIDDEN, 64);
    }
    linear("transformer.final_layernorm", HIDDEN, 1);
    tensor("lm_head.weight", pieces, HIDDEN);
    byte[] text =
        header
            .append('}')
            .toString()
            .replace("[" + HIDDEN + ", 1]", "[" + HIDDEN + "]")
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + text.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text).put(data.toByteArray());
    Files.write(folder.resolve("model.safetensors"), file.array());
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "chatglm", "hidden_size": 32, "inner_hidden_size": 64, "num_layers": 2,
         "num_attention_heads": 4, "max_sequence_length": 256, "layernorm_epsilon": 1e-5,
         "position_encoding_2d": true, "bos_token_id": 9, "eos_token_id": 10,
         "mask_token_id": 5, "gmask_token_id": 6}
        """);
  }

  /// Unigram: a few letters, controls, names of white space, all bytes.
  private byte[] tokenizer() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    piece(file, "<unk>", 0, 2);
    piece(file, "<s>", 0, CONTROL);
    piece(file, "</s>", 0, CONTROL);
    piece(file, "<pad>", 0, CONTROL);
    piece(file, "<n>", 0, USER_DEFINED);
    for (String control : new String[] {"[MASK]", "[gMASK]", "[sMASK]", "<unused_0>"}) {
      piece(file, control, 0, CONTROL);
    }
    piece(file, "<sop>", 0, CONTROL);
    piece(file, "<eop>", 0, CONTROL);
    piece(file, "\u2581", -2, 1);
    for (char c = 'a'; c <= 'z'; c++) {
      piece(file, String.valueOf(c), -3, 1);
    }
    piece(file, "<|blank_2|>", 0, USER_DEFINED);
    for (int b = 0; b < 256; b++) {
      piece(file, "<0x%02X>".formatted(b), 0, BYTE);
    }
    bytes(file, 2, new byte[] {24, 1, -104, 2, 1}); // Unigram, bytes for what is unknown
    bytes(file, 3, new byte[] {24, 1, 32, 0, 40, 1}); // a prefix, spaces as they are, escaped
    return file.toByteArray();
  }

  private void piece(ByteArrayOutputStream file, String text, float score, int kind) {
    ByteArrayOutputStream piece = new ByteArrayOutputStream();
    bytes(piece, 1, text.getBytes(StandardCharsets.UTF_8));
    piece.write(2 << 3 | 5);
    piece.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(score).array());
    piece.write(3 << 3);
    piece.write(kind);
    bytes(file, 1, piece.toByteArray());
    pieces++;
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
    out.write(field << 3 | 2);
    out.write(value.length);
    out.writeBytes(value);
  }

  @Test
  void chat_isReadUpToStartAndAnswered() throws IOException {
    try (Model model = Model.load(folder)) {
      assertEquals("chatglm1", model.config().architecture());
      assertEquals(
          "chatglm", model.chatFormat().fallback().map(FallbackTemplate::name).orElseThrow());
      ChatRequest request =
          ChatRequest.of(Message.user("hi  you\n[gMASK]<sop>"))
              .with(GenerationOptions.greedy().withMaxTokens(6));
      int[] prompt = model.encodeChat(request);
      assertArrayEquals(
          model.tokenizer().encode("hi  you\n[gMASK]<sop>", EncodeOptions.TEXT),
          Arrays.copyOf(prompt, prompt.length - 2));
      assertEquals(
          new BidirectionalSpan(prompt.length - 1, prompt.length - 2),
          model.decoder().span(prompt));
      assertEquals(model.chat(request).text(), model.chat(request).text());
    }
  }

  /// Its first space is the tokenizer's, unless something is written already.
  @Test
  void answerToAPrompt_isATextOfItsOwn() throws IOException {
    try (Model model = Model.load(folder)) {
      int[] prompt = model.encodePrompt("hello");
      assertEquals(
          new BidirectionalSpan(prompt.length - 1, prompt.length - 2),
          model.decoder().span(prompt));
      assertEquals("  ", threeSpaces(model, prompt));
      int letter = model.tokenizer().vocabulary().id("a").orElseThrow();
      int[] begun = IntStream.concat(IntStream.of(prompt), IntStream.of(letter)).toArray();
      assertEquals("   ", threeSpaces(model, begun));
    }
  }

  private static String threeSpaces(Model model, int[] prompt) {
    int space = model.tokenizer().vocabulary().id("\u2581").orElseThrow();
    SamplingOptions always = SamplingOptions.builder().logitBias(Map.of(space, 1e6f)).build();
    return model
        .generate(GenerationRequest.of(prompt).with(always).withMaxTokens(3))
        .await()
        .text();
  }
}
