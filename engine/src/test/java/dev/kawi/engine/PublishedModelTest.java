package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import dev.kawi.gguf.ModelFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A folder as publishers ship it, from tokenizer to answer.
class PublishedModelTest {
  private static final int HIDDEN = 32;

  @TempDir private Path folder;
  private final StringBuilder header = new StringBuilder("{");
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final SplittableRandom random = new SplittableRandom(4);

  private void tensor(String name, int... shape) {
    int count = 1;
    StringBuilder sizes = new StringBuilder();
    for (int size : shape) {
      count *= size;
      sizes.append(sizes.isEmpty() ? "" : ",").append(size);
    }
    ByteBuffer bytes = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(shape.length == 1 ? 1 : (float) random.nextGaussian(0, 0.3));
    }
    header.append(
        "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
            .formatted(
                header.length() > 1 ? "," : "", name, sizes, data.size(), data.size() + 4 * count));
    data.writeBytes(bytes.array());
  }

  private void write() throws IOException {
    int vocab = 256;
    tensor("model.embed_tokens.weight", vocab, HIDDEN);
    String layer = "model.layers.0.";
    tensor(layer + "input_layernorm.weight", HIDDEN);
    tensor(layer + "self_attn.q_proj.weight", HIDDEN, HIDDEN);
    tensor(layer + "self_attn.k_proj.weight", HIDDEN / 2, HIDDEN);
    tensor(layer + "self_attn.v_proj.weight", HIDDEN / 2, HIDDEN);
    tensor(layer + "self_attn.o_proj.weight", HIDDEN, HIDDEN);
    tensor(layer + "post_attention_layernorm.weight", HIDDEN);
    tensor(layer + "mlp.gate_proj.weight", 64, HIDDEN);
    tensor(layer + "mlp.up_proj.weight", 64, HIDDEN);
    tensor(layer + "mlp.down_proj.weight", HIDDEN, 64);
    tensor("model.norm.weight", HIDDEN);
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + text.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text).put(data.toByteArray());
    Files.write(folder.resolve("model.safetensors"), file.array());
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "llama", "hidden_size": 32, "intermediate_size": 64,
         "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2,
         "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "tie_word_embeddings": true,
         "hidden_act": "silu",
         "rope_parameters": {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0,
           "low_freq_factor": 1.0, "high_freq_factor": 4.0,
           "original_max_position_embeddings": 128}}
        """);
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer());
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        """
        {"chat_template": "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"}
        """);
  }

  /// Byte-level BPE without merges: a token a byte.
  private static String tokenizer() {
    StringBuilder vocab = new StringBuilder();
    int shifted = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      int c = printable ? b : shifted++;
      vocab.append("%s\"\\u%04x\":%d".formatted(b == 0 ? "" : ",", c, b));
    }
    return """
    {"version": "1.0", "added_tokens": [], "normalizer": null,
     "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
     "decoder": {"type": "ByteLevel"},
     "model": {"type": "BPE", "vocab": {%s}, "merges": []}}
    """
        .formatted(vocab);
  }

  @Test
  void folder_isLoadedWithItsTokenizerAndItsTemplate() throws IOException {
    write();
    try (Model model = Model.load(folder)) {
      assertEquals("llama", model.config().architecture());
      assertEquals(3, model.encodePrompt("abc").length);
      assertTrue(model.chatFormat().templateSource().orElseThrow().contains("<assistant>"));
      ChatRequest request =
          ChatRequest.of(Message.user("hi")).with(GenerationOptions.greedy().withMaxTokens(5));
      assertEquals("<user>hi<assistant>".length(), model.encodeChat(request).length);
      assertEquals(model.chat(request).text(), model.chat(request).text());
      assertEquals(5, model.chat(request).usage().newTokens());
    }
  }

  /// Adds a token for which the model has no row.
  private void addToken(String special) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    String added =
        "\"added_tokens\": [{\"id\": 256, \"content\": \"<image>\", \"special\": %s}]"
            .formatted(special);
    Files.writeString(file, tokenizer().replace("\"added_tokens\": []", added));
  }

  @Test
  void controlTokenThatTheModelDoesNotKnow_isNoTokenOfATextAndDoesNoHarm() throws IOException {
    write();
    addToken("true");
    try (Model model = Model.load(folder)) {
      ChatRequest request =
          ChatRequest.of(Message.user("<image>")).with(GenerationOptions.greedy().withMaxTokens(5));
      assertEquals("<user><image><assistant>".length(), model.encodeChat(request).length);
      assertEquals(5, model.chat(request).usage().newTokens());
    }
  }

  @Test
  void tokenOfTextsThatTheModelDoesNotKnow_isRefused() throws IOException {
    write();
    addToken("false");
    ModelFormatException refused =
        assertThrows(ModelFormatException.class, () -> Model.load(folder).close());
    assertTrue(refused.getMessage().contains("has 257 tokens, the model 256"));
  }
}
