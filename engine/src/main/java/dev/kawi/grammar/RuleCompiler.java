package dev.kawi.grammar;

import dev.kawi.grammar.Syntax.Alternatives;
import dev.kawi.grammar.Syntax.AnyText;
import dev.kawi.grammar.Syntax.Arc;
import dev.kawi.grammar.Syntax.Call;
import dev.kawi.grammar.Syntax.Chars;
import dev.kawi.grammar.Syntax.Control;
import dev.kawi.grammar.Syntax.FreeText;
import dev.kawi.grammar.Syntax.Graph;
import dev.kawi.grammar.Syntax.Literal;
import dev.kawi.grammar.Syntax.Member;
import dev.kawi.grammar.Syntax.Members;
import dev.kawi.grammar.Syntax.Repeat;
import dev.kawi.grammar.Syntax.Sequence;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

// How it works. Thompson's construction: each syntax becomes edges between two given states. Edges
// that read nothing stay (the run follows them and remembers the result), so that compiling takes
// time in proportion to the text, whatever its shape. A short repetition becomes a chain of
// copies; a long one, or one of a rule, becomes a rule that counts when it runs.

/// Compiles syntax trees to the automata of rules.
final class RuleCompiler {
  /// What one grammar may have; a state takes some 150 bytes.
  static final int MAX_STATES = 200_000;

  /// Repetitions up to this size are copied.
  private static final int LARGEST_COPIES = 16;

  private record ByteEdge(State from, byte first, byte last, State to) {}

  private record Skip(State from, State to) {}

  private record CallEdge(State from, State.Call call) {}

  private record Suffix(int first, int last, State to) {}

  private final List<State> states = new ArrayList<>();
  private final List<Rule> rules = new ArrayList<>();
  private final List<ByteEdge> byteEdges = new ArrayList<>();
  private final List<Skip> skips = new ArrayList<>();
  private final List<CallEdge> calls = new ArrayList<>();

  /// Compiles a grammar of one rule.
  static Rule compile(String name, Syntax syntax) {
    Rule rule = Rule.named(name);
    RuleCompiler compiler = new RuleCompiler();
    compiler.define(rule, syntax);
    compiler.finish(rule);
    return rule;
  }

  /// Gives a rule its states. Rules that it calls may be defined later.
  void define(Rule rule, Syntax syntax) {
    rules.add(rule);
    enter(rule.start);
    State end = state();
    end.end = true;
    compile(syntax, rule.start, end);
  }

  /// Completes all rules defined so far. They cannot change afterwards.
  ///
  /// @throws GrammarException if a rule calls itself before it reads a byte, or the root matches no
  ///   finite text
  void finish(Rule root) {
    connect();
    new RuleAnalysis(states, rules).run(root);
  }

  private State state() {
    State state = new State();
    enter(state);
    return state;
  }

  private void enter(State state) {
    if (states.size() >= MAX_STATES) {
      throw new GrammarException(
          "grammar: it needs more than %d states; make it smaller".formatted(MAX_STATES));
    }
    state.index = states.size();
    states.add(state);
  }

  private void skip(State from, State to) {
    if (from != to) {
      skips.add(new Skip(from, to));
    }
  }

  private void edge(State from, int first, int last, State to) {
    byteEdges.add(new ByteEdge(from, (byte) first, (byte) last, to));
  }

  private void call(State from, Rule rule, State next) {
    calls.add(new CallEdge(from, new State.Call(rule, next)));
  }

  private void compile(Syntax syntax, State from, State to) {
    switch (syntax) {
      case Literal literal -> literal(literal.bytes(), from, to);
      case Control(String token) -> literal(TokenTrie.control(token), from, to);
      case Chars(CodePoints set) -> chars(set, from, to);
      case Sequence(List<Syntax> parts) -> sequence(parts, from, to);
      case Alternatives(List<Syntax> options) ->
          options.forEach(option -> compile(option, from, to));
      case AnyText(List<String> texts) -> anyText(texts, from, to);
      case Repeat(Syntax part, int min, int max) -> repeat(part, min, max, from, to);
      case Call(Rule rule) -> call(from, rule, to);
      case Graph(List<Arc> arcs, List<Integer> ends) -> graph(arcs, ends, from, to);
      case Members members -> members(members, from, to);
      case FreeText text -> freeText(text, from, to);
    }
  }

