package dev.kawi.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

// How it works. Thompson's automaton over characters, made deterministic over the classes of
// characters that no set tells apart, and multiplied with the number of characters so far. That is
// small for what is in use (an identifier of at most 64 characters: some 130 states) and refused
// when it is not.

/// The texts of a length between two bounds that an expression matches.
final class BoundedRegex {
  private static final int MAX_STATES = 20_000;
  private static final int MAX_PARTS = 5_000;
  private static final int MAX_CLASSES = 400;

  private record Edge(int from, CodePoints set, int to) {}

  private record Point(BitSet states, int length) {}

  private final List<Edge> edges = new ArrayList<>();
  private final List<List<Integer>> skips = new ArrayList<>();
  private final List<CodePoints> classes = new ArrayList<>();

  private BoundedRegex() {}

  /// The syntax of the expression within bounds.
  ///
  /// @param regex without anchors
  /// @throws GrammarException if that takes too many states
  static Syntax syntax(Regex regex, int min, int max) {
    try {
      return new BoundedRegex().build(regex, min, max);
    } catch (TooLarge e) {
      throw new GrammarException(
          "together with minLength or maxLength it needs more states than are possible");
    }
  }

  private static final class TooLarge extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLarge() {
      super("too large", null, false, false);
    }
  }

  private Syntax build(Regex regex, int min, int max) {
    int start = state();
    int end = state();
    compile(regex, start, end);
    findClasses();
    int top = max == Syntax.UNBOUNDED ? min : max;
    List<Syntax.Arc> arcs = new ArrayList<>();
    List<Integer> ends = new ArrayList<>();
    Map<Point, Integer> known = new HashMap<>();
    List<Point> points = new ArrayList<>();
    BitSet first = new BitSet();
    first.set(start);
    add(new Point(closed(first), 0), known, points);
    for (int at = 0; at < points.size(); at++) {
      Point point = points.get(at);
      if (point.length() >= min && point.states().get(end)) {
        ends.add(at);
      }
      if (max != Syntax.UNBOUNDED && point.length() == max) {
        continue;
      }
      int length = Math.min(top, point.length() + 1);
      Map<BitSet, CodePoints> next = next(point.states());
      for (Map.Entry<BitSet, CodePoints> move : next.entrySet()) {
        int to = add(new Point(move.getKey(), length), known, points);
        arcs.add(new Syntax.Arc(at, JsonText.character(move.getValue()), to));
      }
    }
    return new Syntax.Graph(arcs, ends);
  }

  private static int add(Point point, Map<Point, Integer> known, List<Point> points) {
    Integer number = known.get(point);
    if (number != null) {
      return number;
    }
    if (points.size() >= MAX_STATES) {
      throw new TooLarge();
    }
    known.put(point, points.size());
    points.add(point);
    return points.size() - 1;
  }

  private int state() {
    if (skips.size() >= MAX_PARTS) {
      throw new TooLarge();
    }
    skips.add(new ArrayList<>());
    return skips.size() - 1;
  }

  private void compile(Regex regex, int from, int to) {
    switch (regex) {
      case Regex.Chars(CodePoints set) -> edges.add(new Edge(from, set, to));
      case Regex.Sequence(List<Regex> parts) -> {
        int state = from;
        for (Regex part : parts) {
          int next = state();
          compile(part, state, next);
          state = next;
        }
        skips.get(state).add(to);
      }
      case Regex.Alternatives(List<Regex> options) ->
          options.forEach(option -> compile(option, from, to));
      case Regex.Repeat(Regex part, int min, int max) -> {
        int state = from;
        for (int i = 0; i < (max == Syntax.UNBOUNDED ? min : max); i++) {
          int next = state();
          if (i >= min) {
            skips.get(state).add(to);
          }
          compile(part, state, next);
          state = next;
        }
        if (max == Syntax.UNBOUNDED) {
          int loop = state();
          skips.get(state).add(loop);
          compile(part, loop, loop);
          state = loop;
        }
        skips.get(state).add(to);
      }
      case Regex.Anchor _ -> throw new IllegalStateException("Bug: an anchor is left");
    }
  }

  /// Cuts the code points into classes that no edge tells apart.
  private void findClasses() {
    TreeSet<Integer> cuts = new TreeSet<>();
    for (Edge edge : edges) {
      for (int i = 0; i < edge.set().ranges(); i++) {
        cuts.add(edge.set().first(i));
        cuts.add(edge.set().last(i) + 1);
      }
    }
    Map<BitSet, List<Integer>> alike = new HashMap<>();
    Integer before = null;
    for (int cut : cuts) {
      if (before != null) {
        BitSet members = new BitSet();
        for (int i = 0; i < edges.size(); i++) {
          members.set(i, edges.get(i).set().contains(before));
        }
        List<Integer> ranges = alike.computeIfAbsent(members, _ -> new ArrayList<>());
        ranges.add(before);
        ranges.add(cut - 1);
      }
      before = cut;
      if (alike.size() > MAX_CLASSES) {
        throw new TooLarge();
      }
    }
    for (Map.Entry<BitSet, List<Integer>> entry : alike.entrySet()) {
      if (!entry.getKey().isEmpty()) {
        classes.add(CodePoints.of(entry.getValue().stream().mapToInt(i -> i).toArray()));
      }
    }
  }

  private Map<BitSet, CodePoints> next(BitSet states) {
    Map<BitSet, CodePoints> next = new HashMap<>();
    for (CodePoints set : classes) {
      BitSet targets = new BitSet();
      for (Edge edge : edges) {
        if (states.get(edge.from()) && edge.set().contains(set.first(0))) {
          targets.set(edge.to());
        }
      }
      if (!targets.isEmpty()) {
        next.merge(closed(targets), set, CodePoints::union);
      }
    }
    return next;
  }

  private BitSet closed(BitSet states) {
    BitSet closed = (BitSet) states.clone();
    List<Integer> open = new ArrayList<>(states.stream().boxed().toList());
    while (!open.isEmpty()) {
      for (int next : skips.get(open.removeLast())) {
        if (!closed.get(next)) {
          closed.set(next);
          open.add(next);
        }
      }
    }
    return closed;
  }
}
