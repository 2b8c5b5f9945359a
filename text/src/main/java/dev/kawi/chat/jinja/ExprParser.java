package dev.kawi.chat.jinja;

import dev.kawi.chat.jinja.Expr.Arguments;
import dev.kawi.chat.jinja.Expr.Comparison;
import dev.kawi.chat.jinja.Expr.FilterCall;
import dev.kawi.chat.jinja.Expr.Keyword;
import dev.kawi.chat.jinja.Expr.Operator;
import dev.kawi.chat.jinja.Expr.Relation;
import dev.kawi.chat.jinja.Value.Int;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Parses expressions, loosest binding first: inline `if`, `or`, `and`, `not`, comparisons, `+ -`,
/// `~`, `* / // %`, `**` (to the left, as Jinja has it), signs, postfixes, and filters and tests,
/// which bind tightest of all but postfixes.
final class ExprParser {
  private static final int MAX_NESTING = 150;
  private static final int MAX_CHAIN = 300;
  private static final Set<String> LITERALS =
      Set.of("true", "false", "True", "False", "none", "None");

  /// Whether an expression may be an inline `if`: not in the head of `for` and `if`.
  enum Inline {
    CONDITIONALS,
    NO_CONDITIONALS
  }

  private final Tokens tokens;
  private int nesting;
  private int chain;
  private int conditional;

  ExprParser(Tokens tokens) {
    this.tokens = tokens;
  }

  void nest() {
    if (++nesting > MAX_NESTING) {
      throw JinjaException.syntax(
          "more than " + MAX_NESTING + " levels of nesting", tokens.current().line());
    }
  }

  void unnest() {
    nesting--;
  }

  /// Inside a branch an unknown filter is an error only when it is reached.
  int enterBranch() {
    return conditional++;
  }

  int enterScope() {
    int outer = conditional;
    conditional = 0;
    return outer;
  }

  void leave(int outer) {
    conditional = outer;
  }

  private int line() {
    return tokens.current().line();
  }

  Expr expression() {
    return conditional();
  }

  private Expr conditional() {
    nest();
    int line = line();
    Expr value = or();
    int links = 0;
    while (tokens.skipName("if")) {
      link(++links);
      Expr test = or();
      Expr otherwise = tokens.skipName("else") ? conditional() : null;
      value = new Expr.Conditional(test, value, otherwise, line);
    }
    unnest();
    return value;
  }

  private void link(int links) {
    if (links > MAX_CHAIN) {
      throw JinjaException.syntax("more than " + MAX_CHAIN + " operators in a row", line());
    }
  }

  private Expr or() {
    int line = line();
    Expr left = and();
    for (int links = 1; tokens.skipName("or"); links++) {
      link(links);
      left = new Expr.Or(left, and(), line);
    }
    return left;
  }

  private Expr and() {
    int line = line();
    Expr left = not();
    for (int links = 1; tokens.skipName("and"); links++) {
      link(links);
      left = new Expr.And(left, not(), line);
    }
    return left;
  }

  private Expr not() {
    int line = line();
    if (!tokens.skipName("not")) {
      return compare();
    }
    nest();
    Expr operand = not();
    unnest();
    return new Expr.Not(operand, line);
  }

  private Expr compare() {
    int line = line();
    Expr first = sum();
    List<Comparison> rest = new ArrayList<>();
    for (Relation relation = relation(); relation != null; relation = relation()) {
      rest.add(new Comparison(relation, sum()));
    }
    return rest.isEmpty() ? first : new Expr.Compare(first, rest, line);
  }

  private @Nullable Relation relation() {
    Token token = tokens.current();
    if (token.isName("not") && tokens.look().isName("in")) {
      tokens.next();
      tokens.next();
      return Relation.NOT_IN;
    }
    for (Relation relation : Relation.values()) {
      boolean matches =
          relation == Relation.IN ? token.isName("in") : token.isOperator(relation.symbol());
      if (matches) {
        tokens.next();
        return relation;
      }
    }
    return null;
  }

