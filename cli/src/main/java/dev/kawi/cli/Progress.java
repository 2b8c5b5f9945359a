package dev.kawi.cli;

import java.util.Locale;

/// A bar on stderr with the time left, for work of more than a second, and only where a person sees
/// it.
final class Progress implements AutoCloseable {
  private static final int WIDTH = 30;
  private static final long PATIENCE_NANOS = 1_000_000_000L;
  private static final long REDRAW_NANOS = 100_000_000L;

  private final Console console;
  private final String title;
  private final long start = System.nanoTime();
  private long drawn = start;
  private boolean visible;

  Progress(Console console, String title) {
    this.console = console;
    this.title = title;
  }

  /// Says which part is done, from 0 to 1.
  void update(double part) {
    long now = System.nanoTime();
    if (!console.terminal().err()
        || now - start < PATIENCE_NANOS
        || (now - drawn < REDRAW_NANOS && part < 1)) {
      return;
    }
    double seconds = part <= 0 ? 0 : (now - start) / 1e9 * (1 - part) / part;
    draw(part, duration(seconds) + " left");
  }

  /// Says which part is done, and more about it; the caller knows the time left.
  void update(double part, String detail) {
    long now = System.nanoTime();
    if (console.terminal().err() && (now - drawn >= REDRAW_NANOS || part >= 1)) {
      draw(part, detail);
    }
  }

  private void draw(double part, String detail) {
    drawn = System.nanoTime();
    visible = true;
    int filled = (int) Math.round(part * WIDTH);
    console
        .err()
        .print(
            String.format(
                Locale.ROOT,
                "\r%s [%s%s] %3.0f %%, %s\u001b[K",
                title,
                "#".repeat(filled),
                "-".repeat(WIDTH - filled),
                100 * part,
                detail));
    console.err().flush();
  }

  /// Seconds as minutes and seconds.
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    return whole >= 3600
        ? "%d:%02d:%02d".formatted(whole / 3600, whole / 60 % 60, whole % 60)
        : "%d:%02d".formatted(whole / 60, whole % 60);
  }

  /// Takes the bar away.
  @Override
  public void close() {
    if (visible) {
      console.err().print("\r\u001b[K");
      console.err().flush();
      visible = false;
    }
  }
}
