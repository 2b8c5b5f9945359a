package dev.kawi.chat.jinja;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The character references of HTML, for the filter `striptags`. Their names are those of HTML 5,
/// in `entities.txt` beside this class, each with its code points. Source: the function `unescape`
/// of Python's `html`, and the WHATWG's list of named character references.
final class Entities {
  private static final Pattern REFERENCE =
      Pattern.compile("&(#[0-9]{1,200};?|#[xX][0-9a-fA-F]{1,200};?|[^\\t\\n\\f <&#;]{1,32};?)");

  /// What browsers take the numbers 0x80 to 0x9f for: Windows' code page 1252.
  private static final String WINDOWS =
      "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f"
          + "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

  private static final String REPLACEMENT = "\ufffd";

  private Entities() {}

  /// Loaded with the first reference that there is.
  private static final class Names {
    static final Map<String, String> ALL = load();

    private static Map<String, String> load() {
      try (InputStream in = Entities.class.getResourceAsStream("entities.txt")) {
        if (in == null) {
          throw new IllegalStateException("Bug: entities.txt is missing");
        }
        Map<String, String> names = new HashMap<>();
        new String(in.readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .map(line -> line.split(" "))
            .forEach(words -> {
              StringBuilder text = new StringBuilder();
              for (int i = 1; i < words.length; i++) {
                text.appendCodePoint(Integer.parseInt(words[i], 16));
              }
              names.put(words[0], text.toString());
            });
        return names;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static String unescape(String text) {
    return text.indexOf('&') < 0
        ? text
        : REFERENCE
            .matcher(text)
            .replaceAll(found -> Matcher.quoteReplacement(meaning(found.group(1))));
  }

  private static String meaning(String reference) {
    return reference.charAt(0) == '#' ? numbered(reference) : named(reference);
  }

  private static String numbered(String reference) {
    boolean hex = Character.toLowerCase(reference.charAt(1)) == 'x';
    String digits = reference.substring(hex ? 2 : 1).replace(";", "").replaceFirst("^0+(?=.)", "");
    if (digits.length() > 7) {
      return REPLACEMENT;
    }
    int code = Integer.parseInt(digits, hex ? 16 : 10);
    if (code >= 0x80 && code <= 0x9f) {
      return WINDOWS.substring(code - 0x80, code - 0x7f);
    }
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      return REPLACEMENT;
    }
    return code != '\r' && isForbidden(code) ? "" : Character.toString(code);
  }

  private static boolean isForbidden(int code) {
    return (code < 0x20 && code != '\t' && code != '\n' && code != '\f')
        || code == 0x7f
        || (code >= 0xfdd0 && code <= 0xfdef)
        || (code & 0xfffe) == 0xfffe;
  }

  /// The longest name that the reference begins with.
  private static String named(String reference) {
    for (int end = reference.length(); end > 1; end--) {
      String text = Names.ALL.get(reference.substring(0, end));
      if (text != null) {
        return text + reference.substring(end);
      }
    }
    return "&" + reference;
  }
}
