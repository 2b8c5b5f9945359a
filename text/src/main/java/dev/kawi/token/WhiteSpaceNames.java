package dev.kawi.token;

import java.util.HashMap;
import java.util.Map;

/// The names that white space has as text in the vocabulary of the first ChatGLM: `<n>` for a line
/// break, `<|tab|>`, `<|blank_2|>` to `<|blank_80|>` for runs of spaces. Source: `SPTokenizer` of
/// the publisher.
final class WhiteSpaceNames {
  private static final int LONGEST = 80;
  private static final String LINE = "<n>";
  private static final String TAB = "<|tab|>";
  private static final Map<String, String> MEANINGS = meanings();

  private WhiteSpaceNames() {}

  private static Map<String, String> meanings() {
    Map<String, String> meanings = new HashMap<>(Map.of(LINE, "\n", TAB, "\t"));
    for (int length = 2; length <= LONGEST; length++) {
      meanings.put(blanks(length), " ".repeat(length));
    }
    return Map.copyOf(meanings);
  }

  private static String blanks(int length) {
    return "<|blank_%d|>".formatted(length);
  }

  /// The white space of a token that is a name, and the text of any other.
  static String meaning(String token) {
    return MEANINGS.getOrDefault(token, token);
  }

  /// Writes white space by name, then normalizes as `rest` does.
  static Normalizer before(Normalizer rest) {
    return (text, from, to, out) -> {
      Named named = new Named(text, from, to);
      NormalizedText normalized = NormalizedText.traced(named.text.length());
      rest.normalize(named.text.toString(), 0, named.text.length(), normalized);
      out.addAll(normalized, named.places.toArray());
    };
  }

  /// Text with names, and for each of its bytes, and its end, the byte of the original text.
  private static final class Named {
    private final StringBuilder text = new StringBuilder();
    private final IntList places = new IntList();

    Named(String original, int from, int to) {
      int place = 0;
      for (int at = from; at < to; ) {
        int end = endOfSpace(original, at, to);
        if (end > at) {
          add(name(original.charAt(at), end - at), place);
          place += end - at;
          at = end;
        } else {
          int codePoint = Utf8.codePointAt(original, at);
          text.appendCodePoint(codePoint);
          for (int i = 0; i < Utf8.length(codePoint); i++) {
            places.add(place++);
          }
          at += Character.charCount(codePoint);
        }
      }
      places.add(place);
    }

    private static int endOfSpace(String original, int at, int to) {
      char c = original.charAt(at);
      if (c == '\n' || c == '\t') {
        return at + 1;
      }
      int end = at;
      while (end < to && end - at < LONGEST && original.charAt(end) == ' ') {
        end++;
      }
      return end - at > 1 ? end : at;
    }

    private static String name(char c, int length) {
      return c == '\n' ? LINE : c == '\t' ? TAB : blanks(length);
    }

    private void add(String name, int place) {
      text.append(name);
      for (int i = 0; i < name.length(); i++) {
        places.add(place);
      }
    }
  }
}
