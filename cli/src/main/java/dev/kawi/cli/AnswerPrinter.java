package dev.kawi.cli;

import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ToolCall;
import java.util.function.Consumer;

/// Prints an answer as it comes: the answer itself to `out`, what the model thinks before to `err`,
/// dimmed on a terminal.
final class AnswerPrinter implements Consumer<ChatEvent> {
  private static final String DIM = "\u001b[2m";
  private static final String PLAIN = "\u001b[0m";

  private final Console console;
  private boolean thinking;

  /// Whether the line has text.
  private boolean said;

  private boolean called;

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
        said = true;
      }
      case ChatEvent.ToolCallCompleted(ToolCall call) -> call(call);
      case ChatEvent.ToolCallStarted s -> {}
      case ChatEvent.ToolCallArguments a -> {}
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

  /// A call on a line of its own, as one would write it.
  private void call(ToolCall call) {
    endThoughts();
    console.out().print((said ? "\n" : "") + ToolJson.line(call) + "\n");
    console.out().flush();
    said = false;
    called = true;
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
    if (said || !called) {
      console.out().println();
    }
    console.out().flush();
  }
}
