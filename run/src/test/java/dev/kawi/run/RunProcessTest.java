package dev.kawi.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.run.RunException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A run and who is around it, in two processes.
@Timeout(600)
class RunProcessTest {
  @TempDir private Path temp;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void kill() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  private Process start(Path folder) throws IOException {
    Process process = RunProcess.start(folder);
    processes.add(process);
    return process;
  }

  /// Waits until the process has reported so many more metrics; the offset behind them.
  private static long awaitMetrics(Process process, Path folder, int count)
      throws InterruptedException {
    long offset = 0;
    for (int seen = 0; seen < count; ) {
      assertTrue(process.isAlive(), "the process has ended");
      if (RunDescription.isIn(folder)) {
        EventBatch batch = RunReader.of(folder).events(offset);
        offset = batch.next();
        seen += (int) batch.events().stream().filter(Event.Metric.class::isInstance).count();
      }
      Thread.sleep(2);
    }
    return offset;
  }

  private static void awaitState(Path folder, RunState wanted)
      throws IOException, InterruptedException {
    while (RunReader.of(folder).state() != wanted) {
      Thread.sleep(5);
    }
  }

  @Test
  void killedRun_isInterrupted_andTheSameRequestGoesOnWithAllThatWasReported() throws Exception {
    Path folder = temp.resolve("run");
    for (int kill = 0; kill < 2; kill++) {
      Process process = start(folder);
      awaitMetrics(process, folder, 200);
      process.destroyForcibly().waitFor();
      assertEquals(RunState.INTERRUPTED, RunReader.of(folder).state());
    }
    RunReader reader = RunReader.of(folder);
    Series before = reader.series().get("loss");
    long offset = reader.events(0).next();
    try (Run run = Run.open(folder, RunProcess.REQUEST)) {
      assertTrue(run.isResumed());
      assertEquals(RunState.RUNNING, reader.state());
      run.metric(1_000_000, Map.of("loss", 0.0));
      run.done(Map.of("loss", 0.0));
    }
    Series after = reader.series().get("loss");
    assertEquals(before.size() + 1, after.size());
    assertTrue(offset > 0);
    assertEquals(RunState.DONE, reader.state());
    for (String line : Files.readAllLines(folder.resolve(EventLog.FILE))) {
      assertTrue(!(EventJson.parse(line) instanceof Event.Damaged), line);
    }
  }

  @Test
  void secondWriter_isRefusedWithTheProcessOfTheFirst_andLeavesNoTrace() throws Exception {
    Path folder = temp.resolve("run");
    Process process = start(folder);
    awaitMetrics(process, folder, 1);
    RunException e = assertThrows(RunException.class, () -> Run.open(folder, RunProcess.REQUEST));
    assertEquals(Reason.IN_USE, e.reason());
    assertTrue(e.getMessage().contains("process " + process.pid()), e.getMessage());
    assertEquals(RunState.RUNNING, RunReader.of(folder).state());
    awaitMetrics(process, folder, 300);
  }

  @Test
  void cancel_endsTheOtherProcessBetweenTwoSteps() throws Exception {
    Path folder = temp.resolve("run");
    Process process = start(folder);
    awaitMetrics(process, folder, 1);
    assertEquals(RunState.RUNNING, RunControl.cancel(RunReader.of(folder)));
    assertEquals(3, process.waitFor());
    assertEquals(RunState.CANCELLED, RunReader.of(folder).state());
    try (Run run = Run.open(folder, RunProcess.REQUEST)) {
      run.checkCancelled(); // what was asked of the process before is over
      run.done(Map.of());
    }
  }

  @Test
  void pause_holdsTheOtherProcess_untilItGoesOn() throws Exception {
    Path folder = temp.resolve("run");
    Process process = start(folder);
    awaitMetrics(process, folder, 1);
    RunReader reader = RunReader.of(folder);
    RunControl.pause(reader);
    awaitState(folder, RunState.PAUSED);
    long size = Files.size(folder.resolve(EventLog.FILE));
    Thread.sleep(300);
    assertEquals(size, Files.size(folder.resolve(EventLog.FILE)));
    RunControl.unpause(reader);
    awaitState(folder, RunState.RUNNING);
    RunControl.pause(reader);
    awaitState(folder, RunState.PAUSED);
    RunControl.cancel(reader);
    assertEquals(3, process.waitFor());
    assertEquals(RunState.CANCELLED, reader.state());
  }

  @Test
  void follower_seesLinesWhileTheyAreWritten_andEndsWithTheRun() throws Exception {
    Path folder = temp.resolve("run");
    Process process = start(folder);
    awaitMetrics(process, folder, 1);
    RunFollower follower = new RunFollower(RunReader.of(folder), 0);
    List<Event> seen = new ArrayList<>();
    long metrics = 0;
    for (List<Event> news = follower.next(); !news.isEmpty(); news = follower.next()) {
      if (metrics < 500) {
        metrics += news.stream().filter(Event.Metric.class::isInstance).count();
        if (metrics >= 500) {
          RunControl.cancel(RunReader.of(folder));
        }
      }
      seen.addAll(news);
    }
    assertTrue(metrics >= 500);
    Event.State last = assertInstanceOf(Event.State.class, seen.getLast());
    assertEquals(RunState.CANCELLED, last.state());
    assertEquals(Files.readAllLines(folder.resolve(EventLog.FILE)).size(), seen.size());
    process.waitFor();
  }
}
