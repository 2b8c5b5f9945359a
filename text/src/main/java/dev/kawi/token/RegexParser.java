package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.token.Regex.Instruction;
import dev.kawi.token.Regex.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Reads a regular expression in Oniguruma's syntax and writes the program that [Regex] runs.
///
/// Not read, and refused by name: back references, conditions, subexpression calls, absent groups,
/// look-behinds of varying length, repetitions of what may be empty, and letters beyond ASCII where
/// case does not matter (there Oniguruma compares whole strings: `ss` is `ß`).
final class RegexParser {
  private static final int MOST_INSTRUCTIONS = 20_000;
  private static final int DEEPEST = 100;
  private static final int UNBOUNDED = -1;

  /// Pairs of letters of which some case or ligature is one code point.
  private static final Set<String> FOLDED = Set.of("ss", "st", "ff", "fi", "fl");

  private final String expression;
  private final int[] text;
  private int at;
  private int depth;
  private boolean anyCase;

  RegexParser(String expression) {
    this.expression = expression;
    this.text = expression.codePoints().toArray();
  }

  /// A part of an expression: what it writes, and how many code points it takes at least and at
  /// most (-1 for any number).
  private record Part(List<Instruction> code, int least, int most) {
    private static final Part EMPTY = new Part(List.of(), 0, 0);

    Part then(Part next) {
      List<Instruction> both = new ArrayList<>(code);
      int shift = code.size();
      next.code.forEach(i -> both.add(moved(i, shift)));
      return new Part(
          both, least + next.least, most < 0 || next.most < 0 ? UNBOUNDED : most + next.most);
    }

    private static Instruction moved(Instruction i, int by) {
      return switch (i.op()) {
        case SPLIT -> new Instruction(i.op(), i.low() + by, i.high() + by, i.set());
        case JUMP, LOOK, LOOK_NOT, BEHIND, BEHIND_NOT, ATOMIC ->
            new Instruction(i.op(), i.low() + by, i.high(), i.set());
        case SET, MANY, FEW, ALL, AT, MATCH -> i;
      };
    }

    static Part of(Op op, int low, int high, CharSet set, int least, int most) {
      return new Part(List.of(new Instruction(op, low, high, set)), least, most);
    }

    static Part one(CharSet set) {
      return of(Op.SET, 0, 0, set, 1, 1);
    }

    static Part position(int where) {
      return of(Op.AT, where, 0, CharSet.NONE, 0, 0);
    }
  }

  Instruction[] program() {
    Part all = alternatives();
    if (at < text.length) {
      throw refused("a \")\" without its \"(\"");
    }
    return all.then(end()).code().toArray(Instruction[]::new);
  }

  private static Part end() {
    return Part.of(Op.MATCH, 0, 0, CharSet.NONE, 0, 0);
  }

  private ModelFormatException refused(String what) {
    return new ModelFormatException(
        "tokenizer: %s is not supported in the expression %s"
            .formatted(
                what,
                expression.length() > 300 ? expression.substring(0, 300) + "..." : expression));
  }

