package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Answers that have to look like something, on the command line.
class StructureOptionsTest {
  @TempDir private Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private String model() throws IOException {
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 3).write(file);
    return file.toString();
  }

  private CommandLineRun generate(String... options) throws IOException {
    String[] args = new String[options.length + 7];
    String[] first = {"generate", "--model", model(), "-c", "512", "--prompt", "a"};
    System.arraycopy(first, 0, args, 0, first.length);
    System.arraycopy(options, 0, args, first.length, options.length);
    return CommandLineRun.of(args);
  }

  @Test
  void answers_followEachOption() throws IOException {
    Path schema = file("s.json", "{\"type\":\"integer\",\"minimum\":7,\"maximum\":9}");
    Path grammar = file("g.gbnf", "root ::= \"(\" [a-c] \")\"");
    assertTrue(generate("--json-schema", schema.toString()).out().matches("[789]\n"));
    assertTrue(generate("--grammar", grammar.toString()).out().matches("\\([a-c]\\)\n"));
    assertTrue(generate("--regex", "[xy]{3}").out().matches("[xy]{3}\n"));
    assertTrue(generate("--choice", "yes", "--choice", "no").out().matches("(yes|no)\n"));
  }

  @Test
  void json_saysWhyItEndedAndWhatItTook() throws IOException {
    JsonNode stopped = JsonMapper.shared().readTree(generate("--choice", "yes", "--json").out());
    assertEquals("yes", stopped.at("/text").asString());
    assertEquals("stop", stopped.at("/finish_reason").asString());
    assertEquals(1, stopped.at("/usage/prompt_tokens").asInt());
    assertEquals(
        stopped.at("/usage/total_tokens").asInt(),
        1 + stopped.at("/usage/completion_tokens").asInt());
    JsonNode cut =
        JsonMapper.shared().readTree(generate("--regex", "a{9}", "-n", "3", "--json").out());
    assertEquals("length", cut.at("/finish_reason").asString());
    assertEquals("aaa", cut.at("/text").asString());
  }

  @Test
  void malformedOnes_areWrongUsage_beforeAnyModelIsLoaded() throws IOException {
    Path schema = file("s.json", "{\"properties\":{\"a\":{\"not\":{}}}}");
    CommandLineRun run =
        CommandLineRun.of("generate", "--model", "none.gguf", "--json-schema", schema.toString());
    assertEquals(2, run.exitCode());
    assertTrue(
        run.err().contains("--json-schema: json schema: $.a: not: it is not supported"), run.err());
    assertEquals(2, CommandLineRun.of("chat", "-m", "none.gguf", "--regex", "(a").exitCode());
    CommandLineRun both =
        CommandLineRun.of("generate", "-m", "none.gguf", "--regex", "a", "--choice", "b");
    assertEquals(2, both.exitCode());
    assertTrue(both.err().contains("mutually exclusive"), both.err());
  }
}
