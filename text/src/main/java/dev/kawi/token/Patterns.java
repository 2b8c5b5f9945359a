package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The regular expressions by which `tokenizer.json` files split text, and the splitter that does
/// the same. Expressions from files are recognised, never run: a file could bring one that takes
/// forever.
final class Patterns {
  private static final String ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String OTHERS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
  private static final String OTHERS_OR_SLASH = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LEAD = "[^\\r\\n\\p{L}\\p{N}]?";

  /// A set of characters and ranges, perhaps after a space.
  private static final Pattern SET =
      Pattern.compile("(\\\\s\\?| \\?)?\\[([^\\[\\]\\\\^][^\\[\\]\\\\]*)]\\+");

  private static final Map<String, Splitter> KNOWN = new HashMap<>();

  static {
    KNOWN.put(
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        new Gpt2Splitter());
    KNOWN.put(
        ENDINGS + "|" + LEAD + "\\p{L}+|\\p{N}{1,3}" + OTHERS + SPACES,
        PreTokenizer.LLAMA3.splitter());
    KNOWN.put(
        ENDINGS + "|" + LEAD + "\\p{L}+|\\p{N}" + OTHERS + SPACES, PreTokenizer.QWEN2.splitter());
    KNOWN.put(
        ENDINGS
            + "|"
            + LEAD
            + "[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
            + SPACES,
        PreTokenizer.QWEN35.splitter());
    KNOWN.put(
        byCase(ENDINGS + "?") + "|\\p{N}{1,3}" + OTHERS_OR_SLASH + SPACES,
        PreTokenizer.GPT4O.splitter());
    KNOWN.put(byCase("") + "|\\p{N}" + OTHERS_OR_SLASH + SPACES, PreTokenizer.TEKKEN.splitter());
    KNOWN.put("[\\r\\n]", Splitter.runs(CharSet.LINE_BREAKS, 1));
    KNOWN.put("\\s?\\p{L}+", Splitter.runsAfterSpace(CharSet.LETTERS));
    KNOWN.put("\\s?\\p{P}+", Splitter.runsAfterSpace(CharSet.PUNCTUATION));
    KNOWN.put("\\s+$", Splitter.trailingSpace());
    KNOWN.put("\\p{N}", Splitter.runs(CharSet.NUMBERS, 1));
    KNOWN.put("\\p{N}+", Splitter.runs(CharSet.NUMBERS));
    KNOWN.put("\\p{N}{1,3}", Splitter.runs(CharSet.NUMBERS, 3));
    KNOWN.put("[0-9][0-9][0-9]", Splitter.triples(CharSet.ASCII_DIGITS));
    KNOWN.put(
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?"
            + "[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
            + SPACES,
        new DeepSeekV3Splitter());
    KNOWN.put(
        " ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+",
        PreTokenizer.BLOOM.splitter());
  }

  private Patterns() {}

  private static String byCase(String ending) {
    return LEAD + UPPER + "*" + LOWER + "+" + ending + "|" + LEAD + UPPER + "+" + LOWER + "*"
        + ending;
  }

  /// The splitter that cuts out what this expression matches.
  static Splitter splitter(String expression) {
    String spelled = expression.replace("\r", "\\r").replace("\n", "\\n");
    Splitter known = KNOWN.get(spelled);
    if (known != null) {
      return known;
    }
    Matcher set = SET.matcher(expression);
    if (set.matches()) {
      CharSet characters = characters(set.group(2));
      return switch (set.group(1)) {
        case null -> Splitter.runs(characters);
        case " ?" -> Splitter.runsAfterBlank(characters);
        default -> Splitter.runsAfterSpace(characters);
      };
    }
    throw new ModelFormatException(
        "tokenizer: words are split by the expression %s, which is not one of the %d that are"
                .formatted(
                    expression.length() > 300 ? expression.substring(0, 300) + "..." : expression,
                    KNOWN.size())
            + " supported");
  }

  /// What stands between the brackets: single characters and ranges.
  private static CharSet characters(String set) {
    int[] c = set.codePoints().toArray();
    List<int[]> ranges = new ArrayList<>();
    for (int i = 0; i < c.length; i++) {
      if (i + 2 < c.length && c[i + 1] == '-') {
        ranges.add(new int[] {c[i], c[i + 2]});
        i += 2;
      } else {
        ranges.add(new int[] {c[i], c[i]});
      }
    }
    ranges.sort((a, b) -> Integer.compare(a[0], b[0]));
    StringBuilder pairs = new StringBuilder();
    int last = -1;
    for (int[] range : ranges) {
      int start = Math.max(range[0], last + 1);
      if (start <= range[1]) {
        pairs.appendCodePoint(start).appendCodePoint(range[1]);
        last = range[1];
      }
    }
    return CharSet.ranges(pairs.toString());
  }
}