  private void literal(byte[] bytes, State from, State to) {
    if (bytes.length == 0) {
      skip(from, to);
      return;
    }
    State state = from;
    for (int i = 0; i < bytes.length; i++) {
      State next = i == bytes.length - 1 ? to : state();
      edge(state, bytes[i] & 0xff, bytes[i] & 0xff, next);
      state = next;
    }
  }

  private void sequence(List<Syntax> parts, State from, State to) {
    if (parts.isEmpty()) {
      skip(from, to);
      return;
    }
    State state = from;
    for (int i = 0; i < parts.size(); i++) {
      State next = i == parts.size() - 1 ? to : state();
      compile(parts.get(i), state, next);
      state = next;
    }
  }

  private void anyText(List<String> texts, State from, State to) {
    SortedSet<byte[]> sorted = new TreeSet<>(Arrays::compareUnsigned);
    texts.forEach(text -> sorted.add(text.getBytes(StandardCharsets.UTF_8)));
    List<State> path = new ArrayList<>(List.of(from));
    byte[] before = {};
    for (byte[] text : sorted) {
      int common = Math.max(0, Arrays.mismatch(before, text));
      path.subList(common + 1, path.size()).clear();
      for (int i = common; i < text.length; i++) {
        State next = state();
        edge(path.getLast(), text[i] & 0xff, text[i] & 0xff, next);
        path.add(next);
      }
      skip(path.getLast(), to);
      before = text;
    }
  }

  private void repeat(Syntax part, int min, int max, State from, State to) {
    if (max == 0) {
      skip(from, to);
    } else if (max == 1) {
      compile(part, from, to);
      if (min == 0) {
        skip(from, to);
      }
    } else if (max == Syntax.UNBOUNDED && min <= 1) {
      loop(part, min, from, to);
    } else if (!(part instanceof Call) && copies(part, min, max) <= LARGEST_COPIES) {
      copy(part, min, max, from, to);
    } else {
      call(from, counting(part, min, max), to);
    }
  }

  private void loop(Syntax part, int min, State from, State to) {
    State before = state();
    State after = min == 0 ? before : state();
    skip(from, before);
    compile(part, before, after);
    skip(after, before);
    skip(after, to);
  }

  private void copy(Syntax part, int min, int max, State from, State to) {
    State state = from;
    for (int i = 0; i < min; i++) {
      State next = state();
      compile(part, state, next);
      state = next;
    }
    if (max == Syntax.UNBOUNDED) {
      loop(part, 0, state, to);
      return;
    }
    for (int i = min; i < max; i++) {
      State next = state();
      skip(state, to);
      compile(part, state, next);
      state = next;
    }
    skip(state, to);
  }

  private Rule counting(Syntax part, int min, int max) {
    Rule body;
    if (part instanceof Call(Rule called) && called.body == null) {
      body = called;
    } else {
      body = Rule.named("repeated");
      define(body, part);
    }
    Rule rule = Rule.counting(body, min, max);
    rules.add(rule);
    enter(rule.start);
    return rule;
  }

  private static long copies(Syntax part, int min, int max) {
    return size(part) * (max == Syntax.UNBOUNDED ? min + 1L : max);
  }

  /// About how many states it takes.
  private static long size(Syntax syntax) {
    return switch (syntax) {
      case Literal(String text) -> Math.max(1, text.length());
      case Control(String token) -> token.length() + 2L;
      case Chars _ -> 1;
      case Sequence(List<Syntax> parts) -> parts.stream().mapToLong(RuleCompiler::size).sum();
      case Alternatives(List<Syntax> options) ->
          options.stream().mapToLong(RuleCompiler::size).sum();
      case Repeat(Syntax part, int min, int max) ->
          max == Syntax.UNBOUNDED || max <= 1 ? size(part) * Math.max(1, min) : LARGEST_COPIES + 1;
      case Call _ -> 1;
      case AnyText _, Graph _, Members _, FreeText _ -> LARGEST_COPIES + 1;
    };
  }

  private void graph(List<Arc> arcs, List<Integer> ends, State from, State to) {
    Map<Integer, State> known = new HashMap<>();
    for (Arc arc : arcs) {
      State first = known.computeIfAbsent(arc.from(), _ -> state());
      compile(arc.label(), first, known.computeIfAbsent(arc.to(), _ -> state()));
    }
    skip(from, known.computeIfAbsent(0, _ -> state()));
    ends.forEach(end -> skip(known.computeIfAbsent(end, _ -> state()), to));
  }

