package dev.kawi.grammar;

/// Compiles regular expressions.
public final class Regexes {
  private Regexes() {}

  /// The texts that an expression matches as a whole, as [java.util.regex.Matcher#matches] has it.
  ///
  /// Supported is what ECMA-262 and Java agree on: `| * + ? {m,n}` (lazy ones mean the same),
  /// groups with or without a name, sets, `.`, `\d \w \s` and their opposites, `\p{..}` for general
  /// categories, `^` at the beginning and `$` at the end. Large bounds count and are not copied.
  ///
  /// @throws GrammarException if it is malformed, or uses lookaround, back-references, word
  ///   boundaries or flags
  public static Grammar compile(String expression) {
    Syntax syntax = RegexParser.parse(expression).whole().syntax(Syntax.Chars::new);
    return new Grammar(RuleCompiler.compile("the expression", syntax));
  }
}
