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
/// taken unless something better has taken a part of their place. In a `tokenizer.json` the
/// leftmost wins, then the longest ([Order]).
final class SpecialTokens {
  /// What a token does to the text around it.
  enum Trait {
    /// White space before it belongs to it.
    TAKES_SPACE_BEFORE,
    /// White space after it belongs to it.
    TAKES_SPACE_AFTER,
    /// It is only found where no letter or digit touches it.
    WHOLE_WORD,
    /// It is looked for in normalized text.
    NORMALIZED
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

  /// Which of several tokens wins.
  enum Order {
    /// The longest, as in llama.cpp.
    LONGEST_FIRST,
    /// The leftmost, then the longest, as in Hugging Face's tokenizers.
    LEFTMOST_FIRST
  }

  /// Where control tokens are not looked for.
  @FunctionalInterface
  interface Content {
    boolean overlaps(int start, int end);
  }

  private final Order order;
  private final List<Special> tokens;
  private final LongMap children = new LongMap(64);
  private final IntList endings = new IntList();
  private final BitSet firstCharacters = new BitSet();

  /// Of tokens with the same text the first is found where the leftmost wins, else the one of the
  /// lower id.
  SpecialTokens(List<Special> tokens, Order order) {
    this.order = order;
    this.tokens = new ArrayList<>(tokens);
    if (order == Order.LONGEST_FIRST) {
      this.tokens.sort(
          Comparator.comparingInt((Special t) -> -Utf8.length(t.text(), 0, t.text().length()))
              .thenComparingInt(Special::id));
    }
    List<Integer> ends = new ArrayList<>(List.of(-1));
    for (int rank = 0; rank < this.tokens.size(); rank++) {
      String text = this.tokens.get(rank).text();
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
        ends.set(node, rank);
      }
    }
    ends.forEach(endings::add);
  }

  private static long key(int node, char c) {
    return ((long) node << 16) | c;
  }

  /// All tokens of the text in the order in which they stand. Control tokens are only looked for
  /// when the options say so, and never where they would touch content.
  List<Match> find(String text, Content content, EncodeOptions.Controls controls) {
    return order == Order.LONGEST_FIRST
        ? longest(text, content, controls)
        : leftmost(text, content, controls);
  }

  boolean isEmpty() {
    return tokens.isEmpty();
  }

  /// Goes on behind a match that is no word of its own, and looks for the next token right behind
  /// the text of a token even where that took the white space after it, as Hugging Face's
  /// tokenizers does.
  private List<Match> leftmost(String text, Content content, EncodeOptions.Controls controls) {
    List<Match> matches = new ArrayList<>();
    int taken = 0;
    int start = firstIn(text, 0);
    while (start < text.length()) {
      int rank = longestAt(text, start, content, controls);
      if (rank < 0) {
        start = firstIn(text, start + 1);
        continue;
      }
      Special token = tokens.get(rank);
      int end = start + token.text().length();
      boolean touches = isWordBefore(text, start) || isWordAfter(text, end);
      if (!token.traits().contains(Trait.WHOLE_WORD) || !touches) {
        int before = start;
        if (token.traits().contains(Trait.TAKES_SPACE_BEFORE)) {
          while (before > 0 && isWhite(text.charAt(before - 1))) {
            before--;
          }
          before = Math.max(before, taken);
        }
        int after = end;
        while (token.traits().contains(Trait.TAKES_SPACE_AFTER)
            && after < text.length()
            && isWhite(text.charAt(after))) {
          after++;
        }
        matches.add(new Match(token, start, end, before, after));
        taken = after;
      }
      start = firstIn(text, end);
    }
    return matches;
  }

  private int longestAt(String text, int start, Content content, EncodeOptions.Controls controls) {
    int longest = -1;
    int node = 0;
    for (int i = start; i < text.length(); i++) {
      node = (int) children.get(key(node, text.charAt(i)));
      if (node < 0) {
        break;
      }
      int rank = endings.get(node);
      if (rank >= 0 && isOpen(tokens.get(rank), start, content, controls)) {
        longest = rank;
      }
    }
    return longest;
  }

  private static boolean isWhite(char c) {
    return CharClass.is(c, CharClass.SPACE);
  }

  private static boolean isWordBefore(String text, int index) {
    return index > 0 && RegexClasses.RUST_WORD.contains(text.codePointBefore(index));
  }

  private static boolean isWordAfter(String text, int index) {
    return index < text.length() && RegexClasses.RUST_WORD.contains(text.codePointAt(index));
  }

  private List<Match> longest(String text, Content content, EncodeOptions.Controls controls) {
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
  private long[] candidates(String text, Content content, EncodeOptions.Controls controls) {
    long[] found = new long[16];
    int size = 0;
    for (int start = firstIn(text, 0); start < text.length(); start = firstIn(text, start + 1)) {
      int node = 0;
      for (int i = start; i < text.length(); i++) {
        node = (int) children.get(key(node, text.charAt(i)));
        if (node < 0) {
          break;
        }
        int rank = endings.get(node);
        if (rank >= 0 && isAllowed(tokens.get(rank), text, start, content, controls)) {
          if (size == found.length) {
            found = Arrays.copyOf(found, size * 2);
          }
          found[size++] = ((long) rank << 32) | start;
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
      Special token, String text, int start, Content content, EncodeOptions.Controls controls) {
    int end = start + token.text().length();
    return isOpen(token, start, content, controls)
        && (!token.traits().contains(Trait.WHOLE_WORD)
            || (!isWordAt(text, start - 1) && !isWordAt(text, end)));
  }

  /// Whether the token may be found here at all: a control token only where controls are parsed and
  /// no content is.
  private static boolean isOpen(
      Special token, int start, Content content, EncodeOptions.Controls controls) {
    return !token.isControl()
        || (controls == EncodeOptions.Controls.PARSED
            && !content.overlaps(start, start + token.text().length()));
  }

  private static boolean isWordAt(String text, int index) {
    return index >= 0
        && index < text.length()
        && (Character.isLetterOrDigit(text.charAt(index)) || text.charAt(index) == '_');
  }
}
