package dev.kawi.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/// A run in a process of its own, which tests can kill, cancel and pause.
final class RunProcess {
  private RunProcess() {}

  static final RunRequest REQUEST = RunRequest.of("count").withConfig(Map.of("steps", 1_000_000));

  static Process start(Path folder) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            RunProcess.class.getName(),
            folder.toString())
        .inheritIO()
        .start();
  }

  /// Counts in the folder until it is cancelled or killed; exit code 3 if it was cancelled.
  public static void main(String[] args) throws Exception {
    try (Run run = Run.open(Path.of(args[0]), REQUEST)) {
      run.execute(() -> {
        for (long step = 0; step < 1_000_000; step++) {
          run.checkCancelled();
          run.metric(step, Map.of("loss", 1.0 / (step + 1)));
          if (step % 1000 == 0) {
            Thread.sleep(1);
          }
        }
        return Map.of();
      });
    } catch (RunCancelledException e) {
      System.exit(3);
    }
  }
}
