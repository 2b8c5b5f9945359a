package dev.kawi.cli;

import dev.kawi.chat.ChatEvent;
import java.util.function.Consumer;

/// Prints an answer as it comes: the answer itself to `out`, what the model thinks before to `err`,
/// dimmed on a terminal.
final class AnswerPrinter implements Consumer<ChatEvent> {
  private static final String DIM = "\u001b[2m";
  private static final String PLAIN = "\u001b[0m";

  private final Console console;
  private boolean thinking;

  AnswerPrinter(Console console) {
    this.console = console;
  }

  @Override
  public void accept(ChatEvent event) {
    switch (event) {
      case ChatEvent.Reasoning(String text) -> think(text);
      case ChatEvent.Text(String text) -> {
        endThoughts();
        console.stream(text);
      }
      case ChatEvent.Done d -> {}
    }
  }

  private void think(String text) {
    if (!thinking) {
      console.out().flush();
      console.err().print(dim(DIM));
      thinking = true;
    }
    console.err().print(text);
    console.err().flush();
  }

  /// Leaves the terminal as it was, also when an answer breaks off within its thoughts.
  void endThoughts() {
    if (thinking) {
      console.err().print(dim(PLAIN) + "\n\n");
      console.err().flush();
      thinking = false;
    }
  }

  private String dim(String style) {
    return console.terminal().err() ? style : "";
  }

  /// Ends the answer's last line.
  void end() {
    endThoughts();
    console.out().println();
    console.out().flush();
  }
}
