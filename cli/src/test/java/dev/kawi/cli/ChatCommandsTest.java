package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What one may do in a chat beside talking.
class ChatCommandsTest {
  @TempDir private static Path folder;
  private static Path model = Path.of("");

  @BeforeAll
  static void writeModel() throws IOException {
    model = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 3).write(model);
  }

  private static CommandLineRun chat(String typed, String... more) {
    List<String> all = new ArrayList<>(List.of("chat", model.toString(), "--ignore-eos"));
    all.addAll(List.of("-n", "4", "-s", "1"));
    all.addAll(List.of(more));
    String[] args = all.toArray(String[]::new);
    CommandLineRun run = CommandLineRun.withInput(typed, args);
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  private static JsonNode saved(Path file) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(file));
  }

  @Test
  void failedSave_doesNotEndTheChat_andNothingIsOverwrittenUnasked() throws IOException {
    Path mine = Files.writeString(folder.resolve("mine.json"), "mine");
    Path other = folder.resolve("other.json");
    CommandLineRun run =
        chat(
            "Hello\n/save "
                + mine
                + "\n/save /no/such/folder/x.json\n/save "
                + folder
                + "\n/save "
                + other
                + "\n");
    assertEquals("mine", Files.readString(mine));
    assertEquals(2, saved(other).size());
    assertTrue(run.err().contains("mine.json is there already"), run.err());
    assertTrue(run.err().contains("cannot write /no/such/folder/x.json"), run.err());
    chat("Hello\n/save --force " + mine + "\n");
    assertEquals(2, saved(mine).size());
  }

  @Test
  void undo_takesBackTheLastMessageAndItsAnswer() throws IOException {
    Path file = folder.resolve("undo.json");
    CommandLineRun run = chat("/undo\nOne\nTwo\n/undo\n/save " + file + "\n");
    assertEquals(List.of("One"), texts(file, "user"));
    assertEquals(2, saved(file).size());
    assertTrue(run.err().contains("no message yet"), run.err());
  }

  private static List<String> texts(Path file, String role) throws IOException {
    return saved(file)
        .valueStream()
        .filter(m -> m.get("role").asString().equals(role))
        .map(m -> m.get("content").asString())
        .toList();
  }

  @Test
  void regenerate_answersTheSameMessageAnew() throws IOException {
    Path file = folder.resolve("again.json");
    List<String> lines = chat("One\n/regenerate\n/save " + file + "\n").out().lines().toList();
    assertEquals(List.of("One"), texts(file, "user"));
    assertTrue(lines.size() >= 2, lines.toString());
    assertNotEquals(lines.getFirst(), lines.getLast());
  }

  @Test
  void load_goesOnWithASavedConversation() throws IOException {
    Path file = folder.resolve("load.json");
    chat("One\n/save " + file + "\n", "--system", "Be kind.");
    Path longer = folder.resolve("longer.json");
    CommandLineRun run =
        chat("/load /no/file.json\n/load " + file + "\nTwo\n/save " + longer + "\n");
    assertEquals(List.of("One", "Two"), texts(longer, "user"));
    assertEquals(List.of("Be kind."), texts(longer, "system"));
    assertTrue(run.err().contains("no such file: /no/file.json"), run.err());
  }

  @Test
  void set_changesSampling_andRefusesWhatIsWrong() {
    CommandLineRun run =
        chat("/set temp 0\n/set top_k = 7\n/set\n/set top-p 3\n/set hat 1\n/set temp x\n");
    assertTrue(run.err().contains("temp               0.0\n"), run.err());
    assertTrue(run.err().contains("top-k              7\n"), run.err());
    assertTrue(run.err().contains("top-p"), run.err());
    assertTrue(run.err().contains("names are temp, top-k"), run.err());
    assertTrue(run.err().contains("/set temp needs a number, found x"), run.err());
  }

  @Test
  void bye_endsTheChat() {
    assertEquals("", chat("/bye\nHello\n").out());
    assertTrue(ChatCommands.isOne("exit") && ChatCommands.isOne(" quit "));
    assertFalse(ChatCommands.isOne("exit the room") || ChatCommands.isOne("/a\nb"));
    assertFalse(chat("exit\n").out().isEmpty(), "a pipe's lines are messages");
  }

  @Test
  void whoami_saysThatNobodyIsLoggedIn(@TempDir Path home) {
    String before = Objects.requireNonNull(System.setProperty("user.home", home.toString()));
    try {
      CommandLineRun run = CommandLineRun.of("whoami");
      assertEquals(1, run.exitCode());
      assertEquals("kawi: not logged in; kawi login HUB keeps a token\n", run.err());
      assertEquals(1, CommandLineRun.of("whoami", "github").exitCode());
    } finally {
      System.setProperty("user.home", before);
    }
  }
}
