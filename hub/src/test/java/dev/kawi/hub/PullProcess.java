package dev.kawi.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A pull in a process of its own, which tests can kill; and the settings of tests.
final class PullProcess {
  private PullProcess() {}

  /// Small chunks, short waits, everything under one folder.
  static HubSettings settings(URI endpoint, Path root) {
    return new HubSettings(
        List.of(Hub.MODEL_SCOPE, Hub.HUGGING_FACE),
        Map.of(Hub.MODEL_SCOPE, endpoint, Hub.HUGGING_FACE, endpoint),
        Map.of(Hub.MODEL_SCOPE, root.resolve("ms"), Hub.HUGGING_FACE, root.resolve("hf")),
        Map.of(),
        Map.of(),
        false,
        Optional.empty(),
        List.of(),
        Optional.empty(),
        4096,
        4,
        Duration.ofMillis(5),
        Duration.ofMinutes(1),
        Duration.ofSeconds(3));
  }

  static Process start(URI endpoint, Path root, String reference) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            PullProcess.class.getName(),
            endpoint.toString(),
            root.toString(),
            reference)
        .inheritIO()
        .start();
  }

  /// Pulls: endpoint, root, reference.
  public static void main(String[] args) throws IOException {
    try (ModelHub hub = new ModelHub(settings(URI.create(args[0]), Path.of(args[1])))) {
      hub.pull(ModelReference.parse(args[2]), TransferListener.NONE);
    }
  }
}
