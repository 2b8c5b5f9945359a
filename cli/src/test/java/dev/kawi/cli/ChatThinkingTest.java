package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A model of random weights whose template opens the thoughts: all that it says is thought, unless
/// it is told not to think.
class ChatThinkingTest {
  private static final String TEMPLATE =
      """
      {% for m in messages %}<|im_start|>{{ m.role }}
      {{ m.content }}<|im_end|>
      {% endfor %}<|im_start|>assistant
      <think>{% if enable_thinking is false %}</think>{% endif %}\
      """;

  @TempDir private Path folder;
  private Path model = Path.of("");

  @BeforeEach
  void write() throws IOException {
    Path random = folder.resolve("random.gguf");
    model = folder.resolve("thinks.gguf");
    new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 3).write(random);
    try (GgufFile from = GgufFile.open(random)) {
      GgufWriter writer =
          new GgufWriter(
              from.metadata().toBuilder().string("tokenizer.chat_template", TEMPLATE).build());
      for (TensorInfo tensor : from.tensors()) {
        writer.add(tensor.name(), tensor.type(), tensor.shape(), from.data(tensor));
      }
      writer.write(model);
    }
  }

  private CommandLineRun chat(String typed, String... options) {
    String[] args = new String[options.length + 7];
    String[] first = {"chat", "--model", model.toString(), "-n", "8", "--temp", "0"};
    System.arraycopy(first, 0, args, 0, first.length);
    System.arraycopy(options, 0, args, first.length, options.length);
    CommandLineRun run = CommandLineRun.withInput(typed, args);
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  private JsonNode json(String... options) {
    return JsonMapper.shared().readTree(chat("", options).out());
  }

  @Test
  void json_hasThoughtsAndTextApart() {
    JsonNode thinking = json("--json", "Hello");
    assertFalse(thinking.path("reasoning").stringValue().isEmpty());
    assertEquals("", thinking.path("text").stringValue());
    JsonNode atOnce = json("--json", "--no-think", "Hello");
    assertEquals("", atOnce.path("reasoning").stringValue());
    assertFalse(atOnce.path("text").stringValue().isEmpty());
  }

  @Test
  void thoughts_goToStderr_unlessTheyAreHidden() {
    String thoughts = json("--json", "Hello").path("reasoning").stringValue();
    CommandLineRun shown = chat("", "Hello");
    assertEquals("\n", shown.out());
    assertTrue(shown.err().contains(thoughts), shown.err());
    CommandLineRun hidden = chat("", "--hide-thinking", "Hello");
    assertEquals("\n", hidden.out());
    assertFalse(hidden.err().contains(thoughts), hidden.err());
    assertFalse(json("--json", "--hide-thinking", "Hello").has("reasoning"));
  }

  @Test
  void think_canBeSwitchedWithinTheConversation_andIsSaved() throws IOException {
    Path saved = folder.resolve("chat.json");
    chat("Hello\n/think off\nAgain\n/think maybe\n/save " + saved + "\n");
    JsonNode messages = JsonMapper.shared().readTree(Files.readString(saved));
    assertFalse(messages.at("/1/reasoning_content").asString("").isEmpty());
    assertEquals("", messages.at("/1/content").stringValue());
    assertFalse(messages.at("/3").has("reasoning_content"));
    assertFalse(messages.at("/3/content").stringValue().isEmpty());
    CommandLineRun again = chat("Go on\n", "--examples", saved.toString());
    assertEquals(0, again.exitCode(), again.err());
  }

  @Test
  void thinkAndNoThink_excludeEachOther() {
    CommandLineRun run = CommandLineRun.of("chat", "--model", "x.gguf", "--think", "--no-think");
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("mutually exclusive"), run.err());
  }
}
