package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The example of the README, line by line.
@Tag("data")
class ReadmeExampleTest {
  @Test
  void example_runs() throws IOException {
    Path file = Stories.folder().resolve("stories260K.gguf");
    StringBuilder out = new StringBuilder();
    try (Model model = Model.load(file)) {
      ChatRequest question =
          ChatRequest.of(
                  Message.system("You answer in one sentence."), Message.user("Who is Lily?"))
              .with(GenerationOptions.greedy().withMaxTokens(20));
      model.chat(
          question,
          event -> {
            if (event instanceof ChatEvent.Text(String piece)) out.append(piece);
          });
      float[] vector = model.embed("a little girl");
      assertEquals(64, vector.length);
    }
    assertTrue(out.length() > 0);
  }

  @Test
  void readmes_holdThisExample() throws IOException {
    String source = Files.readString(sourceFile());
    String example =
        source.substring(
            source.indexOf("    try (Model model"), source.indexOf("      assertEquals(64"));
    for (String readme : new String[] {"README.md", "README.zh.md"}) {
      String text = Files.readString(root().resolve(readme), StandardCharsets.UTF_8);
      for (String line : example.lines().map(String::strip).toList()) {
        String expected = line.replace("out.append(piece)", "System.out.print(piece)");
        assertTrue(text.contains(expected), () -> readme + " lacks the line: " + expected);
      }
    }
  }

  private static Path root() {
    return Path.of("").toAbsolutePath().resolveSibling("engine").getParent();
  }

  private static Path sourceFile() {
    return root().resolve("engine/src/test/java/dev/kawi/engine/ReadmeExampleTest.java");
  }
}
