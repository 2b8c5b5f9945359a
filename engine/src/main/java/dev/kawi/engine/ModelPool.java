package dev.kawi.engine;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

// How it works. Under the pool's lock an entry is found or made and counted as used; the loading
// itself is done outside of it, under the entry's own lock, so that two who ask for the same model
// load it once and others are not held up. What a model takes is reserved before it is loaded, and
// an entry with users is never closed, so those who answer keep what they answer with.

/// Models that are loaded when somebody asks for them and share a budget of memory: kept for a time
/// after their last use, given up earlier when others need the room, the least recently used first,
/// never while they are used, and not at all if they are pinned. Safe for use by many threads.
///
/// @param <M> what is loaded, such as [Model]
public final class ModelPool<M extends AutoCloseable> implements AutoCloseable {
  /// Loads models by name.
  public interface Loader<M> {
    /// Bytes of memory that a model will take.
    long bytes(String name) throws IOException;

    /// Loads it.
    M load(String name) throws IOException;
  }

  /// A model in use; closing it gives it back to the pool and leaves it loaded.
  public final class Lease implements AutoCloseable {
    private final Entry entry;
    private final M model;
    private boolean open = true;

    private Lease(Entry entry, M model) {
      this.entry = entry;
      this.model = model;
    }

    /// The model.
    public M model() {
      return model;
    }

    @Override
    public void close() {
      synchronized (ModelPool.this) {
        if (open) {
          open = false;
          entry.users--;
          entry.lastUsed = clock.instant();
        }
      }
    }
  }

  /// What is known of a loaded model.
  ///
  /// @param name its name
  /// @param bytes memory that it takes
  /// @param users how many use it now
  /// @param pinned whether it stays
  public record Status(String name, long bytes, int users, boolean pinned) {}

  private final class Entry {
    final String name;
    final long bytes;
    int users;
    boolean pinned;
    Instant lastUsed = clock.instant();
    Optional<M> model = Optional.empty();

    Entry(String name, long bytes) {
      this.name = name;
      this.bytes = bytes;
    }
  }

  private final long budget;
  private final Duration keep;
  private final Loader<M> loader;
  private final InstantSource clock;
  private final Map<String, Entry> entries = new HashMap<>();
  private boolean closed;

  /// An empty pool.
  ///
  /// @param budget bytes that all models may take
  /// @param keep how long a model stays after its last use
  public ModelPool(long budget, Duration keep, Loader<M> loader) {
    this(budget, keep, loader, InstantSource.system());
  }

  ModelPool(long budget, Duration keep, Loader<M> loader, InstantSource clock) {
    this.budget = budget;
    this.keep = keep;
    this.loader = loader;
    this.clock = clock;
  }

  /// A model, loaded if it is not there. The caller closes the lease.
  ///
  /// @throws IllegalStateException when there is no room for it beside those that are used or
  ///   pinned
  public Lease acquire(String name) throws IOException {
    Entry entry = claim(name);
    boolean done = false;
    try {
      synchronized (entry) {
        if (entry.model.isEmpty()) {
          entry.model = Optional.of(loader.load(name));
        }
      }
      done = true;
      return new Lease(entry, entry.model.orElseThrow());
    } finally {
      if (!done) {
        withdraw(entry);
      }
    }
  }

  private Entry claim(String name) throws IOException {
    synchronized (this) {
      Entry known = entries.get(name);
      if (known != null) {
        known.users++;
        return known;
      }
    }
    long bytes = loader.bytes(name);
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("the pool of models is closed");
      }
      evictIdle();
      Entry entry = entries.get(name);
      if (entry == null) {
        makeRoom(name, bytes);
        entry = new Entry(name, bytes);
        entries.put(name, entry);
      }
      entry.users++;
      return entry;
    }
  }

  /// What failed to load is as if nobody had asked.
  private synchronized void withdraw(Entry entry) {
    if (--entry.users == 0 && entry.model.isEmpty()) {
      entries.remove(entry.name);
    }
  }

  private void makeRoom(String name, long bytes) {
    long used = bytes();
    while (used + bytes > budget) {
      Optional<Entry> oldest =
          entries.values().stream()
              .filter(entry -> entry.users == 0 && !entry.pinned)
              .min(Comparator.comparing(entry -> entry.lastUsed));
      if (oldest.isEmpty()) {
        throw new IllegalStateException(
            "%s needs %d MiB; models may take %d MiB in all, and those in use or pinned take %d: %s. Wait for them, unpin one, or allow more"
                .formatted(name, bytes >> 20, budget >> 20, used >> 20, entries.keySet()));
      }
      close(oldest.get());
      used -= oldest.get().bytes;
    }
  }

  private synchronized long bytes() {
    return entries.values().stream().mapToLong(entry -> entry.bytes).sum();
  }

  /// Gives up what was not used for long enough. Called with each new model; a server calls it from
  /// time to time.
  public synchronized void evictIdle() {
    Instant oldest = clock.instant().minus(keep);
    List.copyOf(entries.values()).stream()
        .filter(entry -> entry.users == 0 && !entry.pinned && entry.lastUsed.isBefore(oldest))
        .forEach(this::close);
  }

  private void close(Entry entry) {
    entries.remove(entry.name);
    entry.model.ifPresent(model -> {
      try {
        model.close();
      } catch (Exception e) {
        System.getLogger(ModelPool.class.getName())
            .log(System.Logger.Level.WARNING, "could not close " + entry.name, e);
      }
    });
  }

  /// Loads a model, if it is not there, and keeps it until [#unpin].
  public void pin(String name) throws IOException {
    try (Lease lease = acquire(name)) {
      synchronized (this) {
        lease.entry.pinned = true;
      }
    }
  }

  /// Lets a model go when others need the room or its time is over.
  public synchronized void unpin(String name) {
    Entry entry = entries.get(name);
    if (entry != null) {
      entry.pinned = false;
    }
  }

  /// The models that are there, by name.
  public synchronized List<Status> models() {
    return entries.values().stream()
        .map(entry -> new Status(entry.name, entry.bytes, entry.users, entry.pinned))
        .sorted(Comparator.comparing(Status::name))
        .toList();
  }

  /// Closes all models, also those that are used.
  @Override
  public synchronized void close() {
    closed = true;
    List.copyOf(entries.values()).forEach(this::close);
  }
}
