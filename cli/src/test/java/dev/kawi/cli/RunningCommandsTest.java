package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What scripts rely on of the commands that run a model. The expected text is llama2.c's.
@Tag("data")
class RunningCommandsTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("kawi.data", ""), "models/stories260K");
  private static final String MODEL = FOLDER.resolve("stories260K.gguf").toString();

  @TempDir private Path temp;

  private static CommandLineRun run(String command, String... args) {
    String[] all = new String[args.length + 3];
    all[0] = command;
    all[1] = "--model";
    all[2] = MODEL;
    System.arraycopy(args, 0, all, 3, args.length);
    return CommandLineRun.of(all);
  }

  private static JsonNode json(CommandLineRun run) {
    assertEquals(0, run.exitCode(), run.err());
    return new JsonMapper().readTree(run.out());
  }

  @Test
  void generate_printsTheContinuationAndOneNewline() throws IOException {
    String expected = Files.readString(FOLDER.resolve("expected_greedy_200steps.txt"));
    CommandLineRun run = run("generate", "--temp", "0", "-n", "200");
    assertEquals(expected + "\n", run.out());
    assertEquals("", run.err());
  }

  @Test
  void generate_echoesThePromptWhenAsked() {
    String[] args = {"--prompt", "The cat", "--temp", "0", "-n", "4"};
    String without = run("generate", args).out();
    String with = run("generate", "--prompt", "The cat", "--temp", "0", "-n", "4", "--echo").out();
    assertEquals("The cat" + without, with);
  }

  @Test
  void generate_readsStdinOnlyWhenAsked() {
    String[] args = {"generate", "--model", MODEL, "--temp", "0", "-n", "4"};
    String[] fromStdin = {"generate", "--model", MODEL, "--temp", "0", "-n", "4", "--file", "-"};
    assertEquals(CommandLineRun.of(args).out(), CommandLineRun.withInput("The cat", args).out());
    assertEquals(
        run("generate", "--prompt", "The cat", "--temp", "0", "-n", "4").out(),
        CommandLineRun.withInput("The cat", fromStdin).out());
  }

  @Test
  void sameSeed_givesTheSameText() {
    String[] args = {"--prompt", "The cat", "-n", "20", "--seed", "7"};
    assertEquals(run("generate", args).out(), run("generate", args).out());
  }

  @Test
  void cacheFolder_isFilled_andChangesNoAnswer() throws IOException {
    String prompt = "Once upon a time there was a little girl who lived in a big house. ".repeat(3);
    String expected = run("generate", "--prompt", prompt, "--temp", "0", "-n", "8").out();
    String folder = temp.resolve("cache").toString();
    for (int start = 0; start < 2; start++) {
      CommandLineRun run =
          run(
              "generate",
              "--prompt",
              prompt,
              "--temp",
              "0",
              "-n",
              "8",
              "--cache-folder",
              folder,
              "--cache-folder-size",
              "100MB");
      assertEquals(expected, run.out());
      assertEquals("", run.err());
      try (Stream<Path> pages = Files.list(Path.of(folder))) {
        assertTrue(pages.count() > 1, "no pages");
      }
    }
    CommandLineRun wrong = run("generate", "--cache-folder", folder, "--cache-folder-size", "big");
    assertEquals(2, wrong.exitCode());
    assertTrue(wrong.err().contains("500MB"), wrong.err());
  }

  @Test
  void promptThatIsTooLong_isRefusedWithTheNumbers_andCutWhenAsked() {
    String prompt = "Once upon a time ".repeat(20);
    CommandLineRun refused = run("generate", "--prompt", prompt, "--ctx", "32");
    assertEquals(1, refused.exitCode());
    assertTrue(refused.err().contains("the context holds 32"), refused.err());
    CommandLineRun cut =
        run("generate", "--prompt", prompt, "--ctx", "32", "--truncate", "-n", "4");
    assertEquals(0, cut.exitCode());
    assertTrue(cut.err().contains("left out"), cut.err());
  }

  @Test
  void logits_haveTheShapeOfTheReferenceTool() throws IOException {
    Path ids = Files.writeString(temp.resolve("ids.json"), "[1, 403, 407]");
    JsonNode logits =
        json(run("logits", "--ids", ids.toString(), "--top", "5", "--greedy", "3", "--json"));
    assertEquals(3, logits.get("positions").size());
    assertEquals(5, logits.get("positions").get(0).size());
    assertEquals(403, logits.get("positions").get(0).get(0).get(0).asInt());
    assertEquals("[261,378,432]", logits.get("greedy").toString());
  }

  @Test
  void perplexity_namesItsConvention() {
    String text = FOLDER.resolve("ppl_text.txt").toString();
    JsonNode found =
        json(run("perplexity", "--file", text, "--ctx", "128", "--chunks", "2", "--json"));
    assertEquals("llama.cpp", found.get("convention").asString());
    assertEquals(126, found.get("tokens").asInt());
    assertTrue(found.get("perplexity").asDouble() > found.get("stderr").asDouble());
  }

  @Test
  void bench_printsAnArrayOfTests() {
    JsonNode rows =
        json(run("bench", "-p", "16", "-n", "4", "-t", "1", "-r", "3", "-b", "2", "--json"));
    assertEquals("pp16", rows.get(0).get("test").asString());
    assertEquals("tok/s", rows.get(1).get("unit").asString());
    for (JsonNode row : rows) {
      assertEquals(1, row.get("threads").asInt());
      assertTrue(row.get("min").asDouble() <= row.get("median").asDouble());
      assertTrue(row.get("median").asDouble() <= row.get("max").asDouble());
    }
  }

  @Test
  void bench_ofLoad_sharesThePromptOrNot() {
    JsonNode shared = json(load("shared"));
    assertEquals(4, shared.get("sequences").asInt());
    assertTrue(shared.get("cachedTokens").asInt() >= 32, shared.toString());
    assertTrue(shared.get("firstMedian").asDouble() <= shared.get("firstLast").asDouble());
    assertTrue(shared.get("firstLast").asDouble() <= shared.get("total").asDouble());
    assertEquals(0, json(load("distinct")).get("cachedTokens").asInt());
    assertEquals(2, run("bench", "-p", "0", "-b", "4", "--load", "shared").exitCode());
  }

  private CommandLineRun load(String prompts) {
    return run("bench", "-p33", "-n4", "-t1", "-r1", "-b4", "--json", "--load", prompts);
  }

  @Test
  void explain_writesAPage() throws IOException {
    Path page = temp.resolve("page.html");
    CommandLineRun run = run("explain", "Once upon", "--html", page.toString(), "--temp", "0");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(Files.readString(page).startsWith("<!DOCTYPE html>"));
    assertTrue(run("explain", "Once upon", "--temp", "0").out().contains("Text becomes tokens"));
  }

  @Test
  void fill_needsAModelThatCan() {
    CommandLineRun run = run("fill", "--prefix", "int a", "--suffix", ";");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("no fill-in-the-middle tokens"), run.err());
  }

  @Test
  void chat_answersEachPipedLine_andWarnsOfABaseModel() {
    CommandLineRun run =
        CommandLineRun.withInput(
            "Hello\nAnd you?\n", "chat", "--model", MODEL, "-n", "3", "--stop", "\\n");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(2, run.out().lines().count(), run.out());
    assertTrue(run.err().contains("base model"), run.err());
  }

  @Test
  void examples_mustBeMessages() throws IOException {
    Path file = Files.writeString(temp.resolve("few.json"), "[{\"role\":\"user\"}]");
    CommandLineRun run = run("chat", "--examples", file.toString());
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("must hold an array of"), run.err());
  }

  @Test
  void missingModel_isWrongUsage() {
    assertEquals(2, CommandLineRun.of("generate", "--prompt", "x").exitCode());
  }
}