  private @Nullable Operator operator(Operator... candidates) {
    for (Operator candidate : candidates) {
      if (tokens.skipOperator(candidate.symbol())) {
        return candidate;
      }
    }
    return null;
  }

  private Expr sum() {
    int line = line();
    Expr left = concat();
    int links = 0;
    for (Operator op = operator(Operator.ADD, Operator.SUB);
        op != null;
        op = operator(Operator.ADD, Operator.SUB)) {
      link(++links);
      left = new Expr.Arithmetical(op, left, concat(), line);
    }
    return left;
  }

  private Expr concat() {
    int line = line();
    Expr first = product();
    if (!tokens.current().isOperator("~")) {
      return first;
    }
    List<Expr> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Expr.Concat(parts, line);
  }

  private Expr product() {
    int line = line();
    Expr left = power();
    int links = 0;
    Operator[] ops = {Operator.MUL, Operator.DIV, Operator.FLOORDIV, Operator.MOD};
    for (Operator op = operator(ops); op != null; op = operator(ops)) {
      link(++links);
      left = new Expr.Arithmetical(op, left, power(), line);
    }
    return left;
  }

  private Expr power() {
    int line = line();
    Expr left = signed(true);
    for (int links = 1; tokens.skipOperator("**"); links++) {
      link(links);
      left = new Expr.Arithmetical(Operator.POW, left, signed(true), line);
    }
    return left;
  }

  private Expr signed(boolean withFilters) {
    int line = line();
    int outerChain = chain;
    chain = 0;
    Expr value;
    if (tokens.current().isOperator("-") || tokens.current().isOperator("+")) {
      boolean negative = tokens.next().isOperator("-");
      nest();
      Expr operand = signed(false);
      unnest();
      value = negative ? new Expr.Negative(operand, line) : new Expr.Positive(operand, line);
    } else {
      value = primary();
    }
    value = postfixes(value);
    value = withFilters ? filtersAndTests(value) : value;
    chain = outerChain;
    return value;
  }

  Expr primary() {
    Token token = tokens.current();
    return switch (token.type()) {
      case NAME -> {
        tokens.next();
        yield name(token);
      }
      case STRING -> strings();
      case INTEGER, FLOAT -> {
        tokens.next();
        yield new Expr.Const(number(token), token.line());
      }
      case OPERATOR -> bracketed(token);
      case DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, END ->
          throw JinjaException.syntax("unexpected " + token.describe(), token.line());
    };
  }

  static boolean isLiteral(String name) {
    return LITERALS.contains(name);
  }

  private static Expr name(Token token) {
    return switch (token.text()) {
      case "true", "True" -> new Expr.Const(Value.TRUE, token.line());
      case "false", "False" -> new Expr.Const(Value.FALSE, token.line());
      case "none", "None" -> new Expr.Const(Value.NONE, token.line());
      default -> new Expr.Name(token.text(), token.line());
    };
  }

  private Expr strings() {
    int line = line();
    StringBuilder text = new StringBuilder();
    while (tokens.current().type() == Token.Type.STRING) {
      text.append(tokens.next().text());
    }
    return new Expr.Const(Text.trusted(text.toString()), line);
  }

  static Value number(Token token) {
    if (token.type() == Token.Type.FLOAT) {
      return new Value.Real(Double.parseDouble(token.text()));
    }
    String digits = token.text();
    int radix =
        digits.length() < 2
            ? 10
            : switch (Character.toLowerCase(digits.charAt(1))) {
              case 'b' -> 2;
              case 'o' -> 8;
              case 'x' -> 16;
              default -> 10;
            };
    if (digits.length() > Arithmetic.MAX_BITS / 4) {
      throw JinjaException.syntax("a number has " + digits.length() + " digits", token.line());
    }
    return new Int(new BigInteger(radix == 10 ? digits : digits.substring(2), radix));
  }

