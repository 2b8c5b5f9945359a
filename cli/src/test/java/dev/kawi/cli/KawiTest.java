package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.home.KawiVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class KawiTest {

  @Test
  void version_isOneLineOnStdout() {
    CommandLineRun run = CommandLineRun.of("--version");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().matches("kawi \\d+\\.\\d+\\.\\d+\\R"), run.out());
    assertEquals("", run.err());
  }

  @Test
  void versionAndHelp_workAsCommands() {
    assertEquals(CommandLineRun.of("--version").out(), CommandLineRun.of("version").out());
    assertEquals(CommandLineRun.of("--help").out(), CommandLineRun.of("help").out());
    assertEquals(
        CommandLineRun.of("chat", "--help").out(), CommandLineRun.of("help", "chat").out());
    assertEquals(0, CommandLineRun.of("help", "chat").exitCode());
    CommandLineRun unknown = CommandLineRun.of("help", "caht");
    assertEquals(2, unknown.exitCode());
    assertTrue(unknown.err().contains("did you mean 'chat'?"), unknown.err());
  }

  @Test
  void commandsOfOtherPrograms_pointToWhatThereIs() {
    CommandLineRun ps = CommandLineRun.of("ps");
    assertEquals(0, ps.exitCode());
    assertTrue(ps.err().contains("kawi list"), ps.err());
    CommandLineRun serve = CommandLineRun.of("serve", "--port", "8080");
    assertEquals(2, serve.exitCode());
    assertTrue(serve.err().contains("kawi chat --json"), serve.err());
    assertTrue(CommandLineRun.of("run", "--help").out().contains("kawi chat"));
  }

  @Test
  void unknownCommand_namesTheNearestAndExitsWith2() {
    CommandLineRun run = CommandLineRun.of("ifno");
    assertEquals(2, run.exitCode());
    assertEquals("", run.out());
    assertEquals(
        "kawi: unknown command 'ifno'; did you mean 'info'? (see kawi --help)\n", run.err());
  }

  @Test
  void unknownOption_namesTheNearestAndExitsWith2() {
    CommandLineRun run = CommandLineRun.of("info", "--jsno");
    assertEquals(2, run.exitCode());
    assertEquals(
        "kawi: unknown option '--jsno'; did you mean '--json'? (see kawi info --help)\n",
        run.err());
  }

  @Test
  void noCommand_showsHelpOnStderrAndExitsWith2() {
    CommandLineRun run = CommandLineRun.of();
    assertEquals(2, run.exitCode());
    assertEquals("", run.out());
    assertTrue(run.err().contains("Examples:"), run.err());
  }

  @Test
  void everyCommandsHelp_endsInExamples() {
    everyHelpEndsInExamples(Kawi.withAllCommands(Console.ofProcess()), List.of());
  }

  private static void everyHelpEndsInExamples(CommandLine command, List<String> path) {
    for (Map.Entry<String, CommandLine> below : command.getSubcommands().entrySet()) {
      List<String> name = new ArrayList<>(path);
      name.add(below.getKey());
      everyHelpEndsInExamples(below.getValue(), name);
      List<String> line = new ArrayList<>(name);
      line.add("--help");
      CommandLineRun run = CommandLineRun.of(line.toArray(String[]::new));
      assertEquals(0, run.exitCode(), name.toString());
      List<String> lines = run.out().lines().toList();
      int examples = lines.lastIndexOf("Examples:");
      assertTrue(examples > 0, name + " has no examples: " + run.out());
      assertTrue(
          lines.subList(examples + 1, lines.size()).stream()
              .allMatch(text -> text.startsWith("  ")),
          name + " has more after its examples: " + run.out());
    }
  }

  @Test
  void info_asJson_isWhatScriptsRead() {
    CommandLineRun run = CommandLineRun.of("info", "--json");
    assertEquals(0, run.exitCode());
    JsonNode info = JsonMapper.shared().readTree(run.out());
    assertTrue(info.get("threads").asInt() >= 1, run.out());
    assertEquals(KawiVersion.number(), info.get("kawi").asString());
  }
}
