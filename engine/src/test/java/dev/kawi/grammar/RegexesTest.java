package dev.kawi.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Regular expressions beside java.util.regex.
class RegexesTest {
  private static final List<String> PIECES =
      List.of(
          "a", "b", "c", "Z", "0", "7", "-", "_", ".", " ", "\n", "\t", "\"", "\\", "/", "@", "é",
          "中", "😀", "ab", "foo", "12", "xyz", "");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a*b+c?",
        "(a|b)*c{2,3}",
        "[^a-c]{1,3}",
        "\\w+@\\w+\\.[a-z]{2,}",
        "(?:foo|bar)?.*",
        "\\d{3}-\\d{4}",
        "[\\w.-]+",
        "\\S+ \\S*",
        "\\D\\W",
        "(?<year>\\d{2})x|y",
        "a{0}b",
        "(a?){3}b",
        "[-a]|[\\]b]",
        "\\x61\\u0062",
        "\\p{L}+\\p{Nd}*",
        "\\P{Lu}",
        "(a*)*b",
        "^a|b$",
        "^(?:ab)*$",
        ".",
        "\\.\\*\\\\",
        "a*?b+?",
        "(|a)b"
      })
  void randomTexts_matchAsInJava(String expression) {
    Pattern java = Pattern.compile(expression);
    Grammar grammar = Regexes.compile(expression);
    Random random = new Random(expression.hashCode());
    for (int i = 0; i < 400; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(6); n > 0; n--) {
        text.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      assertEquals(
          java.matcher(text).matches(),
          grammar.matches(text.toString()),
          expression + " on " + text);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      textBlock =
          """
          (?=a)b    ~ a lookahead
          (?<!a)b   ~ a lookbehind
          (a)\\1    ~ a back-reference
          a\\b      ~ a word boundary
          (?i)a     ~ a group that begins with (?
          a++       ~ a possessive quantifier
          (a        ~ a ( without )
          a)        ~ a ) without (
          [a        ~ a [ without ]
          *a        ~ a quantifier without
          a{3,2}    ~ the wrong way round
          a^b       ~ found one elsewhere
          \\p{Greek}~ \\p{Greek} is not supported
          [a&&b]    ~ is not supported
          \\        ~ a \\ at the end
          """)
  void unsupportedExpressions_areRefusedByName(String expression, String message) {
    String found =
        assertThrows(GrammarException.class, () -> Regexes.compile(expression)).getMessage();
    assertTrue(found.contains(message), found);
  }

  @Test
  void nestedBounds_countAndDoNotCopy() {
    Grammar grammar = Regexes.compile("(?:[a-z]{1,100000};){1,100000}");
    assertTrue(grammar.matches("abc;d;".repeat(500)));
  }
}
