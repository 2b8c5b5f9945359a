package dev.kawi.cli;

import java.util.Optional;

/// Where the user's messages come from: lines, of which several may make one message. A line that
/// ends in a backslash goes on in the next; a line `"""` begins a message that the next such line
/// ends.
abstract class ChatInput implements AutoCloseable {
  private static final String QUOTES = "\"\"\"";

  /// The next line without its end; nothing at the end of the input.
  abstract Optional<String> line(String prompt);

  /// Runs an answer so that an interrupt from the keyboard ends it and not the program.
  void answering(Runnable answer) {
    answer.run();
  }

  @Override
  public void close() {}

  /// The next message; nothing at the end of the input.
  Optional<String> message() {
    Optional<String> first = line("> ");
    if (first.isEmpty()) {
      return first;
    }
    String line = first.get();
    if (line.strip().startsWith(QUOTES)) {
      return Optional.of(quoted(line.strip().substring(QUOTES.length())));
    }
    StringBuilder message = new StringBuilder();
    while (line.endsWith("\\")) {
      message.append(line, 0, line.length() - 1).append('\n');
      Optional<String> next = line("| ");
      if (next.isEmpty()) {
        return Optional.of(message.toString().strip());
      }
      line = next.get();
    }
    return Optional.of(message.append(line).toString());
  }

  private String quoted(String begun) {
    StringBuilder message = new StringBuilder();
    Optional<String> line = Optional.of(begun);
    while (line.isPresent() && !line.get().stripTrailing().endsWith(QUOTES)) {
      message.append(line.get()).append('\n');
      line = line("| ");
    }
    line.map(String::stripTrailing)
        .ifPresent(last -> message.append(last, 0, last.length() - QUOTES.length()));
    return message.toString().strip();
  }
}
