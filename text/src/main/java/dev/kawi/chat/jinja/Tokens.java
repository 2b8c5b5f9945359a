package dev.kawi.chat.jinja;

import java.util.List;

/// A cursor over the tokens of a template.
final class Tokens {
  private final List<Token> tokens;
  private int at;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  Token look() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = current();
    if (token.type() != Token.Type.END) {
      at++;
    }
    return token;
  }

  boolean skipOperator(String symbol) {
    return skipIf(current().isOperator(symbol));
  }

  boolean skipName(String name) {
    return skipIf(current().isName(name));
  }

  private boolean skipIf(boolean matches) {
    if (matches) {
      next();
    }
    return matches;
  }

  Token expect(Token.Type type) {
    if (current().type() != type) {
      throw unexpected("'" + type.label() + "'");
    }
    return next();
  }

  void expectOperator(String symbol) {
    if (!skipOperator(symbol)) {
      throw unexpected("'" + symbol + "'");
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected("'" + name + "'");
    }
  }

  JinjaException unexpected(String expected) {
    if (current().type() == Token.Type.END) {
      return JinjaException.syntax(
          "unexpected end of template, expected " + expected, current().line());
    }
    return JinjaException.syntax(
        "expected " + expected + ", got " + current().describe(), current().line());
  }
}
