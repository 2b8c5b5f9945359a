package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The ids of "Once upon a time" are those of llama.cpp's llama-tokenize on the same file.
@Tag("data")
class TokenizeTest {
  private static final Path MODEL =
      Path.of(System.getProperty("kawi.data", ""), "models/stories260K/stories260K.gguf");

  @TempDir private Path temp;

  @Test
  void json_isAnArrayOfIds() {
    assertEquals("[1,403,407,261,378]\n", tokenize("Once upon a time").out());
    assertEquals("[403,407,261,378]\n", tokenize("Once upon a time", "--no-bos").out());
  }

  @Test
  void textsFile_givesAnArrayForEach() throws IOException {
    Path texts = Files.writeString(temp.resolve("t.json"), "[\"Once upon\", \"\"]");
    assertEquals("[[1,403,407],[1]]\n", tokenize("--texts", texts.toString()).out());
  }

  @Test
  void controlTokens_areTextWhenAsked() {
    assertEquals("[1,2]\n", tokenize("</s>").out());
    assertTrue(tokenize("</s>", "--no-parse-special").out().length() > "[1,2]\n".length());
  }

  @Test
  void stdin_isReadWithoutText() {
    CommandLineRun run =
        CommandLineRun.withInput("Once upon", "tokenize", "-m", MODEL.toString(), "--json");
    assertEquals("[1,403,407]\n", run.out());
  }

  @Test
  void wrongJson_saysWhatIsExpected() throws IOException {
    Path texts = Files.writeString(temp.resolve("t.json"), "{\"a\": 1}");
    CommandLineRun run = tokenize("--texts", texts.toString());
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("must hold an array of strings"), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  private static CommandLineRun tokenize(String... args) {
    String[] all = new String[args.length + 4];
    System.arraycopy(
        new String[] {"tokenize", "--model", MODEL.toString(), "--json"}, 0, all, 0, 4);
    System.arraycopy(args, 0, all, 4, args.length);
    return CommandLineRun.of(all);
  }
}
