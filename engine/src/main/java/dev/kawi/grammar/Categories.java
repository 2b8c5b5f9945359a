package dev.kawi.grammar;

import java.util.List;
import java.util.Map;

/// The general categories of Unicode by their names.
final class Categories {
  private static final Map<String, Integer> TYPES =
      Map.ofEntries(
          Map.entry("Lu", (int) Character.UPPERCASE_LETTER),
          Map.entry("Ll", (int) Character.LOWERCASE_LETTER),
          Map.entry("Lt", (int) Character.TITLECASE_LETTER),
          Map.entry("Lm", (int) Character.MODIFIER_LETTER),
          Map.entry("Lo", (int) Character.OTHER_LETTER),
          Map.entry("Mn", (int) Character.NON_SPACING_MARK),
          Map.entry("Me", (int) Character.ENCLOSING_MARK),
          Map.entry("Mc", (int) Character.COMBINING_SPACING_MARK),
          Map.entry("Nd", (int) Character.DECIMAL_DIGIT_NUMBER),
          Map.entry("Nl", (int) Character.LETTER_NUMBER),
          Map.entry("No", (int) Character.OTHER_NUMBER),
          Map.entry("Pc", (int) Character.CONNECTOR_PUNCTUATION),
          Map.entry("Pd", (int) Character.DASH_PUNCTUATION),
          Map.entry("Ps", (int) Character.START_PUNCTUATION),
          Map.entry("Pe", (int) Character.END_PUNCTUATION),
          Map.entry("Pi", (int) Character.INITIAL_QUOTE_PUNCTUATION),
          Map.entry("Pf", (int) Character.FINAL_QUOTE_PUNCTUATION),
          Map.entry("Po", (int) Character.OTHER_PUNCTUATION),
          Map.entry("Sm", (int) Character.MATH_SYMBOL),
          Map.entry("Sc", (int) Character.CURRENCY_SYMBOL),
          Map.entry("Sk", (int) Character.MODIFIER_SYMBOL),
          Map.entry("So", (int) Character.OTHER_SYMBOL),
          Map.entry("Zs", (int) Character.SPACE_SEPARATOR),
          Map.entry("Zl", (int) Character.LINE_SEPARATOR),
          Map.entry("Zp", (int) Character.PARAGRAPH_SEPARATOR));

  private static final Map<String, String> LONG_NAMES =
      Map.of(
          "Letter",
          "L",
          "Number",
          "N",
          "Punctuation",
          "P",
          "Symbol",
          "S",
          "Separator",
          "Z",
          "Mark",
          "M");

  private Categories() {}

  /// The values of [Character#getType] for a name such as `L`, `Lu` or `Letter`; none if unknown.
  static List<Integer> types(String name) {
    String brief = LONG_NAMES.getOrDefault(name, name);
    return TYPES.entrySet().stream()
        .filter(entry ->
            entry.getKey().equals(brief)
                || (brief.length() == 1 && entry.getKey().startsWith(brief)))
        .map(Map.Entry::getValue)
        .toList();
  }
}
