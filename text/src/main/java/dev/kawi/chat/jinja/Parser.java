package dev.kawi.chat.jinja;

import dev.kawi.chat.jinja.Expr.FilterCall;
import dev.kawi.chat.jinja.ExprParser.Inline;
import dev.kawi.chat.jinja.Stmt.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Parses the statements of a template; [ExprParser] does the expressions in them.
final class Parser {
  private final Tokens tokens;
  private final ExprParser exprs;
  private int loops;

  private Parser(Tokens tokens) {
    this.tokens = tokens;
    this.exprs = new ExprParser(tokens);
  }

  static List<Stmt> parse(String source) {
    Parser parser = new Parser(new Tokens(Lexer.tokenize(source)));
    return parser.statements(Set.of());
  }

  /// Statements up to a tag in `ends`, which becomes the current token, or to the end of the
  /// template when there are none.
  private List<Stmt> statements(Set<String> ends) {
    exprs.nest();
    List<Stmt> statements = new ArrayList<>();
    while (true) {
      Token token = tokens.next();
      switch (token.type()) {
        case DATA -> statements.add(new Stmt.Data(Text.trusted(token.text()), token.line()));
        case VARIABLE_BEGIN -> statements.add(print());
        case BLOCK_BEGIN -> {
          if (tokens.current().type() == Token.Type.NAME
              && ends.contains(tokens.current().text())) {
            exprs.unnest();
            return statements;
          }
          statements.addAll(statement());
          tokens.expect(Token.Type.BLOCK_END);
        }
        case END -> {
          if (!ends.isEmpty()) {
            throw JinjaException.syntax(
                "Unexpected end of template. Jinja was looking for the following tags: "
                    + String.join(", ", ends),
                token.line());
          }
          exprs.unnest();
          return statements;
        }
        case VARIABLE_END, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR ->
            throw JinjaException.syntax("unexpected " + token.describe(), token.line());
      }
    }
  }

  private Stmt print() {
    int line = tokens.current().line();
    Expr value = exprs.tuple(Inline.CONDITIONALS, false, "");
    tokens.expect(Token.Type.VARIABLE_END);
    return new Stmt.Print(value, line);
  }

  /// The body of a tag, up to one of its ends, which is left as the current token.
  private List<Stmt> body(String... ends) {
    tokens.skipOperator(":");
    tokens.expect(Token.Type.BLOCK_END);
    return statements(Set.of(ends));
  }

  /// The body of a tag that opens a scope, with its only end consumed.
  private List<Stmt> scope(String end) {
    int outer = exprs.enterScope();
    List<Stmt> body = body(end);
    exprs.leave(outer);
    tokens.next();
    return body;
  }

  /// A scope that runs as a function, which a `break` cannot leave.
  private List<Stmt> function(String end) {
    int outer = loops;
    loops = 0;
    List<Stmt> body = scope(end);
    loops = outer;
    return body;
  }

  private List<Stmt> statement() {
    Token token = tokens.current();
    if (token.type() != Token.Type.NAME) {
      throw JinjaException.syntax("tag name expected", token.line());
    }
    tokens.next();
    int line = token.line();
    return switch (token.text()) {
      case "for" -> List.of(forLoop(line));
      case "if" -> List.of(ifChain(line));
      case "set" -> List.of(set(line));
      case "with" -> List.of(with(line));
      case "macro" -> List.of(macro(line));
      case "call" -> List.of(callBlock(line));
      case "filter" -> List.of(filterBlock(line));
      case "block" -> List.of(block(line));
      case "print" -> printAll(line);
      case "autoescape" -> {
        exprs.expression();
        yield List.of(new Stmt.Scoped(scope("endautoescape"), line));
      }
      case "generation" -> List.of(new Stmt.Generation(function("endgeneration"), line));
      case "break" -> List.of(inLoop(new Stmt.Break(line)));
      case "continue" -> List.of(inLoop(new Stmt.Continue(line)));
      case "include", "import", "extends", "from" -> List.of(needsLoader(token));
      default ->
          throw JinjaException.syntax("Encountered unknown tag '" + token.text() + "'.", line);
    };
  }

  private Stmt inLoop(Stmt jump) {
    if (loops == 0) {
      throw JinjaException.syntax("break and continue belong in a loop", jump.line());
    }
    return jump;
  }

  private Stmt needsLoader(Token tag) {
    while (tokens.current().type() != Token.Type.BLOCK_END) {
      if (tokens.current().type() == Token.Type.END) {
        throw tokens.unexpected("'%}'");
      }
      tokens.next();
    }
    return new Stmt.NeedsLoader(tag.text(), tag.line());
  }

  private List<Stmt> printAll(int line) {
    List<Stmt> all = new ArrayList<>();
    while (tokens.current().type() != Token.Type.BLOCK_END) {
      if (!all.isEmpty()) {
        tokens.expectOperator(",");
      }
      all.add(new Stmt.Print(exprs.expression(), line));
    }
    return all;
  }

  private Stmt forLoop(int line) {
    Target target = target("in", Names.PLAIN);
    tokens.expectName("in");
    Expr iterable = exprs.tuple(Inline.NO_CONDITIONALS, false, "recursive");
    Expr test = tokens.skipName("if") ? exprs.expression() : null;
    boolean recursive = tokens.skipName("recursive");
    int outer = exprs.enterScope();
    loops++;
    List<Stmt> body = body("endfor", "else");
    loops--;
    boolean hasElse = tokens.next().isName("else");
    List<Stmt> otherwise = hasElse ? body("endfor") : List.of();
    if (hasElse) {
      tokens.next();
    }
    exprs.leave(outer);
    return new Stmt.For(target, iterable, test, recursive, body, otherwise, line);
  }

