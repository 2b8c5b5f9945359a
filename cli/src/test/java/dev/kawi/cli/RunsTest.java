package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.run.Run;
import dev.kawi.run.RunReader;
import dev.kawi.run.RunRegistry;
import dev.kawi.run.RunRequest;
import dev.kawi.run.RunState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `kawi runs`, and commands that are runs.
class RunsTest {
  private static final String HOME = "kawi.home";

  @TempDir private Path temp;
  private @Nullable String before;

  @BeforeEach
  void ownHome() {
    before = System.getProperty(HOME);
    System.setProperty(HOME, temp.resolve("home").toString());
  }

  @AfterEach
  void usualHome() {
    if (before == null) {
      System.clearProperty(HOME);
    } else {
      System.setProperty(HOME, before);
    }
  }

  private static CommandLineRun run(String... args) {
    CommandLineRun run = CommandLineRun.of(args);
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  private static String refused(String... args) {
    CommandLineRun run = CommandLineRun.of(args);
    assertEquals(1, run.exitCode(), run.out());
    return run.err();
  }

  /// A run of the command `version` that was interrupted at a third.
  private Path interrupted() throws IOException {
    Path folder = temp.resolve("mine");
    RunRequest request = RunRequest.of("version").withArguments(List.of("version"));
    try (Run run = RunRegistry.fromEnvironment().open(folder, request)) {
      run.progress(1, 3, "steps");
      run.metric(1, Map.of("loss", 2.5));
      run.metric(2, Map.of("loss", 1.25));
      run.warning("the loss jumped");
      run.sample(2, "Hi", "Hello.\nI am Kawi.");
    }
    return folder;
  }

  @Test
  void list_isEmptyAtFirst_andThenShowsHowRunsStand() throws IOException {
    assertEquals("kawi: no runs yet\n", run("runs").err());
    assertEquals(0, JsonMapper.shared().readTree(run("runs", "--json").out()).size());
    Path folder = interrupted();
    List<String> lines = run("runs").out().lines().toList();
    assertEquals(2, lines.size());
    assertTrue(lines.get(1).matches(".*  interrupted +33 % .*"), lines.get(1));
    assertTrue(lines.get(1).endsWith(folder.toString()), lines.get(1));
    JsonNode json = JsonMapper.shared().readTree(run("runs", "--json").out()).get(0);
    assertEquals("interrupted", json.get("state").asString());
    assertEquals(3, json.get("total").asInt());
  }

  @Test
  void show_tellsWhatWasAskedAndWhatCameOut() throws IOException {
    Path folder = interrupted();
    String out = run("runs", "show", folder.toString()).out();
    assertTrue(out.contains("state      interrupted\n"), out);
    assertTrue(out.contains("progress   1 of 3 steps\n"), out);
    assertTrue(out.contains("arguments  kawi version\n"), out);
    assertTrue(out.contains("metrics    loss 1.25\n"), out);
    assertTrue(out.contains("warnings   the loss jumped\n"), out);
    JsonNode json = JsonMapper.shared().readTree(run("runs", "show", "version", "--json").out());
    assertEquals(1.25, json.get("metrics").get("loss").asDouble());
  }

  @Test
  void show_drawsTheCurves_andOverwritesNothing() throws IOException {
    interrupted();
    Path png = temp.resolve("curves.png");
    Path html = temp.resolve("curves.html");
    String[] command = {
      "runs", "show", "version", "--png", png.toString(), "--html", html.toString()
    };
    run(command);
    assertTrue(ImageIO.read(png.toFile()).getWidth() > 100);
    assertTrue(Files.readString(html).contains("\"name\":\"loss\""));
    assertTrue(refused(command).contains("is there already"));
  }

  @Test
  void log_printsEventsForPeopleAndForScripts() throws IOException {
    Path folder = interrupted();
    List<String> lines = run("runs", "log", "version", "--follow").out().lines().toList();
    assertEquals(6, lines.size());
    assertTrue(lines.get(0).matches("\\d\\d:\\d\\d:\\d\\d  running"), lines.get(0));
    assertTrue(lines.get(3).endsWith("  step 2: loss 1.2500"), lines.get(3));
    assertTrue(lines.get(5).endsWith("  step 2: Hi -> Hello.\\nI am Kawi."), lines.get(5));
    assertEquals(
        Files.readString(folder.resolve("events.jsonl")),
        run("runs", "log", "version", "--json").out());
  }

  @Test
  void cancel_endsARunThatNobodyWorksOn_once() throws IOException {
    Path folder = interrupted();
    assertTrue(run("runs", "cancel", "version").err().contains("cancelled the run version-"));
    assertEquals(RunState.CANCELLED, RunReader.of(folder).state());
    assertTrue(refused("runs", "cancel", "version").contains("has ended already: cancelled"));
    assertTrue(refused("runs", "pause", "version").contains("only a run that is running"));
  }

  @Test
  void resume_repeatsTheCommand_inItsDirectoryOnly() throws IOException {
    Path folder = interrupted();
    CommandLineRun resumed = run("runs", "resume", "version");
    assertTrue(resumed.out().startsWith("kawi "), resumed.out());
    assertTrue(resumed.err().contains("kawi: kawi version\n"), resumed.err());
    Path description = folder.resolve("run.json");
    Files.writeString(
        description,
        Files.readString(description)
            .replaceFirst("\"directory\" : \"[^\"]*\"", "\"directory\" : \"/else where\""));
    String message = refused("runs", "resume", "version");
    assertTrue(message.contains("cd '/else where' && kawi runs resume version-"), message);
  }

  @Test
  void rm_needsForceWhereNobodyCanBeAsked() throws IOException {
    Path folder = interrupted();
    assertTrue(refused("runs", "rm", "version").contains("add --force"));
    assertTrue(Files.exists(folder));
    run("runs", "rm", "version", "--force");
    assertFalse(Files.exists(folder));
    assertEquals("", run("runs").out());
  }

  @Test
  void rm_asksOnATerminal() throws IOException {
    Path folder = interrupted();
    assertTrue(answer("n\n").contains("3 files in " + folder.toRealPath()));
    assertTrue(Files.exists(folder));
    answer("y\n");
    assertFalse(Files.exists(folder));
  }

  private static String answer(String typed) {
    var err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
            new AnswerStream(new ByteArrayOutputStream()),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new Console.Terminal(true, true, true));
    Kawi.run(console, "runs", "rm", "version");
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void deletedFolder_isGone_andLeavesTheListWithoutAQuestion() throws IOException {
    Path folder = interrupted();
    Files.move(folder, temp.resolve("away"));
    assertTrue(run("runs").out().contains("  gone  "), run("runs").out());
    assertTrue(refused("runs", "show", "version").contains("takes it off the list"));
    run("runs", "rm", "version");
    assertEquals("", run("runs").out());
  }

  @Test
  void unknownRunOrSubcommand_isNamed() {
    assertTrue(refused("runs", "show", "tune").contains("there is no run tune; kawi runs lists"));
    CommandLineRun wrong = CommandLineRun.of("runs", "shwo");
    assertEquals(2, wrong.exitCode());
    assertTrue(wrong.err().contains("did you mean 'show'?"), wrong.err());
  }

  /// A command that is a run: counts, and fails at a step where it is told to.
  @Command(name = "count")
  static final class Count implements Callable<Integer> {
    private final Console console;

    @Spec private @Nullable CommandSpec spec;
    @Mixin private RunOptions options = new RunOptions();

    @Option(names = "--to")
    private int to;

    static int failAt = Integer.MAX_VALUE;

    Count(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() throws Exception {
      RunRequest request = RunRequest.of("count").withConfig(Map.of("to", to));
      return options.run(
          console,
          Objects.requireNonNull(spec),
          request,
          run -> {
            for (int i = 1; i <= to; i++) {
              if (i == failAt) {
                throw new CommandFailure("failed at " + i);
              }
              run.metric(i, Map.of("square", i * i));
              run.progress(i, to, "numbers");
            }
            return Map.of("sum", to * (to + 1) / 2);
          });
    }
  }

  private static CommandLineRun count(String... args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            new AnswerStream(out),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Console.Terminal.NONE);
    int exitCode =
        new CommandLine(new Kawi())
            .addSubcommand(new Count(console))
            .setExecutionExceptionHandler(new Failures(console, () -> false))
            .execute(args);
    console.flush();
    return new CommandLineRun(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void commandThatIsARun_goesOnByTheSameLine_andRefusesAnother() throws IOException {
    String folder = temp.resolve("counted").toString();
    Count.failAt = 3;
    CommandLineRun failed = count("count", "--to", "4", "--out", folder);
    Count.failAt = Integer.MAX_VALUE;
    assertEquals(1, failed.exitCode());
    assertTrue(failed.err().contains("beginning the run count-"), failed.err());
    assertTrue(failed.err().endsWith("kawi: failed at 3\n"), failed.err());
    CommandLineRun other = count("count", "--to", "5", "--out", folder);
    assertEquals(1, other.exitCode());
    assertTrue(other.err().contains("config.to: 4, asked 5"), other.err());
    CommandLineRun rest = count("count", "--to", "4", "--out", folder, "--json");
    assertEquals(0, rest.exitCode(), rest.err());
    assertTrue(rest.err().contains("going on with the run count-"), rest.err());
    JsonNode last = JsonMapper.shared().readTree(rest.out().lines().toList().getLast());
    assertEquals(10, last.get("summary").get("sum").asInt());
    assertEquals(RunState.DONE, RunReader.of(Path.of(folder)).state());
  }

  @Test
  void commandWithoutAFolder_getsOneInTheHome_andKeepsItForResume() throws IOException {
    assertEquals(0, count("count", "--to", "2").exitCode());
    RunReader run = RunsCommand.existing("count");
    assertTrue(run.folder().startsWith(temp.resolve("home/runs").toRealPath()));
    assertEquals(
        List.of("count", "--to", "2", "--out", run.folder().toString()),
        run.description().request().arguments());
  }
}
