package dev.kawi.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

// How it works. A step forks and joins some two hundred times, each for a few microseconds of work,
// so a general pool is too slow. The caller is worker 0. It publishes the task and its size, then
// raises `epoch`; the others, spinning on it, run their fixed share and count down `pending`, on
// which the caller spins. A worker that has spun for SPINS rounds parks; it first says so in its
// `parked` flag and looks at the epoch once more, and the caller, after raising the epoch, unparks
// whoever has the flag up: one of the two always sees the other. The caller also rests when others
// take long, since a machine may have fewer free cores than workers.

/// A fixed team of threads that runs one task at a time, split into equal contiguous shares. The
/// share of a worker depends on the size of the task and of the team alone; results do not depend
/// on it at all (see [Kernels]). Not for concurrent use: one thread owns a team.
public final class ThreadTeam implements AutoCloseable {
  /// What a team runs: a share [from, to) of the items, by worker number `worker`.
  @FunctionalInterface
  public interface Task {
    /// Runs the share; must not fork again.
    void run(int from, int to, int worker);
  }

  private static final int SPINS = 20_000;
  private static final VarHandle EPOCH;
  private static final VarHandle PENDING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      EPOCH = lookup.findVarHandle(ThreadTeam.class, "epoch", int.class);
      PENDING = lookup.findVarHandle(ThreadTeam.class, "pending", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Worker[] workers;
  private final Workspace[] workspaces;

  private @Nullable Task task;
  private int items;
  private int grain;
  private volatile int epoch;
  private volatile int pending;
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

  /// Runs the task on items [0, items) and returns when all are done. Shares are multiples of
  /// `grain` items but for the last.
  public void run(int items, int grain, Task task) {
    if (workers.length == 0 || items <= grain) {
      if (items > 0) {
        task.run(0, items, 0);
      }
      return;
    }
    this.task = task;
    this.items = items;
    this.grain = grain;
    failure = null;
    pending = workers.length;
    EPOCH.setVolatile(this, epoch + 1);
    for (Worker worker : workers) {
      if (worker.parked) {
        LockSupport.unpark(worker);
      }
    }
    Throwable mine = null;
    try {
      share(task, 0);
    } catch (RuntimeException | Error e) {
      mine = e;
    }
    await();
    this.task = null;
    rethrow(mine != null ? mine : failure);
  }

  private void share(Task current, int worker) {
    long units = (items + (long) grain - 1) / grain;
    int from = (int) Math.min(items, units * worker / size() * grain);
    int to = (int) Math.min(items, units * (worker + 1) / size() * grain);
    if (from < to) {
      current.run(from, to, worker);
    }
  }

  private void await() {
    for (int spins = 0; pending > 0; spins++) {
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
      for (int seen = 0; awaitEpoch(seen); seen++) {
        try {
          Task current = task;
          if (current == null) {
            throw new IllegalStateException("Bug: a worker woke without a task");
          }
          share(current, number);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        PENDING.getAndAdd(ThreadTeam.this, -1);
      }
    }

    /// Waits until the epoch differs from `seen`; false when the team is closed.
    private boolean awaitEpoch(int seen) {
      for (int spins = 0; epoch == seen; spins++) {
        if (closed) {
          return false;
        }
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          parkWhile(seen);
        }
      }
      return true;
    }

    private void parkWhile(int seen) {
      parked = true;
      while (epoch == seen && !closed) {
        LockSupport.park(ThreadTeam.this);
      }
      parked = false;
    }
  }
}
