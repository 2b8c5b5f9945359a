package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The commands over the catalogue, which need no net.
class HubCommandsTest {
  private static CommandLineRun run(String... args) {
    CommandLineRun run = CommandLineRun.of(args);
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  @Test
  void models_listsFamiliesAndSaysHowMany() {
    CommandLineRun run = run("models");
    assertTrue(run.out().lines().count() > 150);
    assertTrue(run.err().contains("families"), run.err());
  }

  @Test
  void models_isFilteredByAllThatIsAsked() {
    List<String> lines =
        run("models", "--family", "qwen", "--kind", "code", "--fits", "2GB").out().lines().toList();
    assertTrue(lines.size() > 2, lines.toString());
    for (String line : lines.subList(1, lines.size())) {
      assertTrue(line.contains("Qwen") && line.contains(" code "), line);
      assertTrue(line.contains(" 0.5B ") || line.contains(" 1.5B "), line);
      assertTrue(line.contains(" yes "), line);
    }
  }

  @Test
  void models_asJsonIsTheCatalogue() {
    assertTrue(run("models", "--json").out().contains("\"families\""));
    assertTrue(run("models", "bge-m3", "--json").out().contains("BAAI/bge-m3"));
    assertTrue(run("models", "--data-sets").out().contains("SkyPile-150B"));
  }

  @Test
  void wrongFilter_isWrongUsage() {
    assertEquals(2, CommandLineRun.of("models", "--kind", "poet").exitCode());
    CommandLineRun size = CommandLineRun.of("models", "--fits", "much");
    assertEquals(2, size.exitCode());
    assertTrue(size.err().contains("expected a size such as 8GB"), size.err());
  }

  @Test
  void show_tellsWhatTheCatalogueKnowsAndSuggestsTheNearestName() {
    String out = run("show", "Qwen2.5-0.5B-Instruct").out();
    assertTrue(out.contains("tuned from     Qwen2.5-0.5B"), out);
    CommandLineRun wrong = CommandLineRun.of("show", "Qwen2.5-0.5B-Instuct");
    assertEquals(1, wrong.exitCode());
    assertTrue(wrong.err().contains("did you mean 'Qwen2.5-0.5B-Instruct'?"), wrong.err());
  }

  @Test
  void map_drawsWhatWasTunedFromWhat() {
    String out = run("map", "deepseek").out();
    assertTrue(out.contains("CodeFuse-DeepSeek-33B (Ant Group)"), out);
    assertTrue(run("map").out().startsWith("GLM"));
    assertEquals(1, CommandLineRun.of("map", "nothing").exitCode());
  }

  @Test
  void groupAfterTheOptionForThePage_isTheGroup() throws IOException {
    Path page = Path.of("kawi-map.html");
    try {
      assertTrue(run("map", "--html", "deepseek").err().contains("written: " + page));
      assertTrue(Files.readString(page).contains("DeepSeek-V3"));
      assertTrue(!Files.readString(page).contains("OpenBuddy"));
    } finally {
      Files.deleteIfExists(page);
    }
  }

  @Test
  void modelThatIsNotHere_isNotPulledToLookIntoIt() {
    CommandLineRun run = CommandLineRun.of("inspect", "nobody/nothing-GGUF:Q4_0");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("kawi pull nobody/nothing-GGUF:Q4_0 gets it"), run.err());
  }

  @Test
  void recommendations_fitTheMemory() {
    String out = run("recommend", "--memory", "2GB").out();
    assertTrue(out.contains("Qwen2.5-"), out);
    assertTrue(out.lines().noneMatch(line -> line.contains("-7B-")), out);
  }

  @Test
  void recommendations_sayWhetherTheFileWasChecked() {
    List<String> lines = run("recommend", "--memory", "64GB").out().lines().skip(1).toList();
    assertTrue(lines.stream().anyMatch(line -> line.endsWith("listed 2026-08-23")), "" + lines);
    assertTrue(lines.stream().anyMatch(line -> line.endsWith("not checked")), "" + lines);
  }