  private Expr bracketed(Token token) {
    return switch (token.text()) {
      case "(" -> {
        tokens.next();
        Expr inner = tuple(Inline.CONDITIONALS, true, "");
        tokens.expectOperator(")");
        yield inner;
      }
      case "[" -> list();
      case "{" -> dict();
      default -> throw JinjaException.syntax("unexpected " + token.describe(), token.line());
    };
  }

  private Expr list() {
    int line = tokens.next().line();
    List<Expr> items = new ArrayList<>();
    while (!tokens.current().isOperator("]")) {
      if (!items.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.current().isOperator("]")) {
          break;
        }
      }
      items.add(expression());
    }
    tokens.expectOperator("]");
    return new Expr.ListOf(items, line);
  }

  private Expr dict() {
    int line = tokens.next().line();
    List<Expr.Pair> pairs = new ArrayList<>();
    while (!tokens.current().isOperator("}")) {
      if (!pairs.isEmpty()) {
        tokens.expectOperator(",");
        if (tokens.current().isOperator("}")) {
          break;
        }
      }
      Expr key = expression();
      tokens.expectOperator(":");
      pairs.add(new Expr.Pair(key, expression()));
    }
    tokens.expectOperator("}");
    return new Expr.DictOf(pairs, line);
  }

  /// An expression, or a tuple where commas follow. `endName` is a keyword that ends it, `(` was
  /// seen before when `inParentheses`.
  Expr tuple(Inline inline, boolean inParentheses, String endName) {
    int line = line();
    List<Expr> items = new ArrayList<>();
    boolean isTuple = false;
    while (!endsTuple(endName)) {
      items.add(inline == Inline.CONDITIONALS ? expression() : or());
      if (!tokens.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (!isTuple && items.size() == 1) {
      return items.getFirst();
    }
    if (!isTuple && !inParentheses) {
      throw JinjaException.syntax(
          "Expected an expression, got " + tokens.current().describe(), line());
    }
    return new Expr.TupleOf(items, line);
  }

  private boolean endsTuple(String endName) {
    Token token = tokens.current();
    return token.type() == Token.Type.VARIABLE_END
        || token.type() == Token.Type.BLOCK_END
        || token.isOperator(")")
        || (!endName.isEmpty() && token.isName(endName));
  }

  private Expr postfixes(Expr start) {
    Expr value = start;
    while (true) {
      Token token = tokens.current();
      if (token.isOperator(".") || token.isOperator("[")) {
        link(++chain);
        value = subscript(value);
      } else if (token.isOperator("(")) {
        link(++chain);
        value = new Expr.Call(value, arguments(), token.line());
      } else {
        return value;
      }
    }
  }

  private Expr subscript(Expr object) {
    Token token = tokens.next();
    if (token.isOperator("[")) {
      return bracketSubscript(object, token.line());
    }
    Token name = tokens.next();
    return switch (name.type()) {
      case NAME -> new Expr.Attribute(object, name.text(), token.line());
      case INTEGER ->
          new Expr.Item(object, new Expr.Const(number(name), name.line()), token.line());
      default -> throw JinjaException.syntax("expected name or number", name.line());
    };
  }

  private Expr bracketSubscript(Expr object, int line) {
    List<Expr> keys = new ArrayList<>();
    while (!tokens.current().isOperator("]")) {
      if (!keys.isEmpty()) {
        tokens.expectOperator(",");
      }
      Expr key = tokens.current().isOperator(":") ? null : expression();
      if (tokens.current().isOperator(":")) {
        Expr slice = slice(object, key, line);
        tokens.expectOperator("]");
        return slice;
      }
      keys.add(key == null ? new Expr.Const(Value.NONE, line) : key);
    }
    tokens.expectOperator("]");
    return new Expr.Item(
        object, keys.size() == 1 ? keys.getFirst() : new Expr.TupleOf(keys, line), line);
  }

  private Expr slice(Expr object, @Nullable Expr start, int line) {
    tokens.expectOperator(":");
    Expr stop = sliceEnds() ? null : expression();
    Expr step = null;
    if (tokens.skipOperator(":")) {
      step = sliceEnds() ? null : expression();
    }
    return new Expr.Slice(object, start, stop, step, line);
  }

  private boolean sliceEnds() {
    Token token = tokens.current();
    return token.isOperator(":") || token.isOperator("]") || token.isOperator(",");
  }

  private Expr filtersAndTests(Expr start) {
    Expr value = start;
    while (true) {
      Token token = tokens.current();
      if (token.isOperator("|")) {
        link(++chain);
        tokens.next();
        value = new Expr.Filtered(value, filter(), token.line());
      } else if (token.isName("is")) {
        link(++chain);
        value = test(value);
      } else if (token.isOperator("(")) {
        link(++chain);
        value = new Expr.Call(value, arguments(), token.line());
      } else {
        return value;
      }
    }
  }

  /// A filter's name and arguments; the bar before it is already read.
  FilterCall filter() {
    int line = line();
    String name = dottedName();
    if (conditional == 0 && !Filters.exists(name)) {
      throw JinjaException.syntax(Filters.unknown(name), line);
    }
    return new FilterCall(
        name, tokens.current().isOperator("(") ? arguments() : Arguments.NONE, line);
  }

  /// The filters of a block: `| a | b`.
  List<FilterCall> barredFilters() {
    List<FilterCall> filters = new ArrayList<>();
    while (tokens.skipOperator("|")) {
      link(filters.size());
      filters.add(filter());
    }
    return filters;
  }

  private String dottedName() {
    StringBuilder name = new StringBuilder(tokens.expect(Token.Type.NAME).text());
    while (tokens.skipOperator(".")) {
      name.append('.').append(tokens.expect(Token.Type.NAME).text());
    }
    return name.toString();
  }

  private Expr test(Expr subject) {
    int line = tokens.next().line();
    boolean negated = tokens.skipName("not");
    String name = dottedName();
    if (conditional == 0 && !Tests.exists(name)) {
      throw JinjaException.syntax("No test named '" + name + "'.", line);
    }
    Expr test = new Expr.Test(subject, name, testArguments(), line);
    return negated ? new Expr.Not(test, line) : test;
  }

  private Arguments testArguments() {
    Token token = tokens.current();
    if (token.isOperator("(")) {
      return arguments();
    }
    if (token.isName("is")) {
      throw JinjaException.syntax("You cannot chain multiple tests with is", token.line());
    }
    if (!startsOperand(token)) {
      return Arguments.NONE;
    }
    nest();
    Expr operand = postfixes(primary());
    unnest();
    return new Arguments(List.of(operand), List.of(), null, null);
  }

  private static boolean startsOperand(Token token) {
    return switch (token.type()) {
      case NAME -> !Set.of("else", "or", "and").contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      case DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, END -> false;
    };
  }

  Arguments arguments() {
    int line = line();
    tokens.expectOperator("(");
    List<Expr> positional = new ArrayList<>();
    List<Keyword> named = new ArrayList<>();
    Expr rest = null;
    Expr namedRest = null;
    boolean first = true;
    while (!tokens.current().isOperator(")")) {
      if (!first) {
        tokens.expectOperator(",");
        if (tokens.current().isOperator(")")) {
          break;
        }
      }
      first = false;
      if (tokens.skipOperator("*")) {
        ensure(rest == null && namedRest == null, line);
        rest = expression();
      } else if (tokens.skipOperator("**")) {
        ensure(namedRest == null, line);
        namedRest = expression();
      } else if (tokens.current().type() == Token.Type.NAME && tokens.look().isOperator("=")) {
        ensure(namedRest == null, line);
        named.add(keyword());
      } else {
        ensure(rest == null && namedRest == null && named.isEmpty(), line);
        positional.add(expression());
      }
    }
    tokens.expectOperator(")");
    return new Arguments(positional, named, rest, namedRest);
  }

  private Keyword keyword() {
    String name = tokens.next().text();
    tokens.next();
    return new Keyword(name, expression());
  }

  private static void ensure(boolean condition, int line) {
    if (!condition) {
      throw JinjaException.syntax("invalid syntax for function call expression", line);
    }
  }
}
