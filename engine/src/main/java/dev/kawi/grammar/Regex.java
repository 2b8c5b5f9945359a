package dev.kawi.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A regular expression, parsed.
sealed interface Regex {
  /// One of these code points.
  record Chars(CodePoints set) implements Regex {}

  /// All parts in order.
  record Sequence(List<Regex> parts) implements Regex {}

  /// One of the options.
  record Alternatives(List<Regex> options) implements Regex {}

  /// The part, `min` to `max` times.
  record Repeat(Regex part, int min, int max) implements Regex {}

  /// `^` or `$`.
  record Anchor(Side side) implements Regex {}

  /// A side of the text.
  enum Side {
    START,
    END
  }

  /// Whether there is an anchor in it.
  default boolean isAnchored() {
    return switch (this) {
      case Chars _ -> false;
      case Sequence(List<Regex> parts) -> parts.stream().anyMatch(Regex::isAnchored);
      case Alternatives(List<Regex> options) -> options.stream().anyMatch(Regex::isAnchored);
      case Repeat(Regex part, int _, int _) -> part.isAnchored();
      case Anchor _ -> true;
    };
  }

  /// As a syntax in which a character is what `chars` makes of it. Anchors must be gone.
  default Syntax syntax(Function<CodePoints, Syntax> chars) {
    return switch (this) {
      case Chars(CodePoints set) -> chars.apply(set);
      case Sequence(List<Regex> parts) ->
          new Syntax.Sequence(parts.stream().map(part -> part.syntax(chars)).toList());
      case Alternatives(List<Regex> options) ->
          new Syntax.Alternatives(options.stream().map(option -> option.syntax(chars)).toList());
      case Repeat(Regex part, int min, int max) -> new Syntax.Repeat(part.syntax(chars), min, max);
      case Anchor _ -> throw new IllegalStateException("Bug: an anchor is left");
    };
  }

  /// The expression that matches whole texts in which this one is found: any text stands before and
  /// after it, where no anchor forbids that.
  ///
  /// @throws GrammarException if an anchor stands elsewhere than at the beginning or end
  default Regex found() {
    return open(Padding.FREE, Padding.FREE);
  }

  /// The expression for whole texts; anchors at the beginning and end change nothing.
  ///
  /// @throws GrammarException if an anchor stands elsewhere
  default Regex whole() {
    return open(Padding.NONE, Padding.NONE);
  }

  /// What may stand beside an expression.
  enum Padding {
    /// Nothing: the text begins or ends here.
    NONE,
    /// Any text.
    FREE,
    /// More of the expression, so that no anchor can be met.
    INSIDE
  }

  private Regex open(Padding before, Padding after) {
    if (before == Padding.INSIDE && after == Padding.INSIDE && !isAnchored()) {
      return this;
    }
    return switch (this) {
      case Alternatives(List<Regex> options) ->
          new Alternatives(options.stream().map(option -> option.open(before, after)).toList());
      case Sequence(List<Regex> parts) -> openSequence(withoutAnchors(parts, before, after));
      case Repeat(Regex _, int _, int _) when isAnchored() -> throw misplaced();
      case Anchor _ -> openSequence(withoutAnchors(List.of(this), before, after));
      case Chars _, Repeat _ -> padded(List.of(this), before, after);
    };
  }

  /// Parts between what may stand beside them.
  record Padded(List<Regex> parts, Padding before, Padding after) {}

  private static Padded withoutAnchors(List<Regex> parts, Padding before, Padding after) {
    int from = 0;
    int to = parts.size();
    Padding left = before;
    Padding right = after;
    while (from < to && parts.get(from) instanceof Anchor(Side side) && side == Side.START) {
      left = beside(left);
      from++;
    }
    while (from < to && parts.get(to - 1) instanceof Anchor(Side side) && side == Side.END) {
      right = beside(right);
      to--;
    }
    return new Padded(parts.subList(from, to), left, right);
  }

  private static Padding beside(Padding padding) {
    if (padding == Padding.INSIDE) {
      throw misplaced();
    }
    return Padding.NONE;
  }

  private static Regex openSequence(Padded padded) {
    List<Regex> parts = padded.parts();
    int last = parts.size() - 1;
    if (last < 0 || parts.stream().noneMatch(Regex::isAnchored)) {
      return padded(parts, padded.before(), padded.after());
    }
    List<Regex> opened = new ArrayList<>();
    for (int i = 0; i <= last; i++) {
      opened.add(
          parts
              .get(i)
              .open(
                  i == 0 ? padded.before() : Padding.INSIDE,
                  i == last ? padded.after() : Padding.INSIDE));
    }
    return new Sequence(opened);
  }

  private static Regex padded(List<Regex> parts, Padding before, Padding after) {
    Regex any = new Repeat(new Chars(CodePoints.ALL), 0, Syntax.UNBOUNDED);
    List<Regex> all = new ArrayList<>();
    if (before == Padding.FREE) {
      all.add(any);
    }
    all.addAll(parts);
    if (after == Padding.FREE) {
      all.add(any);
    }
    return new Sequence(all);
  }

  private static GrammarException misplaced() {
    return new GrammarException(
        "regular expression: ^ is supported at the beginning and $ at the end, found one"
            + " elsewhere");
  }
}
