package dev.kawi.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

// How it works. A magnitude is written digit by digit, and for each number of digits before the
// point the automaton remembers whether what was written equals the beginning of the lower bound,
// and of the upper one; where it equals neither, any digit goes. The sign is an alternative before.

/// Numbers between bounds, in plain decimal notation without an exponent.
final class NumberRanges {
  private static final int MAX_DIGITS = 16;
  private static final int LONGEST_BOUND = 30;

  /// A bound.
  record Bound(BigDecimal value, Side side) {
    Bound negated() {
      return new Bound(value.negate(), side);
    }
  }

  /// Whether a bound itself lies within.
  enum Side {
    INCLUSIVE,
    EXCLUSIVE
  }

  /// Which numbers there are.
  enum Kind {
    INTEGER,
    DECIMAL
  }

  private record Key(int length, int place, boolean low, boolean high) {}

  private final Kind kind;
  private final Digits low;
  private final Optional<Digits> high;
  private final List<Syntax.Arc> arcs = new ArrayList<>();
  private final List<Integer> ends = new ArrayList<>();
  private final Map<Key, Integer> states = new HashMap<>();
  private final List<Key> open = new ArrayList<>();

  /// A bound's digits before and after the point.
  private record Digits(String whole, String fraction, Side side) {
    static Digits of(Bound bound) {
      BigDecimal value = bound.value();
      BigInteger whole = value.toBigInteger();
      BigDecimal rest = value.subtract(new BigDecimal(whole)).stripTrailingZeros();
      String fraction = rest.signum() == 0 ? "" : rest.toPlainString().substring(2);
      return new Digits(whole.toString(), fraction, bound.side());
    }

    int at(int place, int length) {
      if (place < length) {
        return whole.charAt(place) - '0';
      }
      int after = place - length;
      return after < fraction.length() ? fraction.charAt(after) - '0' : 0;
    }

    /// Whether what follows a place are zeros only.
    boolean isDone(int place, int length) {
      return place - length >= fraction.length();
    }
  }

  private NumberRanges(Kind kind, Bound low, Optional<Bound> high) {
    this.kind = kind;
    this.low = Digits.of(low);
    this.high = high.map(Digits::of);
  }

  /// Numbers of a kind within bounds.
  ///
  /// @throws GrammarException if a bound has too many digits
  static Syntax between(Kind kind, Optional<Bound> low, Optional<Bound> high) {
    low.ifPresent(NumberRanges::check);
    high.ifPresent(NumberRanges::check);
    List<Syntax> options = new ArrayList<>();
    Bound zero = new Bound(BigDecimal.ZERO, Side.INCLUSIVE);
    if (high.isEmpty() || high.get().value().signum() >= 0) {
      options.add(magnitudes(kind, low.filter(b -> b.value().signum() >= 0).orElse(zero), high));
    }
    if (low.isEmpty() || low.get().value().signum() < 0) {
      Bound least = high.filter(b -> b.value().signum() <= 0).map(Bound::negated).orElse(zero);
      options.add(
          Syntax.sequence(Syntax.text("-"), magnitudes(kind, least, low.map(Bound::negated))));
    }
    return new Syntax.Alternatives(options);
  }

  private static void check(Bound bound) {
    BigDecimal value = bound.value();
    if (value.precision() > LONGEST_BOUND || Math.abs(value.scale()) > LONGEST_BOUND) {
      throw new GrammarException(
          "a bound may have at most %d digits, found %s".formatted(LONGEST_BOUND, value));
    }
  }

  private static Syntax magnitudes(Kind kind, Bound low, Optional<Bound> high) {
    return new NumberRanges(kind, low, high).build();
  }

  private Syntax build() {
    state(new Key(0, 0, false, false));
    open.clear();
    int longest =
        high.map(digits -> digits.whole().length())
            .orElse(Math.max(MAX_DIGITS, low.whole().length() + 1));
    for (int length = low.whole().length(); length <= longest; length++) {
      int n = length;
      Key first =
          new Key(
              length,
              0,
              length == low.whole().length(),
              high.filter(digits -> digits.whole().length() == n).isPresent());
      arcs.add(new Syntax.Arc(0, Syntax.empty(), state(first)));
    }
    while (!open.isEmpty()) {
      expand(open.removeLast());
    }
    return new Syntax.Graph(arcs, ends);
  }

  private int state(Key key) {
    Integer known = states.get(key);
    if (known != null) {
      return known;
    }
    int number = states.size();
    states.put(key, number);
    open.add(key);
    return number;
  }

  private int lastPlace(int length) {
    int fraction =
        Math.max(low.fraction().length(), high.map(h -> h.fraction().length()).orElse(0));
    return length + Math.max(fraction + 1, MAX_DIGITS);
  }

  private void expand(Key key) {
    int from = state(key);
    boolean whole = key.place() < key.length();
    if (!whole && key.place() != key.length() + 1 && mayEnd(key)) {
      ends.add(from);
    }
    if (key.place() == key.length()) {
      if (kind == Kind.DECIMAL) {
        arcs.add(
            new Syntax.Arc(
                from,
                Syntax.text("."),
                state(new Key(key.length(), key.place() + 1, key.low(), key.high()))));
      }
    } else if (whole || key.place() <= lastPlace(key.length())) {
      digits(key, from);
    }
  }

  // After the point the places of digits are shifted by one: that of the point itself.
  private static int digitPlace(Key key) {
    return key.place() <= key.length() ? key.place() : key.place() - 1;
  }

  private void digits(Key key, int from) {
    int place = digitPlace(key);
    int least = key.low() ? low.at(place, key.length()) : 0;
    if (key.place() == 0 && key.length() > 1) {
      least = Math.max(1, least);
    }
    int most = key.high() ? high.orElseThrow().at(place, key.length()) : 9;
    for (int digit = least; digit <= most; digit++) {
      boolean stillLow = key.low() && digit == least;
      boolean stillHigh = key.high() && digit == most;
      int last = digit;
      if (!stillLow && !stillHigh) {
        last = key.high() ? most - 1 : most;
      }
      arcs.add(
          new Syntax.Arc(
              from,
              Syntax.chars('0' + digit, '0' + last),
              state(new Key(key.length(), key.place() + 1, stillLow, stillHigh))));
      digit = last;
    }
  }

  private boolean mayEnd(Key key) {
    int place = digitPlace(key);
    if (key.low() && !(low.isDone(place, key.length()) && low.side() == Side.INCLUSIVE)) {
      return false;
    }
    return !key.high()
        || !high.orElseThrow().isDone(place, key.length())
        || high.orElseThrow().side() == Side.INCLUSIVE;
  }
}
