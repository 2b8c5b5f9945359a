package dev.kawi.grammar;

import dev.kawi.grammar.Node.Caller;
import dev.kawi.grammar.Position.Ends;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

// How it works. After a byte there are items (state, node). First everything that follows without a
// byte inside rules that were open before: skips, ends of rules (all callers go on), counters.
// Calls met on the way are only collected. Then the called rules are opened, the higher ones first:
// a rule is opened when all its callers are known, so that one node serves all of them, which keeps
// the number of items bounded by states times nodes, however ambiguous the grammar is. A rule just
// opened cannot end, unless it matches nothing at all; the caller has gone on without it then. When
// nothing but the end of the caller follows a call, the callers of the caller take its place, so
// that right recursion needs no depth.

/// Follows a grammar through one byte.
final class Closure {
  /// Rules that may be open within one another; deeper calls are not taken.
  static final int MAX_DEPTH = 256;

  /// Items at one position.
  private static final int MAX_ITEMS = 4096;

  private static final class Calls {
    final Rule rule;
    final List<Caller> callers = new ArrayList<>();

    Calls(Rule rule) {
      this.rule = rule;
    }

    void add(Caller caller) {
      for (Caller known : callers) {
        if (known.isSame(caller)) {
          return;
        }
      }
      callers.add(caller);
    }
  }

  private final Map<Node, Node> nodes = new HashMap<>();
  private final Map<Position, Position> positions = new HashMap<>();
  private final Map<Rule, Rule> counting = new HashMap<>();
  private long nextNode = 1;
  private long work;

  // Of the closure under way: a queue of items, which also says what was seen.
  private State[] states = new State[128];
  private Node[] owners = new Node[128];
  private int size;
  private int[] table = new int[256];
  private final List<Calls> calls = new ArrayList<>();
  private Ends ends = Ends.NO;
  private boolean opening;

  /// Items handled so far.
  long work() {
    return work;
  }

  /// How much is remembered.
  int size() {
    return nodes.size() + positions.size();
  }

  /// Forgets all nodes and positions; those in use stay good.
  void forget() {
    nodes.clear();
    positions.clear();
    counting.clear();
  }

  /// Before the first byte of a grammar.
  Position start(Rule root) {
    begin();
    call(root, new Caller(Node.NOBODY, null));
    if (root.nullable) {
      ends = Ends.TEXT;
    }
    return complete();
  }

  /// A position with one item.
  Position alone(State state, Node node) {
    begin();
    add(state, node);
    return complete();
  }

  /// Some items of a position.
  Position only(Position position, int[] places) {
    begin();
    for (int place : places) {
      add(position.states[place], position.nodes[place]);
    }
    return complete();
  }

  /// After one more byte.
  Position next(Position position, int value) {
    Position known = position.known(value);
    if (known != null) {
      return known;
    }
    begin();
    for (int i = 0; i < position.states.length; i++) {
      State state = position.states[i];
      for (int edge = 0; edge < state.targets.length; edge++) {
        if (state.takes(edge, value)) {
          add(state.targets[edge], position.nodes[i]);
        }
      }
    }
    Position next = complete();
    position.learn(value, next);
    return next;
  }

  private void begin() {
    Arrays.fill(table, 0);
    size = 0;
    calls.clear();
    ends = Ends.NO;
    opening = false;
  }

  private Position complete() {
    int done = 0;
    while (true) {
      while (done < size) {
        follow(states[done], owners[done]);
        done++;
      }
      if (calls.isEmpty()) {
        break;
      }
      opening = true;
      open(removeHighest());
    }
    work += size + 1;
    return position();
  }

  private Calls removeHighest() {
    int highest = 0;
    for (int i = 1; i < calls.size(); i++) {
      if (calls.get(i).rule.height > calls.get(highest).rule.height) {
        highest = i;
      }
    }
    return calls.remove(highest);
  }

  private void open(Calls call) {
    Caller[] callers = call.callers.toArray(Caller[]::new);
    Arrays.sort(callers, Closure::compare);
    Rule rule = call.rule;
    if (rule.body == null) {
      add(rule.start, intern(rule, 1, 1, callers));
    } else if (rule.max > 0) {
      Node node = intern(rule, rule.body.nullable ? 0 : rule.min, rule.max, callers);
      call(rule.body, new Caller(Node.COUNT, node));
    }
  }

  static int compare(Caller a, Caller b) {
    int byState = Long.compare(a.next().id, b.next().id);
    return byState != 0 ? byState : Long.compare(a.id(), b.id());
  }

  /// The one node with these properties.
  Node intern(Rule rule, int toCome, int possible, Caller[] callers) {
    Node node = new Node(rule, toCome, possible, callers, nextNode);
    Node known = nodes.putIfAbsent(node, node);
    if (known == null) {
      nextNode++;
      return node;
    }
    return known;
  }

