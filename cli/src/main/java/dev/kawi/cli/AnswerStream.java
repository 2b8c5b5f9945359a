package dev.kawi.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where answers are printed, in UTF-8. A `PrintStream` keeps quiet about what it cannot write;
/// this one remembers why, so that a full disk ends in an error and not in a short file.
final class AnswerStream extends PrintStream {
  private static final int BUFFER_BYTES = 1 << 13;

  private final Sink sink;

  AnswerStream(OutputStream to) {
    this(new Sink(to));
  }

  private AnswerStream(Sink sink) {
    super(
        new BufferedOutputStream(sink, BUFFER_BYTES),
        /* autoFlush= */ true,
        StandardCharsets.UTF_8);
    this.sink = sink;
  }

  /// Why something could not be written, if that happened; writes what is still held back.
  Optional<IOException> failure() {
    flush();
    return Optional.ofNullable(sink.failure);
  }

  private static final class Sink extends OutputStream {
    private final OutputStream to;
    private volatile @Nullable IOException failure;

    Sink(OutputStream to) {
      this.to = to;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        to.write(bytes, offset, length);
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }

    @Override
    public void flush() throws IOException {
      try {
        to.flush();
      } catch (IOException e) {
        failure = e;
        throw e;
      }
    }
  }
}
