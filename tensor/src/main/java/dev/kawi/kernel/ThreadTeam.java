package dev.kawi.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

// How it works. A step forks and joins some two hundred times, each for a few microseconds of work,
// so a general pool is too slow. The caller is worker 0. It writes down the task, then publishes
// `state`: how many chunks there are, and that none is taken. Whoever takes a chunk does so by
// comparing and setting the state, so that a chunk is run once; until the last chunk is done the
// task cannot change, which is why it may be read after a chunk was taken. Chunks are several for
// each worker, and nobody waits for a worker that the system does not let run: the others take its
// share.
//
// A worker that has found nothing for SPINS rounds parks; it first says so in its `parked` flag and
// looks at the state once more, and the caller, after publishing, unparks whoever has the flag up:
// one of the two always sees the other. The caller also rests when others take long, since a
// machine may have fewer free cores than workers.

/// A fixed team of threads that runs one task at a time, cut into chunks that its workers take one
/// after another. Results do not depend on who takes which (see [Kernels]). Not for concurrent use:
/// one thread owns a team.
public final class ThreadTeam implements AutoCloseable {
  /// What a team runs: a chunk [from, to) of the items, by worker number `worker`.
  @FunctionalInterface
  public interface Task {
    /// Runs the chunk; must not fork again.
    void run(int from, int to, int worker);
  }

  private static final int SPINS = 20_000;

  /// So that work evens out when a core is slower or taken away.
  private static final int CHUNKS_PER_WORKER = 4;

  private static final VarHandle STATE;
  private static final VarHandle DONE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(ThreadTeam.class, "state", long.class);
      DONE = lookup.findVarHandle(ThreadTeam.class, "done", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Worker[] workers;
  private final Workspace[] workspaces;

  private @Nullable Task task;
  private int items;
  private long chunkItems;

  /// A count of tasks (32 bits), chunks of this one (16), chunks taken (16).
  private volatile long state;

  private volatile int done;
  private volatile boolean closed;
  private volatile @Nullable Throwable failure;

  /// A team of `size` threads, of which the caller of [#run] is one.
  public ThreadTeam(int size) {
    if (size < 1 || size > 1024) {
      throw new IllegalArgumentException("a team needs 1 to 1024 threads, asked for " + size);
    }
    workspaces = new Workspace[size];
    for (int i = 0; i < size; i++) {
      workspaces[i] = new Workspace();
    }
    workers = new Worker[size - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
      workers[i].start();
    }
  }

  /// Number of threads, the caller included.
  public int size() {
    return workspaces.length;
  }

  /// The memory of a worker.
  public Workspace workspace(int worker) {
    return workspaces[worker];
  }

  /// Runs the task on items [0, items) and returns when all are done. Chunks are multiples of
  /// `grain` items but for the last.
  public void run(int items, int grain, Task task) {
    if (workers.length == 0 || items <= grain) {
      if (items > 0) {
        task.run(0, items, 0);
      }
      return;
    }
    long grains = Math.ceilDiv((long) items, grain);
    long grainsEach = Math.ceilDiv(grains, Math.min(grains, (long) CHUNKS_PER_WORKER * size()));
    this.task = task;
    this.items = items;
    chunkItems = grainsEach * grain;
    failure = null;
    done = 0;
    int chunks = (int) Math.ceilDiv(items, chunkItems);
    long number = (state >>> 32) + 1;
    STATE.setVolatile(this, (number << 32) | ((long) chunks << 16));
    for (Worker worker : workers) {
      if (worker.parked) {
        LockSupport.unpark(worker);
      }
    }
    takeChunks(0);
    await(chunks);
    this.task = null;
    rethrow(failure);
  }

  private static boolean hasChunk(long state) {
    return (state & 0xFFFF) < ((state >>> 16) & 0xFFFF);
  }

  /// Runs chunks until none is left.
  private void takeChunks(int worker) {
    for (long seen = state; hasChunk(seen); seen = state) {
      if (STATE.compareAndSet(this, seen, seen + 1)) {
        try {
          chunk(seen & 0xFFFF, worker);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        DONE.getAndAdd(this, 1);
      }
    }
  }

  private void chunk(long number, int worker) {
    Task current = task;
    if (current == null) {
      throw new IllegalStateException("Bug: a chunk without a task");
    }
    current.run(
        (int) (number * chunkItems), (int) Math.min(items, (number + 1) * chunkItems), worker);
  }

  private void await(int chunks) {
    for (int spins = 0; done < chunks; spins++) {
      if (spins > SPINS) {
        LockSupport.parkNanos(1_000);
      } else {
        Thread.onSpinWait();
      }
    }
  }

  private static void rethrow(@Nullable Throwable failure) {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException("a worker of the thread team failed", failure);
    }
  }

  /// Ends the threads.
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker);
    }
  }

  private final class Worker extends Thread {
    private final int number;
    private volatile boolean parked;

    Worker(int number) {
      super("kawi-worker-" + number);
      this.number = number;
      setDaemon(true);
    }

    @Override
    public void run() {
      while (awaitChunk()) {
        takeChunks(number);
      }
    }

    /// Waits until there is a chunk to take; false when the team is closed.
    private boolean awaitChunk() {
      for (int spins = 0; !hasChunk(state); spins++) {
        if (closed) {
          return false;
        }
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          parked = true;
          while (!hasChunk(state) && !closed) {
            LockSupport.park(ThreadTeam.this);
          }
          parked = false;
        }
      }
      return true;
    }
  }
}
