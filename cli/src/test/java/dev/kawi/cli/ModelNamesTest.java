package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.explain.Language;
import dev.kawi.hub.HubSettings;
import dev.kawi.hub.ModelHub;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What may stand in place of a model's file, and what is said where there is none.
class ModelNamesTest {
  private static final Texts ENGLISH = Texts.of(Language.ENGLISH);

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private Console console(String typed, Console.Terminal terminal) {
    return new Console(
        new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
        new AnswerStream(new ByteArrayOutputStream()),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        terminal);
  }

  private String said() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource({
    "qwen3:0.6b, hf.co/unsloth/Qwen3-0.6B-GGUF",
    "qwen3:0.6b-q8_0, hf.co/unsloth/Qwen3-0.6B-GGUF:q8_0",
    "gemma3:1b, hf.co/ggml-org/gemma-3-1b-it-GGUF",
    "a/b:Q4_0, a/b:Q4_0",
  })
  void shortName_isAReference_andItIsSaidToWhich(String name, String reference) throws IOException {
    try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
      Console console = console("", Console.Terminal.NONE);
      assertEquals(reference, ModelNames.reference(console, hub, name).toString());
    }
    assertEquals(!name.contains("/"), said().contains(name + " is "), said());
  }

  @Test
  void unknownName_suggestsTheNearest() {
    CommandLineRun run = CommandLineRun.of("pull", "qwem3");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("did you mean 'qwen3'?"), run.err());
    assertEquals(
        "kawi: no such file: model.gguf\n", CommandLineRun.of("inspect", "model.gguf").err());
  }

  @Test
  void firstWord_isTheModelAndTheSecondTheText(@TempDir Path folder) throws IOException {
    Path model = InspectTest.model(folder);
    for (String command : new String[] {"chat", "run", "generate"}) {
      CommandLineRun run = CommandLineRun.of(command, model.toString(), "Once upon");
      assertEquals(1, run.exitCode());
      assertFalse(run.err().contains("unknown argument"), run.err());
      assertTrue(run.err().contains("tokenizer") || run.err().contains("gguf"), run.err());
      CommandLineRun missing = CommandLineRun.of(command, "missing.gguf", "Once upon");
      assertEquals("kawi: no such file: missing.gguf\n", missing.err());
    }
    assertEquals(2, CommandLineRun.of("generate", "Once upon a time").exitCode());
    assertEquals(2, CommandLineRun.of("generate", model.toString(), "a", "-p", "b").exitCode());
  }

  private static <T> T inHome(Path home, java.util.concurrent.Callable<T> task) throws Exception {
    String before = Objects.requireNonNull(System.setProperty("user.home", home.toString()));
    try {
      return task.call();
    } finally {
      System.setProperty("user.home", before);
    }
  }

  @Test
  void chatWithoutAModel_printsTheCommandInAPipe(@TempDir Path home) throws Exception {
    CommandLineRun run = inHome(home, () -> CommandLineRun.of("chat"));
    assertEquals(2, run.exitCode());
    assertEquals("", run.out());
    assertTrue(run.err().lines().anyMatch(l -> l.matches("  kawi chat \\S+/\\S+:\\S+")), run.err());
    assertTrue(run.err().contains("kawi recommend"), run.err());
  }

  @Test
  void chatWithoutAModel_asksOnATerminal(@TempDir Path home) throws Exception {
    Console.Terminal terminal = new Console.Terminal(true, true, true);
    Optional<String> agreed =
        inHome(home, () -> new FirstModel(console("\nmore", terminal), ENGLISH).propose());
    assertTrue(agreed.orElseThrow().matches("\\S+/\\S+:\\S+"), agreed.toString());
    assertTrue(said().contains("pull it and talk with it? [Y/n]"), said());
    assertEquals(
        Optional.empty(),
        inHome(home, () -> new FirstModel(console("n\n", terminal), ENGLISH).propose()));
  }

  @Test
  void chatWithoutAModel_namesThoseThatAreHere(@TempDir Path home) throws Exception {
    Path folder = home.resolve(".cache/modelscope/hub/models/org/small-GGUF");
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("small-Q4_K_M.gguf"), "GGUF");
    Files.writeString(folder.resolve("small-q8_0.gguf"), "GGUF!");
    CommandLineRun run = inHome(home, () -> CommandLineRun.of("chat"));
    assertTrue(run.err().contains("  kawi chat org/small-GGUF:Q4_K_M\n"), run.err());
    String list = inHome(home, () -> CommandLineRun.of("list")).out();
    assertTrue(
        list.matches("(?s)MODEL.*org/small-GGUF +Q4_K_M +4 bytes +20\\d\\d-\\d\\d-\\d\\d .*"),
        list);
    assertEquals(inHome(home, () -> CommandLineRun.of("models", "--local")).out(), list);

    assertEquals(
        0, inHome(home, () -> CommandLineRun.of("rm", "org/small-GGUF:Q4_K_M")).exitCode());
    assertFalse(Files.exists(folder.resolve("small-Q4_K_M.gguf")));
    assertTrue(Files.exists(folder.resolve("small-q8_0.gguf")));
    Console asked = console("\n", new Console.Terminal(true, true, true));
    assertEquals(1, inHome(home, () -> Kawi.run(asked, "rm", "org/small-GGUF")).intValue());
    assertTrue(said().contains("delete org/small-GGUF (1 files, 5 bytes)? [y/N]"), said());
    assertTrue(Files.exists(folder.resolve("small-q8_0.gguf")));
  }
}
