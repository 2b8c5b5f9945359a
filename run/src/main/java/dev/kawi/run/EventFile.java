package dev.kawi.run;

import dev.kawi.run.RunException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

// How it works. The file only grows, so an offset behind a line stays good, and who reads while
// another process writes sees a prefix of whole lines. What is wanted last (the state) is near the
// end
// and is looked for backwards, block by block; a block grows while it holds no whole line. Lines
// that
// are not of the kind wanted are told by their text and not parsed.

/// Reads `events.jsonl`, while it is written or not.
///
/// @param file may not be there yet
record EventFile(Path file) {
  private static final int BLOCK = 1 << 17;

  /// What is longer is no line of ours, and is passed over.
  private static final int LONGEST_LINE = 1 << 24;

  /// Some events from an offset on, at least one if there is one.
  EventBatch events(long offset) {
    if (!Files.exists(file)) {
      return new EventBatch(List.of(), offset);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long at = offset;
      for (int block = BLOCK; ; ) {
        long end = Math.min(channel.size(), at + block);
        byte[] bytes = read(channel, at, end);
        int lines = lastIndexOfNewline(bytes) + 1;
        if (lines > 0) {
          return new EventBatch(parse(bytes, lines), at + lines);
        }
        if (end < at + block) {
          return new EventBatch(List.of(), at); // the rest of a line is still to come
        }
        if (block < LONGEST_LINE) {
          block *= 2;
        } else {
          at = end;
        }
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private static List<Event> parse(byte[] bytes, int end) {
    List<Event> events = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < end; i++) {
      if (bytes[i] == '\n') {
        events.add(EventJson.parse(text(bytes, start, i)));
        start = i + 1;
      }
    }
    return events;
  }

  /// The last event of a kind.
  <E extends Event> Optional<E> last(Class<E> kind) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      int block = BLOCK;
      for (long end = channel.size(); end > 0; ) {
        long start = Math.max(0, end - block);
        byte[] bytes = read(channel, start, end);
        int first = start == 0 ? 0 : indexOfNewline(bytes) + 1;
        int last = lastIndexOfNewline(bytes) + 1;
        Optional<E> found = last(bytes, first, last, kind);
        if (found.isPresent()) {
          return found;
        }
        boolean hadLines = first < last || start == 0;
        boolean grows = !hadLines && block < LONGEST_LINE;
        block = grows ? 2 * block : BLOCK;
        end = grows ? end : hadLines ? start + (start == 0 ? 0 : first) : start;
      }
      return Optional.empty();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private static <E extends Event> Optional<E> last(
      byte[] bytes, int first, int last, Class<E> kind) {
    String sign = "\"event\":\"" + kind.getSimpleName().toLowerCase(Locale.ROOT) + "\"";
    int end = last;
    for (int i = last - 2; i >= first - 1 && end > first; i--) {
      if (i == first - 1 || bytes[i] == '\n') {
        String line = text(bytes, i + 1, end - 1);
        if (line.contains(sign)) {
          Event event = EventJson.parse(line);
          if (kind.isInstance(event)) {
            return Optional.of(kind.cast(event));
          }
        }
        end = i + 1;
      }
    }
    return Optional.empty();
  }

  private static String text(byte[] bytes, int start, int end) {
    return new String(bytes, start, end - start, StandardCharsets.UTF_8);
  }

  private static int indexOfNewline(byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  private static int lastIndexOfNewline(byte[] bytes) {
    int i = bytes.length - 1;
    while (i >= 0 && bytes[i] != '\n') {
      i--;
    }
    return i;
  }

  private static byte[] read(FileChannel channel, long start, long end) throws IOException {
    byte[] bytes = new byte[(int) Math.max(0, end - start)];
    EventLog.fill(channel, ByteBuffer.wrap(bytes), start);
    return bytes;
  }

  private RunException unreadable(IOException e) {
    return new RunException(
        Reason.NOT_A_RUN, "cannot read %s: %s".formatted(file, e.getMessage()), e);
  }
}