  private Stmt ifChain(int line) {
    int outer = exprs.enterBranch();
    List<Stmt.Branch> branches = new ArrayList<>();
    List<Stmt> otherwise = List.of();
    Token end;
    do {
      Expr test = exprs.tuple(Inline.NO_CONDITIONALS, false, "");
      branches.add(new Stmt.Branch(test, body("elif", "else", "endif")));
      end = tokens.next();
    } while (end.isName("elif"));
    if (end.isName("else")) {
      otherwise = body("endif");
      tokens.next();
    }
    exprs.leave(outer);
    return new Stmt.If(branches, otherwise, line);
  }

  private Stmt set(int line) {
    Target target = target("", Names.WITH_MEMBERS);
    if (tokens.skipOperator("=")) {
      return new Stmt.Set(target, exprs.tuple(Inline.CONDITIONALS, false, ""), line);
    }
    List<FilterCall> filters = exprs.barredFilters();
    return new Stmt.SetBlock(target, filters, scope("endset"), line);
  }

  private Stmt with(int line) {
    List<Stmt.Binding> bindings = new ArrayList<>();
    while (tokens.current().type() != Token.Type.BLOCK_END) {
      if (!bindings.isEmpty()) {
        tokens.expectOperator(",");
      }
      Target target = target("", Names.PLAIN);
      tokens.expectOperator("=");
      bindings.add(new Stmt.Binding(target, exprs.expression()));
    }
    return new Stmt.With(bindings, scope("endwith"), line);
  }

  private Stmt macro(int line) {
    String name = variable();
    List<String> names = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    parameters(names, defaults);
    List<Stmt> body = function("endmacro");
    return new Stmt.Macro(name, signature(names, defaults, body), body, line);
  }

  private Stmt callBlock(int line) {
    List<String> names = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    if (tokens.current().isOperator("(")) {
      parameters(names, defaults);
    }
    if (!(exprs.expression() instanceof Expr.Call call)) {
      throw JinjaException.syntax("expected call", line);
    }
    List<Stmt> body = function("endcall");
    return new Stmt.CallBlock(call, signature(names, defaults, body), body, line);
  }

  private static Stmt.Signature signature(
      List<String> names, List<Expr> defaults, List<Stmt> body) {
    Set<String> mentioned = Mentions.of(body);
    return new Stmt.Signature(
        names,
        defaults,
        mentioned.contains("caller"),
        mentioned.contains("varargs"),
        mentioned.contains("kwargs"));
  }

  private void parameters(List<String> names, List<Expr> defaults) {
    tokens.expectOperator("(");
    while (!tokens.current().isOperator(")")) {
      if (!names.isEmpty()) {
        tokens.expectOperator(",");
      }
      names.add(variable());
      if (tokens.skipOperator("=")) {
        defaults.add(exprs.expression());
      } else if (!defaults.isEmpty()) {
        throw JinjaException.syntax(
            "non-default argument follows default argument", tokens.current().line());
      }
    }
    tokens.expectOperator(")");
  }

  private Stmt filterBlock(int line) {
    List<FilterCall> filters = new ArrayList<>(List.of(exprs.filter()));
    filters.addAll(exprs.barredFilters());
    return new Stmt.FilterBlock(filters, scope("endfilter"), line);
  }

  private Stmt block(int line) {
    String name = tokens.expect(Token.Type.NAME).text();
    boolean scoped = tokens.skipName("scoped");
    tokens.skipName("required");
    List<Stmt> body = function("endblock");
    tokens.skipName(name);
    return new Stmt.Block(name, scoped, body, line);
  }

  /// Whether `namespace.member` may be assigned to.
  private enum Names {
    PLAIN,
    WITH_MEMBERS
  }

  private Target target(String endName, Names names) {
    int line = tokens.current().line();
    List<Target> parts = new ArrayList<>();
    boolean isTuple = false;
    while (!endsTarget(endName)) {
      parts.add(singleTarget(names));
      if (!tokens.skipOperator(",")) {
        break;
      }
      isTuple = true;
    }
    if (parts.isEmpty()) {
      throw JinjaException.syntax(
          "Expected an expression, got " + tokens.current().describe(), line);
    }
    return isTuple ? new Target.Unpack(parts) : parts.getFirst();
  }

  private boolean endsTarget(String endName) {
    Token token = tokens.current();
    return token.type() == Token.Type.BLOCK_END
        || token.isOperator(")")
        || (!endName.isEmpty() && token.isName(endName));
  }

  private Target singleTarget(Names names) {
    if (tokens.skipOperator("(")) {
      exprs.nest();
      Target inner = target("", Names.PLAIN);
      exprs.unnest();
      tokens.expectOperator(")");
      return inner;
    }
    if (names == Names.WITH_MEMBERS && tokens.look().isOperator(".")) {
      String namespace = tokens.expect(Token.Type.NAME).text();
      tokens.next();
      return new Target.Member(namespace, tokens.expect(Token.Type.NAME).text());
    }
    return new Target.Variable(variable());
  }

  private String variable() {
    Token token = tokens.expect(Token.Type.NAME);
    if (ExprParser.isLiteral(token.text())) {
      throw JinjaException.syntax("can't assign to '" + token.text() + "'", token.line());
    }
    return token.text();
  }
}
