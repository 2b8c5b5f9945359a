package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TableTest {
  private static final String LONG = "a name that is longer than the column has room for";

  private static String printed(Console.Terminal terminal) {
    var out = new ByteArrayOutputStream();
    PrintStream nowhere = new PrintStream(new ByteArrayOutputStream());
    Console console =
        new Console(InputStream.nullInputStream(), new AnswerStream(out), nowhere, terminal);
    Table.of("NAME", ">SIZE", "NOTE").row(LONG, "7", "x").row("模型", "12", "y").print(console);
    console.flush();
    return out.toString(StandardCharsets.UTF_8);
  }

  @AfterEach
  void forget() {
    System.clearProperty("kawi.columns");
  }

  @Test
  void inAPipe_nothingIsCut() {
    String pad = " ".repeat(LONG.length() - 4);
    assertEquals(
        "NAME%s  SIZE  NOTE\n%s     7  x\n模型%s    12  y\n".formatted(pad, LONG, pad),
        printed(Console.Terminal.NONE));
  }

  @Test
  void onATerminal_rowsFitItsWidth() {
    System.setProperty("kawi.columns", "30");
    assertEquals(
        """
        NAME                SIZE  NOTE
        a name that is lo…     7  x
        模型                  12  y
        """,
        printed(new Console.Terminal(true, true, true)));
  }
}
