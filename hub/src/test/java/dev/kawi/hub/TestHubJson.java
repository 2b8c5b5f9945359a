package dev.kawi.hub;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The little JSON that a [TestHub] writes and reads.
final class TestHubJson {
  private TestHubJson() {}

  /// A JSON string.
  static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  /// A JSON object.
  ///
  /// @param namesAndValues names in turn with values, which are JSON already
  static String object(Object... namesAndValues) {
    StringBuilder object = new StringBuilder("{");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      object.append(i == 0 ? "" : ",");
      object.append(quote(namesAndValues[i].toString())).append(':').append(namesAndValues[i + 1]);
    }
    return object.append('}').toString();
  }

  /// A JSON array of values that are JSON already.
  static String array(List<String> values) {
    return "[" + String.join(",", values) + "]";
  }

  /// A JSON array of strings.
  static String strings(List<String> values) {
    return array(values.stream().map(TestHubJson::quote).toList());
  }

  /// The string with this name in a flat JSON object.
  static Optional<String> string(String object, String name) {
    Matcher matcher = value(name, "\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(object);
    return matcher.find() ? Optional.of(unescaped(matcher.group(1))) : Optional.empty();
  }

  /// The whole number with this name in a flat JSON object.
  static int number(String object, String name, int otherwise) {
    Matcher matcher = value(name, "(\\d{1,9})").matcher(object);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : otherwise;
  }

  private static Pattern value(String name, String form) {
    return Pattern.compile("\"" + Pattern.quote(name) + "\"\\s*:\\s*" + form);
  }

  private static String unescaped(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        plain.append(c);
      } else if (text.charAt(++i) == 'u') {
        plain.append((char) Integer.parseInt(text.substring(i + 1, i + 5), 16));
        i += 4;
      } else {
        plain.append(escaped(text.charAt(i)));
      }
    }
    return plain.toString();
  }

  private static char escaped(char letter) {
    return switch (letter) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      default -> letter;
    };
  }
}
