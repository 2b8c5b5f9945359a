package dev.kawi.chat.jinja;

/// A piece of a template, with the line it starts on. For strings `text` is the unescaped value,
/// for operators and names what is written.
record Token(Type type, String text, int line) {
  /// What kind of piece it is.
  enum Type {
    DATA("template text"),
    VARIABLE_BEGIN("{{"),
    VARIABLE_END("}}"),
    BLOCK_BEGIN("{%"),
    BLOCK_END("%}"),
    NAME("name"),
    STRING("string"),
    INTEGER("integer"),
    FLOAT("float"),
    OPERATOR("operator"),
    END("end of template");

    private final String label;

    Type(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  boolean is(Type wanted, String wantedText) {
    return type == wanted && text.equals(wantedText);
  }

  boolean isOperator(String symbol) {
    return is(Type.OPERATOR, symbol);
  }

  boolean isName(String name) {
    return is(Type.NAME, name);
  }

  String describe() {
    return switch (type) {
      case NAME, OPERATOR, INTEGER, FLOAT -> "'" + text + "'";
      case STRING, DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, END -> type.label();
    };
  }
}
