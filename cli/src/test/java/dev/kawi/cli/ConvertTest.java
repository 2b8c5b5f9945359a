package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertTest {
  @TempDir private Path temp;

  @Test
  @Tag("data")
  void llama2cCheckpoint_becomesGguf() {
    Path folder = Path.of(System.getProperty("kawi.data"), "models/stories260K");
    Path out = temp.resolve("out.gguf");
    CommandLineRun run =
        CommandLineRun.of(
            "convert",
            folder.resolve("stories260K.bin").toString(),
            "--tokenizer",
            folder.resolve("tok512.bin").toString(),
            "--out",
            out.toString());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("", run.out());
    assertTrue(
        CommandLineRun.of("inspect", out.toString()).out().contains("architecture  llama\n"));
  }

  @Test
  void unknownFormat_failsAndWritesNothing() throws IOException {
    Path in = Files.writeString(temp.resolve("notes.txt"), "not a model");
    Path out = temp.resolve("out.gguf");
    CommandLineRun run = CommandLineRun.of("convert", in.toString(), "--out", out.toString());
    assertEquals(1, run.exitCode());
    assertTrue(run.err().startsWith("kawi: convert: "), run.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void epsilonForAFormatThatSaysIt_fails() throws IOException {
    Path in = Files.writeString(temp.resolve("notes.txt"), "not a model");
    CommandLineRun run =
        CommandLineRun.of("convert", in.toString(), "--rms-eps", "1e-5", "--out", "out.gguf");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("leave out --ctx and --rms-eps"), run.err());
  }

  @Test
  void missingOut_isWrongUsage() {
    assertEquals(2, CommandLineRun.of("convert", "in.bin").exitCode());
  }
}
