package dev.kawi.run;

/// Sees the events of a run in the process that works on it, in the order in which they are
/// written, on the thread that reports them. It must be quick and must not throw. Readers elsewhere
/// use [RunReader].
@FunctionalInterface
public interface RunListener {
  /// An event that is in the file now.
  void event(Event event);
}
