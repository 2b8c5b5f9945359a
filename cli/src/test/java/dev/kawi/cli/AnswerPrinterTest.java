package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ToolCall;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnswerPrinterTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private static final ChatEvent[] ANSWER = {
    new ChatEvent.Reasoning("Two "),
    new ChatEvent.Reasoning("and two."),
    new ChatEvent.Text("Four"),
    new ChatEvent.Text(".")
  };

  private void print(Console.Terminal terminal, ChatEvent... events) {
    AnswerPrinter printer =
        new AnswerPrinter(
            new Console(
                InputStream.nullInputStream(),
                new AnswerStream(out),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                terminal));
    for (ChatEvent event : events) {
      printer.accept(event);
    }
    printer.end();
  }

  @Test
  void thoughts_goToStderr_andOnlyTheAnswerToStdout() {
    print(Console.Terminal.NONE, ANSWER);
    assertEquals("Four.\n", out.toString(StandardCharsets.UTF_8));
    assertEquals("Two and two.\n\n", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void onATerminal_thoughtsAreDimmed_andTheAnswerIsNot() {
    print(new Console.Terminal(true, true, true), ANSWER);
    assertEquals("Four.\n", out.toString(StandardCharsets.UTF_8));
    assertEquals("\u001b[2mTwo and two.\u001b[0m\n\n", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void thoughtsThatAreCutOff_leaveTheTerminalPlain() {
    print(new Console.Terminal(true, true, true), ANSWER[0]);
    assertEquals("\n", out.toString(StandardCharsets.UTF_8));
    assertEquals("\u001b[2mTwo \u001b[0m\n\n", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void answerWithoutThoughts_leavesStderrAlone() {
    print(new Console.Terminal(true, true, true), ANSWER[2]);
    assertEquals("", err.toString(StandardCharsets.UTF_8));
  }

  @Test
  void toolCall_standsOnALineOfItsOwn() {
    ToolCall call = new ToolCall("call00001", "ping", Map.of("host", "a b"));
    print(
        Console.Terminal.NONE,
        new ChatEvent.Text("Wait."),
        new ChatEvent.ToolCallStarted("call00001", "ping"),
        new ChatEvent.ToolCallArguments("call00001", "{\"host\": \"a b\"}"),
        new ChatEvent.ToolCallCompleted(call));
    assertEquals("Wait.\ncall: ping {\"host\":\"a b\"}\n", out.toString(StandardCharsets.UTF_8));
  }
}
