package dev.kawi.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The automaton of text that is valid UTF-8 and ends with the first trigger in it: the automaton
/// of Aho and Corasick, and beside it how much of a character was read.
final class FreeTextStates {
  /// Takes a transition: bytes `first` to `last` lead to state `target`; -1 - i means that trigger
  /// i is complete.
  interface Sink {
    void accept(int first, int last, int target);
  }

  static final int START = 0;

  /// As a byte: begins and ends a control token in the trie of a vocabulary; no UTF-8 text has it.
  static final int CONTROL = 0xFF;

  // What of a character is to come: nothing; one, two or three continuation bytes; and the four
  // cases in which the first of them is not just any.
  private static final int UTF8_STATES = 8;
  private static final int AFTER_E0 = 4;
  private static final int AFTER_ED = 5;
  private static final int AFTER_F0 = 6;
  private static final int AFTER_F4 = 7;

  private final List<int[]> children = new ArrayList<>();
  private final List<Integer> complete = new ArrayList<>();
  private final List<Integer> controls = new ArrayList<>();

  FreeTextStates(List<Syntax.Trigger> triggers) {
    node();
    for (int i = 0; i < triggers.size(); i++) {
      if (triggers.get(i).text() instanceof Syntax.Literal literal) {
        if (literal.text().isEmpty()) {
          throw new GrammarException("grammar: a trigger that ends free text must not be empty");
        }
        add(literal.bytes(), i);
      } else {
        controls.add(i);
      }
    }
    link();
  }

  private int node() {
    children.add(filled());
    complete.add(-1);
    return children.size() - 1;
  }

  private static int[] filled() {
    int[] none = new int[256];
    Arrays.fill(none, -1);
    return none;
  }

  private void add(byte[] text, int trigger) {
    int node = 0;
    for (byte b : text) {
      int child = children.get(node)[b & 0xff];
      if (child < 0) {
        child = node();
        children.get(node)[b & 0xff] = child;
      }
      node = child;
    }
    if (complete.get(node) < 0) {
      complete.set(node, trigger);
    }
  }

  /// Completes the transitions, breadth first.
  private void link() {
    int[] fallback = new int[children.size()];
    List<Integer> queue = new ArrayList<>(List.of(0));
    for (int at = 0; at < queue.size(); at++) {
      int node = queue.get(at);
      int[] next = children.get(node);
      int[] others = children.get(fallback[node]);
      for (int b = 0; b < 256; b++) {
        if (next[b] < 0) {
          next[b] = node == 0 ? 0 : others[b];
        } else {
          int child = next[b];
          fallback[child] = node == 0 ? 0 : others[b];
          if (complete.get(child) < 0) {
            complete.set(child, complete.get(fallback[child]));
          }
          queue.add(child);
        }
      }
    }
  }

  /// The triggers that begin with a control token.
  List<Integer> controlTriggers() {
    return controls;
  }

  /// Whether the text so far ends with a whole character.
  boolean isBetweenCharacters(int state) {
    return state % UTF8_STATES == 0;
  }

  void transitions(int state, Sink sink) {
    int from = 0;
    int target = target(state, 0);
    for (int b = 1; b <= 256; b++) {
      int next = b == 256 ? Integer.MIN_VALUE : target(state, b);
      if (next != target) {
        if (target != Integer.MIN_VALUE) {
          sink.accept(from, b - 1, target);
        }
        from = b;
        target = next;
      }
    }
  }

  private int target(int state, int value) {
    int utf8 = utf8(state % UTF8_STATES, value);
    if (utf8 < 0) {
      return Integer.MIN_VALUE;
    }
    int node = children.get(state / UTF8_STATES)[value];
    return complete.get(node) < 0 ? node * UTF8_STATES + utf8 : -1 - complete.get(node);
  }

  private static int utf8(int state, int value) {
    boolean continues = value >= 0x80 && value <= 0xBF;
    return switch (state) {
      case 0 -> first(value);
      case 1, 2, 3 -> continues ? state - 1 : -1;
      case AFTER_E0 -> continues && value >= 0xA0 ? 1 : -1;
      case AFTER_ED -> continues && value <= 0x9F ? 1 : -1;
      case AFTER_F0 -> continues && value >= 0x90 ? 2 : -1;
      case AFTER_F4 -> continues && value <= 0x8F ? 2 : -1;
      default -> throw new IllegalStateException("Bug: no state " + state + " of UTF-8");
    };
  }

  private static int first(int value) {
    if (value < 0x80) {
      return 0;
    }
    if (value < 0xC2 || value > 0xF4) {
      return -1;
    }
    return switch (value) {
      case 0xE0 -> AFTER_E0;
      case 0xED -> AFTER_ED;
      case 0xF0 -> AFTER_F0;
      case 0xF4 -> AFTER_F4;
      default -> value < 0xE0 ? 1 : value < 0xF0 ? 2 : 3;
    };
  }
}
