package dev.kawi.sample;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Texts at which an answer ends. They may begin in one token and end in another.
///
/// All of them are searched at once with an automaton (Aho and Corasick 1975, "Efficient string
/// matching"): after each character its state is the longest end of the text that is the beginning
/// of a stop string. Exactly that much has to be held back; everything before it is safe to show.
/// The answer ends where a stop string is complete for the first time, whatever the pieces were; if
/// several end there, the longest counts.
///
/// Immutable; each answer has its own [Matcher].
public final class StopStrings {
  private final Node root = new Node(0);

  private StopStrings() {}

  /// Prepares the search.
  ///
  /// @param texts not empty each; none at all is allowed and never stops
  public static StopStrings of(List<String> texts) {
    StopStrings stops = new StopStrings();
    texts.forEach(stops::insert);
    stops.link();
    return stops;
  }

  /// Prepares the search.
  ///
  /// @param texts not empty each
  public static StopStrings of(String... texts) {
    return of(List.of(texts));
  }

  /// Starts an answer.
  public Matcher matcher() {
    return new Matcher(root);
  }

  private void insert(String text) {
    if (text.isEmpty() || Character.isLowSurrogate(text.charAt(0))) {
      throw new IllegalArgumentException(
          "sampling: a stop string needs at least one whole character, found \"" + text + "\"");
    }
    Node node = root;
    for (int i = 0; i < text.length(); i++) {
      int depth = i + 1;
      node = node.next.computeIfAbsent(text.charAt(i), _ -> new Node(depth));
    }
    node.stop = text;
  }

  /// Links each state to that of its longest proper end, breadth first.
  private void link() {
    ArrayDeque<Node> queue = new ArrayDeque<>(List.of(root));
    while (!queue.isEmpty()) {
      Node node = queue.remove();
      node.next.forEach((character, child) -> {
        child.shorter = node == root ? root : step(node.shorterOr(root), character, root);
        if (child.stop == null) {
          child.stop = child.shorter.stop;
        }
        queue.add(child);
      });
    }
  }

  private static Node step(Node from, char character, Node root) {
    Node node = from;
    while (true) {
      Node next = node.next.get(character);
      if (next != null) {
        return next;
      }
      if (node == root) {
        return root;
      }
      node = node.shorterOr(root);
    }
  }

  private static final class Node {
    final int depth;
    final Map<Character, Node> next = new HashMap<>();
    @Nullable Node shorter;

    /// The longest stop string that ends in this state.
    @Nullable String stop;

    Node(int depth) {
      this.depth = depth;
    }

    Node shorterOr(Node root) {
      return shorter == null ? root : shorter;
    }
  }

  /// Watches one answer. Not thread-safe.
  public static final class Matcher {
    private final Node root;
    private final StringBuilder held = new StringBuilder();
    private Node state;
    private @Nullable String found;

    private Matcher(Node root) {
      this.root = root;
      this.state = root;
    }

    /// Takes the next piece of text.
    ///
    /// @return what is now safe to show; nothing once stopped
    public String push(String piece) {
      if (found != null) {
        return "";
      }
      for (int i = 0; i < piece.length(); i++) {
        held.append(piece.charAt(i));
        state = step(state, piece.charAt(i), root);
        if (state.stop != null) {
          found = state.stop;
          return take(held.length() - found.length());
        }
      }
      return take(held.length() - state.depth);
    }

    private String take(int length) {
      String text = held.substring(0, length);
      held.delete(0, length);
      return text;
    }

    /// Whether a stop string occurred.
    public boolean stopped() {
      return found != null;
    }

    /// The stop string that occurred.
    public Optional<String> stoppedBy() {
      return Optional.ofNullable(found);
    }

    /// What was held back because it might have become a stop string; what comes later begins anew.
    public String flush() {
      if (found != null) {
        return "";
      }
      state = root;
      return take(held.length());
    }
  }
}
