package dev.kawi.token;

import java.util.Arrays;

/// Regular expressions as Oniguruma reads them, which is what Hugging Face's tokenizers cut and
/// replace text with: Unicode classes, `^` and `$` at every line, the first alternative that fits.
///
/// A backtracking matcher over code points that keeps its own stack. Expressions come from files
/// that are not trusted, so the work is bounded: an expression that takes more than [#STEPS] steps
/// a code point of text is refused while it runs, where Oniguruma gives up too. What the parser
/// does not know ([RegexParser]) is refused when the file is read.
final class Regex {
  /// Steps allowed for each code point of a text, and [#FREE_STEPS] for the whole.
  private static final int STEPS = 2_000;

  private static final long FREE_STEPS = 2_000_000;
  private static final int MOST_ENTRIES = 1 << 22;
  private static final int FAIL = -1;

  /// What one instruction does. All but the splits and [#MATCH] go on with the next instruction.
  enum Op {
    /// Takes one code point of the set.
    SET,
    /// Takes `low` to `high` code points of the set, as many as possible first.
    MANY,
    /// The same, as few as possible first.
    FEW,
    /// The same, as many as possible and never fewer.
    ALL,
    /// Goes to `low`, and if that fails to `high`.
    SPLIT,
    /// Goes to `low`.
    JUMP,
    /// A position; `low` is one of the constants of [Regex].
    AT,
    /// Whether what stands from here to `low` matches at this position; goes on at `low`.
    LOOK,
    /// Whether it does not.
    LOOK_NOT,
    /// The same for what ends at this position and is `high` code points long.
    BEHIND,
    /// Whether it does not.
    BEHIND_NOT,
    /// Matches what stands from here to `low` without coming back to it.
    ATOMIC,
    MATCH
  }

  static final int LINE_START = 0;
  static final int LINE_END = 1;
  static final int TEXT_START = 2;
  static final int TEXT_END = 3;
  static final int TEXT_END_OR_LINE = 4;
  static final int WORD_EDGE = 5;
  static final int NO_WORD_EDGE = 6;

  /// One instruction.
  record Instruction(Op op, int low, int high, CharSet set) {}

  private final String expression;
  private final Instruction[] program;

  private Regex(String expression, Instruction[] program) {
    this.expression = expression;
    this.program = program;
  }

  /// Reads an expression; one that is not understood is a [dev.kawi.gguf.ModelFormatException].
  static Regex of(String expression) {
    return new Regex(expression, new RegexParser(expression).program());
  }

  /// The expression that matches exactly this text.
  static Regex literal(String text) {
    Instruction[] program =
        text.codePoints()
            .mapToObj(c -> new Instruction(Op.SET, 0, 0, x -> x == c))
            .toArray(Instruction[]::new);
    Instruction[] ended = Arrays.copyOf(program, program.length + 1);
    ended[program.length] = new Instruction(Op.MATCH, 0, 0, CharSet.NONE);
    return new Regex(text, ended);
  }

  /// All matches in `text[from..to)`, from left to right: the start and the end of each. An empty
  /// match right behind another is none. Nothing outside of the range is seen.
  IntList matches(int[] text, int from, int to) {
    IntList found = new IntList();
    Run run = new Run(text, from, to);
    int lastEnd = -1;
    for (int at = from; at <= to; ) {
      int start = at;
      int end = run.match(0, start);
      while (end < 0 && start < to) {
        end = run.match(0, ++start);
      }
      if (end < 0) {
        break;
      }
      if (end == start && end == lastEnd) {
        at++;
        continue;
      }
      found.add(start);
      found.add(end);
      lastEnd = end;
      at = end;
    }
    return found;
  }

  /// The text with every match replaced.
  String replaceAll(String text, String replacement) {
    int[] codePoints = text.codePoints().toArray();
    IntList matches = matches(codePoints, 0, codePoints.length);
    if (matches.size() == 0) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (int i = 0; i < matches.size(); i += 2) {
      out.append(new String(codePoints, at, matches.get(i) - at)).append(replacement);
      at = matches.get(i + 1);
    }
    return out.append(new String(codePoints, at, codePoints.length - at)).toString();
  }

  @Override
  public String toString() {
    return expression.length() > 300 ? expression.substring(0, 300) + "..." : expression;
  }

  /// One search through one text.
  private final class Run {
    private final int[] text;
    private final int from;
    private final int to;
    private long steps;

    /// Where to go on after a failure: an instruction, a position, and the least position that may
    /// be tried (below it for [Op#MANY], or the highest for [Op#FEW]).
    private int[] stack = new int[96];

