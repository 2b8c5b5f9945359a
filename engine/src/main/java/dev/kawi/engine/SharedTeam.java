package dev.kawi.engine;

import dev.kawi.kernel.ThreadTeam;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// The thread team of all models of a process that use as many threads: models take turns, step by
/// step, so that there are never more busy threads than asked for. Its threads park when there is
/// nothing to do, and live as long as the process.
final class SharedTeam {
  private static final Map<Integer, SharedTeam> TEAMS = new ConcurrentHashMap<>();

  private final ThreadTeam team;
  private final ReentrantLock turn = new ReentrantLock(true);

  private SharedTeam(int size) {
    team = new ThreadTeam(size);
  }

  /// The team of so many threads.
  static SharedTeam of(int size) {
    return TEAMS.computeIfAbsent(size, SharedTeam::new);
  }

  /// The team, for those who have the turn.
  ThreadTeam team() {
    return team;
  }

  /// Runs a task when it is this caller's turn.
  <T> T inTurn(Supplier<T> task) {
    turn.lock();
    try {
      return task.get();
    } finally {
      turn.unlock();
    }
  }
}
