package dev.kawi.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

// How it works. The lock is the system's, on the file `lock`, which ends with its process however
// that ends. Two things need care. POSIX gives up all locks of a process on a file as soon as the
// process closes any descriptor of it, so nothing in this process may open the file while this
// process has its lock: a set of the folders held here is asked first, and all is done under one
// monitor. And who only asks takes a shared lock for a moment, in which a writer would be refused;
// so a writer tries again for a while.

/// Lets one writer at a time into the folder of a run.
final class RunLock implements AutoCloseable {
  static final String FILE = "lock";
  private static final int TRIES = 10;
  private static final long PAUSE_MILLIS = 20;
  private static final Set<Path> HELD = new HashSet<>();

  private final Path folder;
  private final FileChannel channel;

  private RunLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  private static Path file(Path folder) {
    return folder.resolve(FILE);
  }

  /// The lock of a folder that is there, if nobody else has it.
  static Optional<RunLock> acquire(Path folder) throws IOException {
    Path real = folder.toRealPath();
    for (int i = 0; i < TRIES; i++) {
      Optional<RunLock> lock = tryAcquire(real);
      if (lock.isPresent() || isHeldHere(real)) {
        return lock;
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static Optional<RunLock> tryAcquire(Path real) throws IOException {
    synchronized (HELD) {
      if (HELD.contains(real)) {
        return Optional.empty();
      }
      FileChannel channel =
          FileChannel.open(file(real), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        FileLock lock = channel.tryLock();
        if (lock == null) {
          channel.close();
          return Optional.empty();
        }
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
      HELD.add(real);
      return Optional.of(new RunLock(real, channel));
    }
  }

  private static boolean isHeldHere(Path real) {
    synchronized (HELD) {
      return HELD.contains(real);
    }
  }

  /// Whether somebody has the lock of a folder.
  static boolean isHeld(Path folder) throws IOException {
    Path real = folder.toRealPath();
    synchronized (HELD) {
      if (HELD.contains(real)) {
        return true;
      }
      if (!Files.exists(file(real))) {
        return false;
      }
      try (FileChannel channel = FileChannel.open(file(real), StandardOpenOption.READ);
          FileLock lock = channel.tryLock(0, Long.MAX_VALUE, /* shared= */ true)) {
        return lock == null;
      }
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (HELD) {
      HELD.remove(folder);
      channel.close();
    }
  }
}
