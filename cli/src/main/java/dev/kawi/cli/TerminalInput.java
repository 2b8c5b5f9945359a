package dev.kawi.cli;

import dev.kawi.home.KawiHome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.Terminal.SignalHandler;
import org.jline.terminal.TerminalBuilder;

/// Messages from a person's terminal, with line editing and a history that lasts.
final class TerminalInput extends ChatInput {
  private final Console console;
  private final Terminal terminal;
  private final LineReader reader;

  TerminalInput(Console console) throws IOException {
    this.console = console;
    // JLine asks the terminal what it can and throws away what was typed until the answer comes.
    System.setProperty(TerminalBuilder.PROP_PROBE_TIMEOUT, "0");
    terminal =
        TerminalBuilder.builder()
            .system(true)
            .encoding(StandardCharsets.UTF_8)
            .graphemeCluster(false)
            .build();
    DefaultParser parser = new DefaultParser();
    parser.setEscapeChars(new char[0]);
    parser.setQuoteChars(new char[0]);
    LineReaderBuilder builder =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .parser(parser)
            .completer(new StringsCompleter(ChatCommands.ALL))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .option(LineReader.Option.HISTORY_IGNORE_SPACE, true);
    historyFile().ifPresent(file -> builder.variable(LineReader.HISTORY_FILE, file));
    reader = builder.build();
  }

  /// In Kawi's home; nothing where it can't be written.
  private static Optional<Path> historyFile() {
    try {
      return Optional.of(KawiHome.fromEnvironment().existing().resolve("chat-history"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  Optional<String> line(String prompt) {
    while (true) {
      try {
        return Optional.of(reader.readLine(prompt));
      } catch (UserInterruptException e) {
        console.say("/exit or Ctrl-D ends the chat");
      } catch (EndOfFileException e) {
        return Optional.empty();
      }
    }
  }

  @Override
  void answering(Runnable answer) {
    Thread thread = Thread.currentThread();
    SignalHandler before = terminal.handle(Signal.INT, signal -> thread.interrupt());
    try {
      answer.run();
    } finally {
      terminal.handle(Signal.INT, before);
      boolean _ = Thread.interrupted();
    }
  }

  @Override
  public void close() {
    try {
      terminal.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
