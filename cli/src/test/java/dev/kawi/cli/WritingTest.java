package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What happens when answers and files cannot be written.
class WritingTest {
  @TempDir private Path temp;

  /// A stdout that fails in this way, as that of `> /dev/full` does.
  private static OutputStream failing(String reason) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        throw new IOException(reason);
      }
    };
  }

  private static CommandLineRun run(String reason, String... args) {
    var err = new ByteArrayOutputStream();
    Console console =
        new Console(
            InputStream.nullInputStream(),
            new AnswerStream(failing(reason)),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Console.Terminal.NONE);
    int exitCode = Kawi.run(console, args);
    return new CommandLineRun(exitCode, "", err.toString(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "--help", "info", "info --json", "map", "random --list"})
  void answerThatCannotBeWritten_isAnErrorInOneLine(String line) {
    CommandLineRun run = run("No space left on device", line.split(" ", -1));
    assertEquals(1, run.exitCode());
    assertEquals("kawi: cannot write the answer to stdout: No space left on device\n", run.err());
  }

  @Test
  void readerThatHasGone_endsTheCommandWithoutALine() {
    CommandLineRun run = run("Broken pipe", "map");
    assertEquals(1, run.exitCode());
    assertEquals("", run.err());
  }

  @Test
  void fileThatIsThere_isOverwrittenOnlyByForce() throws IOException {
    Path model = InspectTest.model(temp);
    Path out = Files.writeString(temp.resolve("out.gguf"), "mine");
    for (List<String> command :
        List.of(
            List.of("convert", model.toString(), "--out", out.toString()),
            List.of("random", "--out", out.toString()),
            List.of("explain", "-m", model.toString(), "Once", "--html", out.toString()),
            List.of("map", "--html", out.toString()))) {
      CommandLineRun run = CommandLineRun.of(command.toArray(String[]::new));
      assertEquals(1, run.exitCode(), command.toString());
      assertEquals(
          "kawi: " + out + " is there already; choose another name, or add --force\n", run.err());
      assertEquals("mine", Files.readString(out));
    }
  }

  @Test
  void force_overwrites() throws IOException {
    Path out = Files.writeString(temp.resolve("map.html"), "mine");
    CommandLineRun run = CommandLineRun.of("map", "qwen", "--html", out.toString(), "--force");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(Files.readString(out).startsWith("<!"));
  }

  @Test
  void fullDisk_isNamedWithTheFile() {
    IOException bare = new IOException("No space left on device");
    assertEquals(
        "cannot write page.html: No space left on device",
        NewFile.failed(Path.of("page.html"), bare).getMessage());
  }

  @Test
  void randomWithoutOut_writesNothing() {
    CommandLineRun run = CommandLineRun.of("random");
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("--out"), run.err());
    assertFalse(Files.exists(Path.of("random.gguf")));
  }
}
