package dev.kawi.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// Where a command reads and writes: the answer goes to `out`, everything else to `err`. Text is
/// UTF-8 whatever the locale says. Tests hand in their own streams.
///
/// @param in what the user types or pipes in
/// @param out the answer, and nothing but the answer
/// @param err progress, warnings and errors
/// @param terminal which of the three are a person's terminal
record Console(InputStream in, AnswerStream out, PrintStream err, Terminal terminal) {

  /// Which streams end at a terminal. The launcher finds out, since Java cannot ask for one stream.
  record Terminal(boolean in, boolean out, boolean err) {
    static final Terminal NONE = new Terminal(false, false, false);

    /// Reads what the launcher passed in the system property `kawi.tty`, such as `in,out,err`.
    static Terminal fromLauncher() {
      String tty = System.getProperty("kawi.tty", "").toLowerCase(Locale.ROOT);
      return new Terminal(tty.contains("in"), tty.contains("out"), tty.contains("err"));
    }
  }

  /// The streams of this process.
  static Console ofProcess() {
    return new Console(
        System.in,
        new AnswerStream(new FileOutputStream(FileDescriptor.out)),
        utf8(FileDescriptor.err),
        Terminal.fromLauncher());
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    var buffered = new BufferedOutputStream(new FileOutputStream(descriptor), 1 << 13);
    return new PrintStream(buffered, /* autoFlush= */ true, StandardCharsets.UTF_8);
  }

  /// Prints one line of the kind that tells what went wrong or what to know, to `err`.
  void say(String line) {
    out.flush();
    err.println("kawi: " + line);
    err.flush();
  }

  /// Prints a piece of an answer now. When its reader has gone away (`| head`), the thread is
  /// interrupted, which ends the answer.
  void stream(String piece) {
    out.print(piece);
    if (out.checkError()) {
      Thread.currentThread().interrupt();
    }
  }

  void flush() {
    out.flush();
    err.flush();
  }
}
