package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.engine.GenerationResult;
import dev.kawi.engine.Model;
import dev.kawi.nn.Adapter;
import dev.kawi.sample.SamplingOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ChatTest {
  private static final Path MODEL =
      Path.of(System.getProperty("kawi.data", ""), "models/stories260K/stories260K.gguf");

  private static final PrintStream NOWHERE =
      new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
  private static final Console SILENT =
      new Console(
          InputStream.nullInputStream(),
          new AnswerStream(OutputStream.nullOutputStream()),
          NOWHERE,
          Console.Terminal.NONE);

  @TempDir private Path temp;

  @Test
  @Tag("data")
  void pipedLines_areAnsweredOneByOne_andSavedAsConversation() throws IOException {
    Path saved = temp.resolve("chat.json");
    CommandLineRun run = chat("Hello\nGo on\n/save " + saved + "\n", "-n", "8", "--temp", "0");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("likely a base model"), run.err());
    JsonNode messages = JsonMapper.shared().readTree(Files.readString(saved));
    assertEquals(4, messages.size());
    assertEquals("Go on", messages.at("/2/content").asString());
    String answers =
        messages.at("/1/content").asString() + "\n" + messages.at("/3/content").asString() + "\n";
    assertEquals(answers, run.out());
  }

  @Test
  @Tag("data")
  void clear_forgetsTheTurnsAndKeepsTheSystemPrompt() throws IOException {
    Path saved = temp.resolve("chat.json");
    String typed = "Hello\n/clear\nAgain\\\nand more\n/save " + saved + "\n";
    chat(typed, "-n", "2", "--system", "Be kind.");
    JsonNode messages = JsonMapper.shared().readTree(Files.readString(saved));
    assertEquals("Be kind.", messages.at("/0/content").asString());
    assertEquals("Again\nand more", messages.at("/1/content").asString());
    assertEquals(3, messages.size());
  }

  @Test
  @Tag("data")
  void tooLongMessage_isRefusedWithTheNumbers_andEndsAScript() {
    CommandLineRun run = chat("word ".repeat(300) + "\n", "--ctx", "128");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("the context holds 128"), run.err());
    assertFalse(run.err().contains("Bug"), run.err());
  }

  @Test
  @Tag("data")
  void unknownSlashCommand_namesTheNearest() {
    CommandLineRun run = chat("/claer\n/exit\nnever sent\n");
    assertTrue(run.err().contains("did you mean /clear?"), run.err());
    assertEquals("", run.out());
  }

  @Test
  @Tag("data")
  void secondTurn_computesOnlyTheNewTokens() throws IOException {
    try (Model model = Model.load(MODEL)) {
      ChatSession session =
          new ChatSession(
              SILENT,
              model,
              SamplingOptions.greedy(),
              CommandLine.populateCommand(new AnswerOptions(), "-n", "12"),
              new ThinkingOptions(),
              Adapter.NONE,
              ChatSession.Output.TEXT,
              Optional.empty(),
              List.of(),
              List.of());
      GenerationResult first = session.send("Once upon a time there was a cat.");
      GenerationResult second = session.send("And then?");
      assertEquals(0, first.cachedTokens());
      assertTrue(
          second.cachedTokens() >= first.promptTokens(),
          "known were " + second.cachedTokens() + " of " + second.promptTokens());
    }
  }

  @Test
  void quotes_makeOneMessageOfManyLines() {
    ChatInput input = lines("\"\"\"one", "two", "three\"\"\"", "next");
    assertEquals("one\ntwo\nthree", input.message().orElseThrow());
    assertEquals("next", input.message().orElseThrow());
    assertTrue(input.message().isEmpty());
  }

  private static ChatInput lines(String... lines) {
    var left = new java.util.ArrayDeque<>(List.of(lines));
    return new ChatInput() {
      @Override
      java.util.Optional<String> line(String prompt) {
        return java.util.Optional.ofNullable(left.poll());
      }
    };
  }

  private static CommandLineRun chat(String typed, String... options) {
    String[] args = new String[options.length + 3];
    System.arraycopy(options, 0, args, 3, options.length);
    args[0] = "chat";
    args[1] = "--model";
    args[2] = MODEL.toString();
    return CommandLineRun.withInput(typed, args);
  }
}
