package dev.kawi.cli;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/// Where a command reads and writes: the answer goes to `out`, everything else to `err`. Text is
/// UTF-8 whatever the locale says. Tests hand in their own streams.
///
/// @param in what the user types or pipes in
/// @param out the answer, and nothing but the answer
/// @param err progress, warnings and errors
/// @param terminal which of the three are a person's terminal
record Console(InputStream in, AnswerStream out, PrintStream err, Terminal terminal) {

  private static final int USUAL_COLUMNS = 100;

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

  /// Columns of a line: those of the terminal, as the launcher found them; in a pipe there is no
  /// limit.
  int columns() {
    return terminal.out() ? Integer.getInteger("kawi.columns", USUAL_COLUMNS) : Integer.MAX_VALUE;
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

  /// What Enter alone answers to a question.
  enum Enter {
    YES,
    NO
  }

  /// Asks a question on the terminal; whether the answer is yes.
  boolean asks(String question, Enter enter) throws IOException {
    err.print("kawi: " + question + (enter == Enter.YES ? " [Y/n] " : " [y/N] "));
    err.flush();
    Optional<String> answer = line();
    if (answer.isEmpty()) {
      err.println();
    }
    return answer
        .map(text -> text.strip().toLowerCase(Locale.ROOT))
        .map(text -> text.isEmpty() ? enter.name().toLowerCase(Locale.ROOT) : text)
        .filter(text -> text.equals("y") || text.equals("yes"))
        .isPresent();
  }

  /// The next line, which a terminal does not show while it is typed or pasted: the request for it
  /// appears only when the terminal has stopped to show what comes.
  Optional<String> secret(String request) throws IOException {
    java.io.Console typed = terminal.in() ? System.console() : null;
    if (typed == null || !typed.isTerminal()) {
      return line();
    }
    char[] secret = typed.readPassword("%s", "kawi: " + request + System.lineSeparator());
    return Optional.ofNullable(secret).map(String::new);
  }

  /// The next line of `in`, and no byte more, so that who reads on misses nothing; empty at its
  /// end.
  Optional<String> line() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int b = in.read();
    if (b < 0) {
      return Optional.empty();
    }
    for (; b >= 0 && b != '\n'; b = in.read()) {
      bytes.write(b);
    }
    return Optional.of(bytes.toString(StandardCharsets.UTF_8));
  }

  void flush() {
    out.flush();
    err.flush();
  }
}