  /// The one counting rule, of those seen, that repeats the same rule.
  Rule counting(Rule rule) {
    Rule body = rule.body;
    return body == null ? rule : counting.computeIfAbsent(body, _ -> rule);
  }

  private void follow(State state, Node node) {
    for (State next : state.skips) {
      add(next, node);
    }
    for (State.Call call : state.calls) {
      if (node.depth + call.need() <= MAX_DEPTH) {
        call(call, node);
      }
    }
    if (state.end && !opening) {
      end(node.callers);
    }
  }

  private void call(State.Call call, Node node) {
    if (call.next().isOnlyEnd()) {
      for (Caller caller : node.callers) {
        call(call.rule(), caller);
      }
    } else {
      call(call.rule(), new Caller(call.next(), node));
    }
    if (call.rule().nullable) {
      add(call.next(), node);
    }
  }

  private void call(Rule rule, Caller caller) {
    for (Calls known : calls) {
      if (known.rule == rule) {
        known.add(caller);
        return;
      }
    }
    Calls first = new Calls(rule);
    first.add(caller);
    calls.add(first);
  }

  private void end(Caller[] callers) {
    for (Caller caller : callers) {
      Node node = caller.node();
      if (node == null) {
        ends = caller.next() == Node.UNKNOWN ? Ends.OPEN_RULE : Ends.TEXT;
      } else if (caller.next() == Node.COUNT) {
        count(node);
      } else {
        add(caller.next(), node);
      }
    }
  }

  private void count(Node node) {
    int toCome = Math.max(0, node.toCome - 1);
    int possible = node.possible == Syntax.UNBOUNDED ? node.possible : node.possible - 1;
    if (toCome == 0) {
      end(node.callers);
    }
    Rule body = node.rule.body;
    if (possible > 0 && body != null && node.depth + 1 + body.need() <= MAX_DEPTH) {
      call(body, new Caller(Node.COUNT, intern(node.rule, toCome, possible, node.callers)));
    }
  }

  private void add(State state, Node node) {
    if (node.depth + state.need > MAX_DEPTH || !insert(state, node)) {
      return;
    }
    if (size > MAX_ITEMS) {
      throw new GrammarException(
          "grammar: it is too ambiguous: the text so far can be read in more than %d ways"
              .formatted(MAX_ITEMS));
    }
  }

  /// Puts an item into the queue unless it was there.
  private boolean insert(State state, Node node) {
    if (2 * (size + 1) > table.length) {
      grow();
    }
    int slot = slot(state, node);
    while (table[slot] != 0) {
      int place = table[slot] - 1;
      if (states[place] == state && owners[place].id == node.id) {
        return false;
      }
      slot = slot + 1 & table.length - 1;
    }
    states[size] = state;
    owners[size] = node;
    table[slot] = ++size;
    return true;
  }

  private int slot(State state, Node node) {
    long mixed = (state.id * 31 + node.id) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 40) & table.length - 1;
  }

  private void grow() {
    states = Arrays.copyOf(states, 2 * states.length);
    owners = Arrays.copyOf(owners, 2 * owners.length);
    table = new int[2 * table.length];
    for (int i = 0; i < size; i++) {
      int slot = slot(states[i], owners[i]);
      while (table[slot] != 0) {
        slot = slot + 1 & table.length - 1;
      }
      table[slot] = i + 1;
    }
  }

  private Position position() {
    int count = 0;
    for (int i = 0; i < size; i++) {
      if (states[i].readsBytes()) {
        states[count] = states[i];
        owners[count++] = owners[i];
      }
    }
    if (count == 0 && ends == Ends.NO) {
      return Position.DEAD;
    }
    sort(count);
    State[] kept = Arrays.copyOf(states, count);
    Node[] nodesKept = Arrays.copyOf(owners, count);
    Position position = new Position(kept, nodesKept, ends);
    Position known = positions.putIfAbsent(position, position);
    return known == null ? position : known;
  }

  /// Sorts the first `count` items; there are few, and in good order already.
  private void sort(int count) {
    for (int i = 1; i < count; i++) {
      State state = states[i];
      Node node = owners[i];
      int j = i - 1;
      while (j >= 0 && isAfter(j, state, node)) {
        states[j + 1] = states[j];
        owners[j + 1] = owners[j];
        j--;
      }
      states[j + 1] = state;
      owners[j + 1] = node;
    }
  }

  private boolean isAfter(int place, State state, Node node) {
    long order = states[place].id - state.id;
    return order > 0 || (order == 0 && owners[place].id > node.id);
  }
}
