package dev.kawi.token;

import java.util.List;
import java.util.Random;
import java.util.Set;

/// Seeded texts of what tokenizers trip over: kinds of white space, combining marks, compatibility
/// forms, scripts, emoji, and whatever looks like a piece of some vocabulary.
final class OddText {
  static final List<String> SNIPPETS =
      List.of(
          "a",
          "b",
          "c",
          "ab",
          "abc",
          "the",
          "The",
          "THE",
          "hello",
          "world",
          "x",
          "é",
          "e\u0301",
          "É",
          "ﬁ",
          "ａｂ",
          "ｶﾞ",
          "１",
          "①",
          "Ⅻ",
          "½",
          "ß",
          "İ",
          "Σ",
          "ς",
          "ſ",
          "K",
          "ñ",
          "a\u0323\u0302",
          "1",
          "12",
          "123",
          "2024",
          "٣",
          "०",
          " ",
          " ",
          " ",
          "  ",
          "   ",
          "\t",
          "\n",
          "\n\n",
          "\r\n",
          "\u00A0",
          "\u3000",
          "\u2003",
          "\u0085",
          "\u2028",
          "\u200B",
          "\uFEFF",
          "\u200D",
          "\u00AD",
          ".",
          ",",
          "!",
          "?",
          "...",
          "-",
          "_",
          "'",
          "\"",
          "(",
          ")",
          "$",
          "+",
          "<",
          ">",
          "|",
          "~",
          "^",
          "`",
          "#",
          "/",
          "\\",
          "@",
          "¿",
          "“",
          "”",
          "—",
          "、",
          "。",
          "，",
          "€",
          "×",
          "'s",
          "'LL",
          "don't",
          " n't",
          " do not",
          "你好",
          "世界",
          "中",
          "が",
          "か\u3099",
          "カー",
          "한글",
          "한",
          "\u1112\u1161\u11AB",
          "привет",
          "ελ",
          "ไทย",
          "नमस्ते",
          "שלום",
          "مرحبا",
          "😀",
          "👍🏽",
          "👨‍👩‍👧",
          "🇩🇪",
          "𝐀",
          "𝟏",
          "\u0301",
          "\u0663",
          "\uFFFD",
          "▁",
          "▁▁",
          "▁the",
          "Ġ",
          "##ab",
          "@@",
          "</w>",
          "<0x41>",
          "<0x0A>",
          "\u0001",
          "\u007F",
          "\u2581a",
          "q",
          "z",
          "ω",
          "ά",
          "ø",
          "ł",
          "\u0344",
          "\u1E9B\u0323",
          "ǅ",
          "ﷺ",
          "…",
          "™");

  static final List<String> ADDED =
      List.of(
          "<s>", "</s>", "[CLS]", "[SEP]", "[MASK]", "<pad>", "<tool>", "<img>", "[I]", "ab", "abc",
          "bc", "hello", "lo w", "  ", "\n", "é", "É", "ＡＢ", "The", "141", "415", "你好", "ﬁ", "'s",
          "▁x", " x ");

  /// Texts that Kawi takes for control tokens even where a file says that they are text, so that no
  /// message can forge them.
  static final Set<String> MARKERS = Set.of("<s>", "</s>", "<pad>");

  private OddText() {}

  /// A text of snippets and of the texts of added tokens.
  static String of(Random random, List<String> added) {
    StringBuilder text = new StringBuilder();
    for (int i = 1 + random.nextInt(9); i > 0; i--) {
      boolean isAdded = !added.isEmpty() && random.nextInt(100) < 25;
      List<String> from = isAdded ? added : SNIPPETS;
      text.append(from.get(random.nextInt(from.size())));
      if (random.nextInt(100) < 25) {
        text.append(' ');
      }
    }
    return text.toString();
  }
}
