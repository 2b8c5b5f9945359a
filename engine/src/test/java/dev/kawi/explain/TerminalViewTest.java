package dev.kawi.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalViewTest {
  private static final String HOSTILE = "\u001b[2J\u202e\u0007evil\ud800";

  private static String plain(Explanation explanation) {
    return TerminalView.render(explanation, TerminalStyle.plain());
  }

  @Test
  void everyStep_isShownInOrder() {
    String text = plain(SyntheticExplanation.sample());
    int at = 0;
    for (String part :
        List.of(
            "synthetic-1M (llama), 6 layers of 8 heads",
            "The cat sat on the mat, and then the cat looked at the moon.",
            "1  Text becomes tokens",
            "264 14-18",
            "2  Each token becomes a vector",
            "3  Layers let tokens look",
            "residual stream",
            "(position 10) looks",
            "L5  H7  │",
            "logit lens",
            "4  The last vector",
            "The other 31,988 tokens share",
            "5  Sampling picks one",
            "top-k        32,000 → 40         k=40",
            "removed",
            "chosen",
            "seed 42",
            "6  And again")) {
      at = text.indexOf(part, at);
      assertTrue(at >= 0, part + " is missing in\n" + text);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {40, 60, 80, 120})
  void noLine_isWiderThanTheTerminal(int width) {
    List<String> prompt =
        IntStream.range(0, 60).mapToObj(i -> i % 3 == 0 ? "词元" + i : " word" + i).toList();
    Explanation explanation =
        SyntheticExplanation.of(prompt, List.of(" 结束", " of the long, long text", "."));
    for (Language language : Language.values()) {
      TerminalStyle style = new TerminalStyle(width, TerminalStyle.Paint.PLAIN, language);
      TerminalView.render(explanation, style)
          .lines()
          .forEach(line ->
              assertTrue(VisibleText.width(line) <= width, VisibleText.width(line) + ": " + line));
    }
  }

  @Test
  void plain_hasNoEscapeSequences() {
    assertFalse(plain(SyntheticExplanation.sample()).contains("\u001b"));
  }

  @Test
  void colours_changeNothingButColours() {
    TerminalStyle colour = new TerminalStyle(100, TerminalStyle.Paint.ANSI_256, Language.ENGLISH);
    String painted = TerminalView.render(SyntheticExplanation.sample(), colour);
    assertTrue(painted.contains("\u001b[1;38;5;215m"));
    assertEquals(
        plain(SyntheticExplanation.sample()).replaceAll("(?m) +$", ""),
        painted.replaceAll("\u001b\\[[0-9;]*m", "").replaceAll("(?m) +$", ""));
  }

  @ParameterizedTest
  @EnumSource(TerminalStyle.Paint.class)
  void hostileTokens_cannotSteerTheTerminal(TerminalStyle.Paint paint) {
    TerminalStyle style = new TerminalStyle(100, paint, Language.ENGLISH);
    String text =
        TerminalView.render(SyntheticExplanation.of(List.of(HOSTILE), List.of(HOSTILE)), style);
    String withoutColours = text.replaceAll("\u001b\\[[0-9;]+m", "");
    assertTrue(withoutColours.contains("U+001B[2J"));
    assertTrue(
        withoutColours
            .codePoints()
            .allMatch(c -> c == '\n' || (c >= ' ' && c != 0x202e && c != 0xd800)));
  }

  @Test
  void chinese_speaksChinese() {
    TerminalStyle style = new TerminalStyle(100, TerminalStyle.Paint.PLAIN, Language.CHINESE);
    String text = TerminalView.render(SyntheticExplanation.sample(), style);
    assertTrue(text.contains("1  文字变成词元"));
    assertTrue(text.contains("6  再来一遍"));
    assertFalse(text.contains("Text becomes"));
  }

  @Test
  void manyHeads_areReducedToTheAttentiveOnes() {
    String text =
        plain(SyntheticExplanation.of(List.of("a", " b", " c", " d"), List.of(" e"), 12, 12));
    assertEquals(36, text.lines().filter(line -> line.matches(" +L\\d+ +H\\d+ +│.*")).count());
    assertTrue(text.contains("--html has all"));
  }

  @Test
  void nothingGenerated_isShownToo() {
    assertTrue(
        plain(SyntheticExplanation.of(List.of("only"), List.of()))
            .contains("1  Text becomes tokens"));
  }

  @Test
  void narrowTerminal_isRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new TerminalStyle(20, TerminalStyle.Paint.PLAIN, Language.ENGLISH));
  }

  @Test
  void width_countsWideAndCombiningCharacters() {
    assertEquals(4, VisibleText.width("猫a\u0301x"));
    assertEquals("猫…", VisibleText.cut("猫猫猫", 4));
    assertEquals("…猫", VisibleText.tail("abc猫", 3));
    assertEquals("··x·", VisibleText.of("  x "));
    assertEquals("↵U+0000", VisibleText.of("\n\u0000"));
  }
}
