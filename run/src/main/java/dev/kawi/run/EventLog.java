package dev.kawi.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

// How it works. A line goes to the system in one write and is then safe from the death of the
// process; a change of the state also goes onto the disk. A process that is killed inside a write
// leaves a line without its end, and so does a full disk. Readers take nothing behind the last end
// of
// a line, and who opens the file to go on cuts it there first.

/// Appends events to `events.jsonl`, each whole or not at all. Not thread-safe.
final class EventLog implements AutoCloseable {
  static final String FILE = "events.jsonl";
  private static final int BLOCK = 1 << 16;

  /// Writes bytes to a place in a file; tests put a full disk in its place.
  @FunctionalInterface
  interface Output {
    /// The file as it is.
    Output REAL = FileChannel::write;

    /// Writes some of the bytes.
    int write(FileChannel to, ByteBuffer bytes, long at) throws IOException;
  }

  private final FileChannel channel;
  private final Output output;
  private long length;

  private EventLog(FileChannel channel, Output output, long length) {
    this.channel = channel;
    this.output = output;
    this.length = length;
  }

  /// Opens that of a folder to append, without the line that was not finished.
  static EventLog open(Path folder, Output output) throws IOException {
    FileChannel channel =
        FileChannel.open(
            folder.resolve(FILE),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      long length = endOfLastLine(channel);
      if (length < channel.size()) {
        channel.truncate(length);
      }
      return new EventLog(channel, output, length);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /// The offset behind the last end of a line, 0 if there is none.
  private static long endOfLastLine(FileChannel channel) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    for (long end = channel.size(); end > 0; ) {
      long start = Math.max(0, end - BLOCK);
      fill(channel, block.clear().limit((int) (end - start)), start);
      for (int i = block.limit() - 1; i >= 0; i--) {
        if (block.get(i) == '\n') {
          return start + i + 1;
        }
      }
      end = start;
    }
    return 0;
  }

  /// Reads a buffer full from a place in a file that has so much.
  static void fill(FileChannel channel, ByteBuffer into, long at) throws IOException {
    while (into.hasRemaining()) {
      if (channel.read(into, at + into.position()) < 0) {
        throw new IOException("the file became shorter while it was read");
      }
    }
  }

  /// Appends an event.
  void append(Event event) throws IOException {
    ByteBuffer line = StandardCharsets.UTF_8.encode(EventJson.line(event) + "\n");
    long at = length;
    try {
      while (line.hasRemaining()) {
        at += output.write(channel, line, at);
      }
    } catch (IOException e) {
      channel.truncate(length);
      throw e;
    }
    length = at;
  }

  /// Waits until all is on the disk.
  void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
