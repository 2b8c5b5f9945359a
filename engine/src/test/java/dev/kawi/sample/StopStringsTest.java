package dev.kawi.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  @Test
  void stopAcrossPieces_isFoundAndNotShown() {
    StopStrings.Matcher matcher = StopStrings.of("\nUser:").matcher();
    assertEquals("Hello", matcher.push("Hello\nUs"));
    assertFalse(matcher.stopped());
    assertEquals("", matcher.push("er: more"));
    assertTrue(matcher.stopped());
    assertEquals(Optional.of("\nUser:"), matcher.stoppedBy());
    assertEquals("", matcher.push("ignored"));
    assertEquals("", matcher.flush());
  }

  @Test
  void onlyWhatMayBecomeAStop_isHeldBack() {
    StopStrings.Matcher matcher = StopStrings.of("STOP").matcher();
    assertEquals("S", matcher.push("SST"));
    assertEquals("ST", matcher.push("S"));
    assertEquals("S!", matcher.push("!"));
    assertEquals("", matcher.push("STO"));
    assertEquals("STO", matcher.flush());
    assertFalse(matcher.stopped());
  }

  @Test
  void firstCompleteStop_endsTheAnswer() {
    StopStrings.Matcher matcher = StopStrings.of("abcd", "bc").matcher();
    assertEquals("xa", matcher.push("xabcd"));
    assertEquals(Optional.of("bc"), matcher.stoppedBy());
  }

  @Test
  void longestStopEndingAtTheSamePlace_counts() {
    StopStrings.Matcher matcher = StopStrings.of("c", "abc").matcher();
    assertEquals("x", matcher.push("xabc"));
    assertEquals(Optional.of("abc"), matcher.stoppedBy());
  }

  @Test
  void emptyStopString_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> StopStrings.of("a", ""));
  }

  @Test
  void withoutStops_everythingPasses() {
    StopStrings.Matcher matcher = StopStrings.of(List.of()).matcher();
    assertEquals("anything 好", matcher.push("anything 好"));
  }

  /// Against a plain search, on random texts of two letters cut at random places.
  @Test
  void anyCut_givesWhatAPlainSearchGives() {
    Random random = new Random(1);
    for (int round = 0; round < 3000; round++) {
      List<String> stops =
          List.of(word(random, 1 + random.nextInt(4)), word(random, 2 + random.nextInt(4)));
      String text = word(random, 12);
      StopStrings.Matcher matcher = StopStrings.of(stops).matcher();
      StringBuilder shown = new StringBuilder();
      for (int at = 0; at < text.length(); ) {
        int end = Math.min(text.length(), at + 1 + random.nextInt(3));
        shown.append(matcher.push(text.substring(at, end)));
        at = end;
      }
      shown.append(matcher.flush());
      assertEquals(plainSearch(text, stops), shown.toString(), text + " " + stops);
    }
  }

  private static String word(Random random, int length) {
    StringBuilder word = new StringBuilder();
    for (int i = 0; i < length; i++) {
      word.append(random.nextBoolean() ? 'a' : 'b');
    }
    return word.toString();
  }

  private static String plainSearch(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String start = text.substring(0, end);
      int longest = stops.stream().filter(start::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return text.substring(0, end - longest);
      }
    }
    return text;
  }
}