  // first(i): no member before i is there; next(i): some are; here(i): member i comes.
  private void members(Members syntax, State from, State to) {
    State first = from;
    State next = state();
    for (Member member : syntax.members()) {
      State here = state();
      State after = state();
      skip(first, here);
      compile(syntax.separator(), next, here);
      compile(member.part(), here, after);
      State laterFirst = state();
      switch (member.presence()) {
        case REQUIRED -> {}
        case OPTIONAL -> {
          skip(first, laterFirst);
          skip(next, after);
        }
        case ANY_NUMBER -> {
          skip(first, laterFirst);
          skip(next, after);
          compile(syntax.separator(), after, here);
        }
      }
      first = laterFirst;
      next = after;
    }
    skip(first, to);
    skip(next, to);
  }

  private void chars(CodePoints set, State from, State to) {
    Map<Suffix, State> suffixes = new HashMap<>();
    for (int i = 0; i < set.ranges(); i++) {
      Utf8Ranges.split(
          set.first(i),
          set.last(i),
          (first, last) -> {
            State target = to;
            for (int k = first.length - 1; k > 0; k--) {
              target =
                  suffixes.computeIfAbsent(
                      new Suffix(first[k] & 0xff, last[k] & 0xff, target), this::suffix);
            }
            edge(from, first[0] & 0xff, last[0] & 0xff, target);
          });
    }
  }

  private State suffix(Suffix suffix) {
    State state = state();
    edge(state, suffix.first(), suffix.last(), suffix.to());
    return state;
  }

  private void freeText(FreeText text, State from, State to) {
    FreeTextStates table = new FreeTextStates(text.triggers());
    Map<Integer, State> known = new HashMap<>();
    List<Integer> open = new ArrayList<>();
    State[] found = new State[text.triggers().size()];
    for (int i = 0; i < found.length; i++) {
      found[i] = state();
      compile(text.triggers().get(i).then(), found[i], to);
    }
    State start = state();
    skip(from, start);
    known.put(FreeTextStates.START, start);
    open.add(FreeTextStates.START);
    while (!open.isEmpty()) {
      int number = open.removeLast();
      State state = known.getOrDefault(number, start);
      if (table.isBetweenCharacters(number)) {
        if (text.end() == Grammar.End.ANYWHERE) {
          skip(state, to);
        }
        for (int control : table.controlTriggers()) {
          compile(text.triggers().get(control).text(), state, found[control]);
        }
      }
      table.transitions(
          number,
          (first, last, target) -> {
            if (target >= 0) {
              State next = known.get(target);
              if (next == null) {
                next = state();
                known.put(target, next);
                open.add(target);
              }
              edge(state, first, last, next);
            } else {
              edge(state, first, last, found[-1 - target]);
            }
          });
    }
  }

  private void connect() {
    for (State state : states) {
      state.need = state.end ? 0 : State.ENDLESS;
    }
    int[] counts = new int[states.size()];
    byteEdges.forEach(edge -> counts[edge.from().index]++);
    for (State state : states) {
      int n = counts[state.index];
      state.bounds = n == 0 ? state.bounds : new byte[2 * n];
      state.targets = n == 0 ? State.NO_STATES : new State[n];
    }
    for (ByteEdge edge : byteEdges) {
      State from = edge.from();
      int place = --counts[from.index];
      from.bounds[2 * place] = edge.first();
      from.bounds[2 * place + 1] = edge.last();
      from.targets[place] = edge.to();
    }
    skips.forEach(skip -> counts[skip.from().index]++);
    states.forEach(state ->
        state.skips = counts[state.index] == 0 ? State.NO_STATES : new State[counts[state.index]]);
    skips.forEach(skip -> skip.from().skips[--counts[skip.from().index]] = skip.to());
    calls.forEach(call -> counts[call.from().index]++);
    states.forEach(state ->
        state.calls =
            counts[state.index] == 0 ? State.NO_CALLS : new State.Call[counts[state.index]]);
    calls.forEach(call -> call.from().calls[--counts[call.from().index]] = call.call());
  }
}