    private int depth;

    private Run(int[] text, int from, int to) {
      this.text = text;
      this.from = from;
      this.to = to;
      this.steps = FREE_STEPS + (long) STEPS * (to - from);
    }

    /// Where the match of the instructions from `pc` on that begins at `at` ends, or -1.
    private int match(int pc, int at) {
      int floor = depth;
      int end = step(pc, at);
      while (end == FAIL && depth > floor) {
        end = resume();
      }
      depth = floor;
      return end;
    }

    /// Takes the way that was put off last.
    private int resume() {
      depth -= 3;
      int pc = stack[depth];
      int at = stack[depth + 1];
      int limit = stack[depth + 2];
      Instruction i = program[pc];
      if (i.op() == Op.MANY && at > limit) {
        push(pc, at - 1, limit);
      } else if (i.op() == Op.FEW) {
        if (!i.set().contains(text[at])) {
          return FAIL;
        }
        if (at + 1 < limit) {
          push(pc, at + 1, limit);
        }
        return step(pc + 1, at + 1);
      }
      return step(i.op() == Op.SPLIT ? i.high() : pc + 1, at);
    }

    private void push(int pc, int at, int limit) {
      if (depth + 3 > stack.length) {
        if (stack.length > MOST_ENTRIES) {
          throw tooLong();
        }
        stack = Arrays.copyOf(stack, stack.length * 2);
      }
      stack[depth] = pc;
      stack[depth + 1] = at;
      stack[depth + 2] = limit;
      depth += 3;
    }

    private IllegalArgumentException tooLong() {
      return new IllegalArgumentException(
          "tokenizer: the expression %s takes too long on a text of %d characters"
              .formatted(Regex.this, to - from));
    }

    /// Goes on until the program ends or something does not fit.
    private int step(int first, int start) {
      int pc = first;
      int at = start;
      while (true) {
        if (--steps < 0) {
          throw tooLong();
        }
        Instruction i = program[pc];
        switch (i.op()) {
          case SET -> {
            if (at >= to || !i.set().contains(text[at])) {
              return FAIL;
            }
            at++;
            pc++;
          }
          case MANY, ALL, FEW -> {
            at = repeat(i, pc, at);
            pc++;
          }
          case SPLIT -> {
            push(pc, at, 0);
            pc = i.low();
          }
          case JUMP -> pc = i.low();
          case AT -> {
            if (!isAt(i.low(), at)) {
              return FAIL;
            }
            pc++;
          }
          case LOOK, LOOK_NOT -> {
            if (match(pc + 1, at) >= 0 != (i.op() == Op.LOOK)) {
              return FAIL;
            }
            pc = i.low();
          }
          case BEHIND, BEHIND_NOT -> {
            boolean is = at - i.high() >= from && match(pc + 1, at - i.high()) == at;
            if (is != (i.op() == Op.BEHIND)) {
              return FAIL;
            }
            pc = i.low();
          }
          case ATOMIC -> {
            at = match(pc + 1, at);
            pc = i.low();
          }
          case MATCH -> {
            return at;
          }
        }
        if (at < 0) {
          return FAIL;
        }
      }
    }

    /// Takes repetitions of one set and remembers the other numbers of them; -1 if there are too
    /// few.
    private int repeat(Instruction i, int pc, int at) {
      int least = at + i.low();
      int most = i.high() < 0 ? to : (int) Math.min(to, (long) at + i.high());
      int end = at;
      int wanted = i.op() == Op.FEW ? Math.min(least, most) : most;
      while (end < wanted && i.set().contains(text[end])) {
        end++;
      }
      steps -= end - at;
      if (end < least) {
        return FAIL;
      }
      if (i.op() == Op.MANY && end > least) {
        push(pc, end - 1, least);
      } else if (i.op() == Op.FEW && end < most) {
        push(pc, end, most);
      }
      return end;
    }

    private boolean isAt(int where, int at) {
      return switch (where) {
        case LINE_START -> at == from || (at < to && text[at - 1] == '\n');
        case LINE_END -> at == to || text[at] == '\n';
        case TEXT_START -> at == from;
        case TEXT_END -> at == to;
        case TEXT_END_OR_LINE -> at == to || (at == to - 1 && text[at] == '\n');
        case WORD_EDGE -> isWord(at - 1) != isWord(at);
        default -> isWord(at - 1) == isWord(at);
      };
    }

    private boolean isWord(int at) {
      return at >= from && at < to && RegexClasses.WORD.contains(text[at]);
    }
  }
}
