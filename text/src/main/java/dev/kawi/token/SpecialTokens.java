package dev.kawi.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/// Finds the tokens that are looked for in the text itself, before any model sees it: control
/// tokens and user-defined ones.
///
/// Where several could be, the longest token wins, then the one of the lower id, then the leftmost,
/// as in llama.cpp. All candidates are found in one pass with a trie, sorted by that order, and
/// taken unless something better has taken a part of their place.
final class SpecialTokens {
  /// What a token does to the text around it.
  enum Trait {
    /// White space before it belongs to it.
    TAKES_SPACE_BEFORE,
    /// White space after it belongs to it.
    TAKES_SPACE_AFTER,
    /// It is only found where no letter or digit touches it.
    WHOLE_WORD
  }

  /// A token to look for.
  record Special(int id, String text, TokenKind kind, Set<Trait> traits) {
    Special {
      if (text.isEmpty()) {
        throw new IllegalArgumentException("Special: the text of token " + id + " is empty");
      }
      traits = Set.copyOf(traits);
    }

    boolean isControl() {
      return kind != TokenKind.USER_DEFINED;
    }
  }

  /// A token found at `text[start..end)`; from `before` to `after` is what it takes with it.
  record Match(Special token, int start, int end, int before, int after) {}

  private final List<Special> tokens;
  private final LongMap children = new LongMap(64);
  private final IntList endings = new IntList();
  private final BitSet firstCharacters = new BitSet();

  SpecialTokens(List<Special> tokens) {
    this.tokens = new ArrayList<>(tokens);
    this.tokens.sort(
        Comparator.comparingInt((Special t) -> -Utf8.length(t.text(), 0, t.text().length()))
            .thenComparingInt(Special::id));
    List<Integer> ends = new ArrayList<>(List.of(-1));
    for (int order = 0; order < this.tokens.size(); order++) {
      String text = this.tokens.get(order).text();
      firstCharacters.set(text.charAt(0));
      int node = 0;
      for (int i = 0; i < text.length(); i++) {
        int child = (int) children.get(key(node, text.charAt(i)));
        if (child < 0) {
          child = ends.size();
          ends.add(-1);
          children.putIfAbsent(key(node, text.charAt(i)), child);
        }
        node = child;
      }
      if (ends.get(node) < 0) {
        ends.set(node, order);
      }
    }
    ends.forEach(endings::add);
  }

  private static long key(int node, char c) {
    return ((long) node << 16) | c;
  }

  /// All tokens of the text in the order in which they stand. Control tokens are only looked for
  /// when the options say so, and never where they would touch content.
  List<Match> find(String text, Spans content, EncodeOptions.Controls controls) {
    long[] candidates = candidates(text, content, controls);
    if (candidates.length == 0) {
      return List.of();
    }
    Arrays.sort(candidates);
    BitSet taken = new BitSet(text.length());
    List<Match> matches = new ArrayList<>();
    for (long candidate : candidates) {
      Special token = tokens.get((int) (candidate >>> 32));
      int start = (int) candidate;
      int end = start + token.text().length();
      int next = taken.nextSetBit(start);
      if (next < 0 || next >= end) {
        Match match = match(token, start, end, text, taken);
        taken.set(match.before(), match.after());
        matches.add(match);
      }
    }
    matches.sort(Comparator.comparingInt(Match::start));
    return matches;
  }

  private static Match match(Special token, int start, int end, String text, BitSet taken) {
    int before = start;
    int after = end;
    if (token.traits().contains(Trait.TAKES_SPACE_BEFORE)) {
      while (before > 0 && isSpace(text.charAt(before - 1)) && !taken.get(before - 1)) {
        before--;
      }
    }
    if (token.traits().contains(Trait.TAKES_SPACE_AFTER)) {
      while (after < text.length() && isSpace(text.charAt(after)) && !taken.get(after)) {
        after++;
      }
    }
    return new Match(token, start, end, before, after);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  /// Every place where a token could be: its rank among the tokens above, the place below.
  private long[] candidates(String text, Spans content, EncodeOptions.Controls controls) {
    long[] found = new long[16];
    int size = 0;
    for (int start = firstIn(text, 0); start < text.length(); start = firstIn(text, start + 1)) {
      int node = 0;
      for (int i = start; i < text.length(); i++) {
        node = (int) children.get(key(node, text.charAt(i)));
        if (node < 0) {
          break;
        }
        int order = endings.get(node);
        if (order >= 0 && isAllowed(tokens.get(order), text, start, content, controls)) {
          if (size == found.length) {
            found = Arrays.copyOf(found, size * 2);
          }
          found[size++] = ((long) order << 32) | start;
        }
      }
    }
    return Arrays.copyOf(found, size);
  }

  private int firstIn(String text, int from) {
    int at = from;
    while (at < text.length() && !firstCharacters.get(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isAllowed(
      Special token, String text, int start, Spans content, EncodeOptions.Controls controls) {
    int end = start + token.text().length();
    if (token.isControl()
        && (controls == EncodeOptions.Controls.AS_TEXT || content.overlaps(start, end))) {
      return false;
    }
    return !token.traits().contains(Trait.WHOLE_WORD)
        || (!isWordAt(text, start - 1) && !isWordAt(text, end));
  }

  private static boolean isWordAt(String text, int index) {
    return index >= 0
        && index < text.length()
        && (Character.isLetterOrDigit(text.charAt(index)) || text.charAt(index) == '_');
  }
}
