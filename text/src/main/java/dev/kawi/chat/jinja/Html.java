package dev.kawi.chat.jinja;

/// HTML escaping, for the filters `escape`, `forceescape` and `xmlattr`, and for sums with a string
/// that is marked safe.
final class Html {
  private Html() {}

  static Text escape(Rendering rendering, Text text) {
    TextBuilder out = rendering.builder();
    String chars = text.chars();
    for (int i = 0; i < chars.length(); i++) {
      String entity = entity(chars.charAt(i));
      if (entity.isEmpty()) {
        out.append(text, i, i + 1);
      } else {
        out.append(entity, text.isContent(i));
      }
    }
    return out.build().asMarkup();
  }

  private static String entity(char c) {
    return switch (c) {
      case '&' -> "&amp;";
      case '<' -> "&lt;";
      case '>' -> "&gt;";
      case '\'' -> "&#39;";
      case '"' -> "&#34;";
      default -> "";
    };
  }
}
