package dev.kawi.chat.jinja;

/// What one rendering may use: evaluation steps (copied characters count too, [#CHARS_PER_STEP] to
/// a step), the length of one string, and nesting.
///
/// The numbers leave room for a conversation of a million tokens and end `'x' * 10**9` or a hundred
/// nested loops within about a second.
final class Budget {
  static final int MAX_STEPS = 10_000_000;
  static final int MAX_CHARS = 16 << 20;
  static final int MAX_DEPTH = 400;
  static final int CHARS_PER_STEP = 16;

  private long charsSpent;
  private int depth;

  /// Counts one step.
  void step() {
    chars(CHARS_PER_STEP);
  }

  /// Counts `n` steps, before they are made.
  void steps(long n) {
    chars(Math.min(n, MAX_STEPS + 1L) * CHARS_PER_STEP);
  }

  /// Counts the copying or scanning of `n` characters.
  void chars(long n) {
    charsSpent += Math.min(n, 1L << 40);
    if (charsSpent > (long) MAX_STEPS * CHARS_PER_STEP) {
      throw JinjaException.limit(
          "the template needs more than "
              + MAX_STEPS
              + " steps; it loops too much or handles too much text");
    }
  }

  /// Refuses a string of `n` characters that is about to be built.
  void checkLength(long n) {
    if (n > MAX_CHARS) {
      throw JinjaException.limit("a string would grow beyond " + MAX_CHARS + " characters");
    }
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw JinjaException.limit("more than " + MAX_DEPTH + " levels of nesting or recursion");
    }
  }

  void leave() {
    depth--;
  }
}