  private boolean has(String next) {
    for (int i = 0; i < next.length(); i++) {
      if (at + i >= text.length || text[at + i] != next.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private boolean take(String next) {
    boolean is = has(next);
    at += is ? next.length() : 0;
    return is;
  }

  private int next() {
    if (at == text.length) {
      throw refused("an end in the middle");
    }
    return text[at++];
  }

  private Part alternatives() {
    if (++depth > DEEPEST) {
      throw refused("nesting deeper than %d".formatted(DEEPEST));
    }
    boolean before = anyCase;
    List<Part> ways = new ArrayList<>();
    do {
      ways.add(sequence());
    } while (take("|"));
    anyCase = before;
    depth--;
    Part all = ways.getLast();
    for (int i = ways.size() - 2; i >= 0; i--) {
      all = either(ways.get(i), all);
    }
    return all;
  }

  private static Part either(Part first, Part second) {
    int size = first.code().size();
    Part all = Part.of(Op.SPLIT, 1, size + 2, CharSet.NONE, 0, 0).then(first);
    int end = size + 2 + second.code().size();
    all = all.then(Part.of(Op.JUMP, end - size - 1, 0, CharSet.NONE, 0, 0)).then(second);
    boolean bounded = first.most() >= 0 && second.most() >= 0;
    return new Part(
        all.code(),
        Math.min(first.least(), second.least()),
        bounded ? Math.max(first.most(), second.most()) : UNBOUNDED);
  }

  private Part sequence() {
    Part all = Part.EMPTY;
    Part last = Part.EMPTY;
    while (at < text.length && !has("|") && !has(")")) {
      int start = at;
      last = repeated(atom());
      checkFolds(start);
      all = all.then(last);
      if (all.code().size() > MOST_INSTRUCTIONS) {
        throw refused("more than %d steps".formatted(MOST_INSTRUCTIONS));
      }
    }
    return all;
  }

  /// Strings that are one letter where case does not matter: `ss` is `ß`, `fi` is a ligature.
  private void checkFolds(int start) {
    if (anyCase && start > 0) {
      String two = new String(text, start - 1, 2);
      if (FOLDED.contains(two.toLowerCase(Locale.ROOT))) {
        throw refused("\"%s\" without regard to case".formatted(two));
      }
    }
  }

  private Part repeated(Part atom) {
    Part part = atom;
    while (at < text.length) {
      int mark = at;
      int low;
      int high;
      boolean interval = has("{");
      if (take("?")) {
        low = 0;
        high = 1;
      } else if (take("*")) {
        low = 0;
        high = UNBOUNDED;
      } else if (take("+")) {
        low = 1;
        high = UNBOUNDED;
      } else if (interval) {
        int[] bounds = interval();
        if (bounds.length == 0) {
          at = mark;
          return part;
        }
        low = bounds[0];
        high = bounds[1];
      } else {
        return part;
      }
      Op op = take("?") ? Op.FEW : !interval && take("+") ? Op.ALL : Op.MANY;
      part = repeat(part, low, high, op);
    }
    return part;
  }

  /// `{n}`, `{n,}`, `{,m}`, `{n,m}`; nothing if it is text.
  private int[] interval() {
    at++;
    int low = number();
    int high = low;
    if (take(",")) {
      high = number();
    }
    boolean open = text[at - 1] == ',';
    if (!take("}") || (low < 0 && high < 0)) {
      return new int[0];
    }
    if (high >= 0 && high < low) {
      throw refused("an interval from more to less");
    }
    return new int[] {Math.max(low, 0), open ? UNBOUNDED : high};
  }

  private int number() {
    int start = at;
    int value = 0;
    while (at < text.length && text[at] >= '0' && text[at] <= '9') {
      value = Math.min(100_000, value * 10 + text[at++] - '0');
    }
    return at == start ? -1 : value;
  }

  private Part repeat(Part part, int low, int high, Op op) {
    if (part.code().size() == 1 && part.code().getFirst().op() == Op.SET) {
      return Part.of(op, low, high, part.code().getFirst().set(), low, high);
    }
    if (op == Op.ALL) {
      return atomic(repeat(part, low, high, Op.MANY));
    }
    if (high < 0 && part.least() == 0) {
      throw refused("a repetition of what may be empty");
    }
    long size = (long) part.code().size() * (Math.max(low, high) + 1);
    if (size > MOST_INSTRUCTIONS) {
      throw refused("more than %d steps".formatted(MOST_INSTRUCTIONS));
    }
    Part all = Part.EMPTY;
    for (int i = 0; i < low; i++) {
      all = all.then(part);
    }
    if (high < 0) {
      return all.then(loop(part, op));
    }
    Part rest = Part.EMPTY;
    for (int i = low; i < high; i++) {
      rest = optional(part.then(rest), op);
    }
    return all.then(rest);
  }

  private static Part optional(Part part, Op op) {
    int end = part.code().size() + 1;
    return new Part(split(op, 1, end).then(part).code(), 0, part.most());
  }

  private static Part loop(Part part, Op op) {
    int end = part.code().size() + 2;
    Part all = split(op, 1, end).then(part);
    return new Part(
        all.then(Part.of(Op.JUMP, -(end - 1), 0, CharSet.NONE, 0, 0)).code(), 0, UNBOUNDED);
  }

  private static Part split(Op op, int more, int done) {
    return op == Op.FEW
        ? Part.of(Op.SPLIT, done, more, CharSet.NONE, 0, 0)
        : Part.of(Op.SPLIT, more, done, CharSet.NONE, 0, 0);
  }

  private static Part inner(Op op, Part part, int behind) {
    int end = part.code().size() + 2;
    return Part.of(op, end, behind, CharSet.NONE, 0, 0).then(part).then(end());
  }

  private static Part atomic(Part part) {
    return new Part(inner(Op.ATOMIC, part, 0).code(), part.least(), part.most());
  }

  private Part atom() {
    int c = next();
    return switch (c) {
      case '(' -> group();
      case '[' -> Part.one(new RegexSetParser(this::refused, text, anyCase).read(this));
      case '.' -> Part.one(RegexClasses.NO_LINE_BREAK);
      case '^' -> Part.position(Regex.LINE_START);
      case '$' -> Part.position(Regex.LINE_END);
      case '\\' -> escape();
      case '?', '*', '+' -> throw refused("a repetition of nothing");
      default -> Part.one(literal(c, anyCase));
    };
  }

  /// The code points that this one stands for.
  private CharSet literal(int c, boolean inAnyCase) {
    if (!inAnyCase || !Character.isLetter(c)) {
      return x -> x == c;
    }
    if (c >= 128) {
      throw refused("\"%s\" without regard to case".formatted(Character.toString(c)));
    }
    return RegexSetParser.inAnyCase(x -> x == c);
  }

  int position() {
    return at;
  }

  void position(int value) {
    at = value;
  }

  private Part group() {
    if (!take("?")) {
      return closed(alternatives());
    }
    if (take(":")) {
      return closed(alternatives());
    }
    if (take("=")) {
      return zero(inner(Op.LOOK, closed(alternatives()), 0));
    }
    if (take("!")) {
      return zero(inner(Op.LOOK_NOT, closed(alternatives()), 0));
    }
    if (take(">")) {
      return atomic(closed(alternatives()));
    }
    if (take("<=")) {
      return behind(Op.BEHIND);
    }
    if (take("<!")) {
      return behind(Op.BEHIND_NOT);
    }
    if (take("<")) {
      while (next() != '>') {
        // the name of a group, which nothing refers to
      }
      return closed(alternatives());
    }
    boolean on = take("i");
    if (on || take("-i")) {
      boolean before = anyCase;
      anyCase = on;
      if (take(":")) {
        Part part = closed(alternatives());
        anyCase = before;
        return part;
      }
      if (take(")")) {
        return Part.EMPTY;
      }
    }
    throw refused("a group (?%s".formatted(at < text.length ? Character.toString(text[at]) : ""));
  }

  private static Part zero(Part part) {
    return new Part(part.code(), 0, 0);
  }

  private Part behind(Op op) {
    Part part = closed(alternatives());
    if (part.least() != part.most()) {
      throw refused("a look-behind of varying length");
    }
    return zero(inner(op, part, part.least()));
  }

  private Part closed(Part part) {
    if (!take(")")) {
      throw refused("a \"(\" without its \")\"");
    }
    return part;
  }

  private Part escape() {
    int c = next();
    return switch (c) {
      case 'A' -> Part.position(Regex.TEXT_START);
      case 'z' -> Part.position(Regex.TEXT_END);
      case 'Z' -> Part.position(Regex.TEXT_END_OR_LINE);
      case 'b' -> Part.position(Regex.WORD_EDGE);
      case 'B' -> Part.position(Regex.NO_WORD_EDGE);
      default -> {
        at--;
        yield Part.one(escapedSet(anyCase));
      }
    };
  }

  /// What a backslash and the characters after it stand for, in a set or outside.
  CharSet escapedSet(boolean inAnyCase) {
    int c = next();
    return switch (c) {
      case 'd' -> RegexClasses.DIGIT;
      case 'D' -> RegexClasses.DIGIT.not();
      case 'w' -> RegexClasses.WORD;
      case 'W' -> RegexClasses.WORD.not();
      case 's' -> CharSet.SPACES;
      case 'S' -> CharSet.SPACES.not();
      case 'p' -> property();
      case 'P' -> property().not();
      default -> {
        at--;
        yield literal(escapedCharacter(), inAnyCase);
      }
    };
  }

  /// The one code point that an escape stands for.
  int escapedCharacter() {
    int c = next();
    return switch (c) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'f' -> '\f';
      case 'v' -> 0x0B;
      case 'a' -> 7;
      case 'e' -> 0x1B;
      case 'x' -> take("{") ? hexadecimal(1, 8, "}") : hexadecimal(2, 2, "");
      case 'u' -> hexadecimal(4, 4, "");
      default -> {
        if (Character.isLetterOrDigit(c)) {
          throw refused("\\%s".formatted(Character.toString(c)));
        }
        yield c;
      }
    };
  }

  private int hexadecimal(int least, int most, String end) {
    int value = 0;
    int digits = 0;
    while (digits < most && at < text.length && Character.digit(text[at], 16) >= 0) {
      value = value * 16 + Character.digit(text[at++], 16);
      digits++;
    }
    if (digits < least || !take(end) || !Character.isValidCodePoint(value)) {
      throw refused("a number of a character");
    }
    return value;
  }

  private CharSet property() {
    if (!take("{")) {
      throw refused("\\p without a name in braces");
    }
    boolean negated = take("^");
    int start = at;
    while (next() != '}') {
      // up to the brace
    }
    String name = new String(text, start, at - 1 - start);
    CharSet set = RegexClasses.named(name).orElseThrow(() -> refused("\\p{%s}".formatted(name)));
    return negated ? set.not() : set;
  }
}
