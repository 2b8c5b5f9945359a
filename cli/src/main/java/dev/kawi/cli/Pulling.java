package dev.kawi.cli;

import dev.kawi.hub.HubSettings;
import dev.kawi.hub.ModelHub;
import dev.kawi.hub.ModelReference;
import dev.kawi.hub.OllamaStore;
import dev.kawi.hub.RemoteRepository;
import dev.kawi.hub.TransferListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// Pulls models before a person's eyes: what comes from where, how fast, how long it still takes.
final class Pulling implements TransferListener, AutoCloseable {
  private final Console console;
  private final AtomicLong received = new AtomicLong();
  private final AtomicLong fresh = new AtomicLong();
  private Optional<Progress> bar = Optional.empty();
  private long start = System.nanoTime();
  private long total;

  private Pulling(Console console) {
    this.console = console;
  }

  /// Pulls what a reference means; where it is on disk.
  static Path pull(Console console, ModelHub hub, ModelReference reference) throws IOException {
    try (Pulling pulling = new Pulling(console)) {
      return hub.pull(reference, pulling);
    }
  }

  /// The model file that a person names: a model of Ollama, a path, a short name of the catalogue
  /// or a reference, which is pulled if it is not here.
  static Path file(Console console, String model) throws IOException {
    if (OllamaStore.isReference(model)) {
      return OllamaStore.fromEnvironment().find(model);
    }
    if (ModelNames.isFile(model)) {
      return Path.of(model);
    }
    try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
      ModelReference reference = ModelNames.reference(console, hub, model);
      Optional<Path> here = hub.find(reference);
      return here.isPresent() ? here.get() : pull(console, hub, reference);
    }
  }

  /// The model file that a person names, which must be on this machine.
  static Path local(Console console, String model) throws IOException {
    if (OllamaStore.isReference(model)) {
      return OllamaStore.fromEnvironment().find(model);
    }
    if (ModelNames.isFile(model)) {
      return Path.of(model);
    }
    try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
      ModelReference reference = ModelNames.reference(console, hub, model);
      return hub.find(reference)
          .orElseThrow(() ->
              new CommandFailure(
                  "%s is neither a file nor a model that is here; kawi pull %s gets it, kawi show %s lists what it has"
                      .formatted(model, reference, reference)));
    }
  }

  @Override
  public void begins(RemoteRepository repository, long bytes) {
    console.say(
        "pulling %s from %s, %s"
            .formatted(repository.id(), repository.hub().title(), Sizes.bytes(bytes)));
    total = bytes;
    start = System.nanoTime();
    bar = Optional.of(new Progress(console, "pulling"));
  }

  @Override
  public void received(long bytes, boolean earlier) {
    long now = received.addAndGet(bytes);
    long news = earlier ? fresh.get() : fresh.addAndGet(bytes);
    if (!earlier) {
      show(now, news);
    }
  }

  private synchronized void show(long now, long news) {
    double seconds = Math.max(1e-3, (System.nanoTime() - start) / 1e9);
    double speed = news / seconds;
    double left = (total - now) / Math.max(1, speed);
    String detail =
        String.format(Locale.ROOT, "%.1f MB/s, %s left", speed / 1e6, Progress.duration(left));
    bar.ifPresent(progress -> progress.update((double) now / Math.max(1, total), detail));
  }

  @Override
  public void lost(long bytes) {
    received.addAndGet(-bytes);
  }

  @Override
  public synchronized void note(String text) {
    bar.ifPresent(Progress::close);
    console.say(text);
  }

  @Override
  public void close() {
    bar.ifPresent(Progress::close);
  }
}
