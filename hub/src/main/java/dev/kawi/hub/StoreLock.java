package dev.kawi.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/// Lets one process (and one thread of it) at a time change a model in a store. The system lets go
/// of the lock when a process ends, however it ends; the empty file stays.
final class StoreLock implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final FileChannel channel;

  private StoreLock(FileChannel channel) {
    this.channel = channel;
  }

  /// Waits until nobody else has the lock in this file.
  static StoreLock acquire(Path file, String what, TransferListener listener) throws IOException {
    Files.createDirectories(file.getParent());
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      for (boolean told = false; !isLocked(channel); told = true) {
        if (!told) {
          listener.note("another process pulls " + what + "; waiting for it");
        }
        HubHttp.pause(POLL);
      }
      return new StoreLock(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // another thread has it
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