  @Test
  void families_beginWithThoseThatRunHere() {
    List<String> lines = run("models").out().lines().skip(1).toList();
    int last = 0;
    int first = lines.size();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).matches(".*\\S {2,}yes {2,}.*")) {
        last = i;
      } else {
        assertTrue(lines.get(i).matches(".*\\S {2,}no {2,}.*"), lines.get(i));
        first = Math.min(first, i);
      }
    }
    assertTrue(last > 100 && first == last + 1, first + " " + last);
  }

  private static void manifest(Path file, String digest, long size) throws IOException {
    Files.writeString(
        file,
        "{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":\"sha256:%s\",\"size\":%d}]}"
            .formatted(digest, size));
  }

  @Test
  void modelOfOllama_isFoundInItsStoreAndLeftThere(@TempDir Path home) throws IOException {
    String digest = "0123456789abcdef".repeat(4);
    Path store = home.resolve(".ollama").resolve("models");
    Path manifest = store.resolve("manifests/registry.ollama.ai/library/tiny/1b");
    Path blob = store.resolve("blobs").resolve("sha256-" + digest);
    Files.createDirectories(manifest.getParent());
    Files.createDirectories(blob.getParent());
    Files.writeString(blob, "GGUF");
    manifest(manifest, digest, 4);
    String before = Objects.requireNonNull(System.setProperty("user.home", home.toString()));
    try {
      assertTrue(run("models", "--local").out().contains("ollama:tiny:1b"));
      assertTrue(run("models", "--local", "--json").out().contains(blob.toString()));
      assertEquals(blob + System.lineSeparator(), run("pull", "ollama:tiny:1b").out());
      Files.copy(InspectTest.model(home), blob, StandardCopyOption.REPLACE_EXISTING);
      manifest(manifest, digest, Files.size(blob));
      assertTrue(run("inspect", "ollama:tiny:1b").out().contains("architecture  llama"));
      assertTrue(run("show", "ollama:tiny:1b").out().contains("architecture   llama"));
      String error = CommandLineRun.of("generate", "-m", "ollama:tiny:1b", "-p", "Hello").err();
      assertTrue(error.contains(blob.toString()), error);
      error = CommandLineRun.of("rm", "ollama:tiny:1b").err();
      assertTrue(error.contains("leaves Ollama's store alone"), error);
    } finally {
      System.setProperty("user.home", before);
    }
    assertTrue(Files.exists(blob) && Files.exists(manifest));
  }

  private static String file(String name) throws IOException {
    Path root = Path.of(Objects.requireNonNull(System.getProperty("kawi.root")));
    return Files.readString(root.resolve(name));
  }

  @Test
  void familyTableOfTheDocumentation_isThatOfTheCatalogue() throws IOException {
    String models = file("docs/models.md");
    String table =
        models.substring(
            models.indexOf("<!-- families -->") + "<!-- families -->\n".length(),
            models.indexOf("<!-- /families -->"));
    assertEquals(
        run("models", "--markdown").out(),
        table,
        "docs/models.md: put the output of kawi models --markdown between the marks");
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "README.zh.md"})
  void readme_hasItsPartsInOrder_andEveryCommand(String name) throws IOException {
    String readme = file(name);
    List<String> parts =
        List.of(
            "docs/terminal.svg",
            "./kawi chat ",
            "./kawi recommend",
            "`kawi explain`",
            "AVX-512",
            "AVX2",
            "Model.load(",
            "| `tensor` |");
    int at = 0;
    for (String part : parts) {
      int found = readme.indexOf(part, at);
      assertTrue(found >= 0, name + ": " + part + " is missing, or before what it comes after");
      at = found;
    }
    Kawi.withAllCommands(Console.ofProcess())
        .getSubcommands()
        .forEach((command, line) -> {
          boolean shown = !line.getCommandSpec().usageMessage().hidden();
          boolean usual = List.of("run", "ls", "version", "help").contains(command);
          assertTrue(!shown || usual || readme.contains("kawi " + command), name + ": " + command);
        });
    assertTrue(readme.lines().count() < 130, name + " has become long");
  }
}
