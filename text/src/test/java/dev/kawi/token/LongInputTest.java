package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What would take hours in quadratic time, and takes seconds.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LongInputTest {
  private static final List<String> INPUTS =
      List.of(
          " ".repeat(100_000),
          "a".repeat(1_000_000),
          "abcdefghij".repeat(100_000),
          "1".repeat(1_000_000),
          "你好世".repeat(333_333),
          "\u0301".repeat(500_000),
          " \n".repeat(200_000),
          "!".repeat(500_000) + "a",
          "'".repeat(200_000),
          "<|".repeat(200_000),
          "</s>".repeat(50_000));

  @Test
  void pathologicalInputs_takeLinearTime() {
    for (Tokenizer tokenizer : TestTokenizers.all()) {
      for (String input : INPUTS) {
        int[] ids = tokenizer.encode(input, EncodeOptions.PROMPT);
        tokenizer.decode(ids);
      }
    }
  }

  @Test
  void longWords_areMergedAsShortOnesAre() {
    Tokenizer tokenizer = TestTokenizers.byteLevel("gpt-2");
    String unit = "the quick ";
    int[] once = tokenizer.encode("x" + unit);
    assertEquals(tokenizer.decode(once), "x" + unit);
    String word = "theandthere".repeat(30);
    assertEquals(word, tokenizer.decode(tokenizer.encode(word)));
  }
}
