package dev.kawi.sample;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// "Don't repeat yourself": penalizes tokens that would continue a repetition of what was already
/// said, the more the longer the repetition is (p-e-w 2024, text-generation-webui 5677).
///
/// If the last `n` tokens also stand somewhere earlier, and `n >= allowedLength`, then the token
/// that followed there gets `multiplier * base^(n - allowedLength)` subtracted from its logit. A
/// repetition does not reach back beyond a sequence breaker such as a line feed, so that the fixed
/// parts of lists and dialogues stay free; and a token that is a breaker by itself is never
/// penalized.
///
/// How far each earlier place agrees with the end of the text is the Z-function of the reversed
/// text, which takes time linear in its length (D. Gusfield, "Algorithms on strings, trees and
/// sequences", 1997, section 1.3).
public final class Dry implements SamplerStep {
  /// A longer exponent overflows a float, whatever the base: ln(Float.MAX_VALUE).
  private static final double LOG_FLOAT_MAX = 88.7228391;

  private final double multiplier;
  private final double base;
  private final int allowedLength;
  private final int lastN;
  private final int[] breakerHeads;
  private final int[][][] breakerTails;

  private int[] reversed = new int[0];
  private int[] agreement = new int[0];

  /// By token: the longest repetition that it would continue, plus one; 0 is none. All zero between
  /// two calls.
  private int[] longest = new int[0];

  /// A step with these parameters.
  ///
  /// @param multiplier at least 0; 0 is off
  /// @param base at least 1
  /// @param allowedLength repetitions of this many tokens begin to be penalized; at least 0
  /// @param lastN how many of the last tokens are searched; 0 is off, [SamplingOptions#ALL_TOKENS]
  ///   means all
  /// @param breakers sequences of token ids, none of them empty
  public Dry(
      double multiplier, double base, int allowedLength, int lastN, List<List<Integer>> breakers) {
    this.multiplier = Limits.atLeast("dry-multiplier", multiplier, 0);
    this.base = Limits.atLeast("dry-base", base, 1);
    this.allowedLength = Limits.atLeast("dry-allowed-length", allowedLength, 0);
    this.lastN = Limits.atLeast("dry-last-n", lastN, 0);
    int[][] sequences = breakers.stream().map(Dry::toArray).toArray(int[][]::new);
    this.breakerHeads = Arrays.stream(sequences).mapToInt(s -> s[0]).sorted().distinct().toArray();
    this.breakerTails = new int[breakerHeads.length][][];
    for (int i = 0; i < breakerHeads.length; i++) {
      breakerTails[i] = tailsAfter(breakerHeads[i], sequences);
    }
  }

  private static int[] toArray(List<Integer> sequence) {
    if (sequence.isEmpty()) {
      throw new IllegalArgumentException(
          "sampling: a dry sequence breaker needs at least one token, found an empty one");
    }
    return sequence.stream().mapToInt(Integer::intValue).toArray();
  }

  /// The longest first, since the longest one that fits counts.
  private static int[][] tailsAfter(int head, int[][] sequences) {
    return Arrays.stream(sequences)
        .filter(s -> s[0] == head)
        .map(s -> Arrays.copyOfRange(s, 1, s.length))
        .sorted(Comparator.comparingInt((int[] s) -> s.length).reversed())
        .toArray(int[][]::new);
  }

  @Override
  public String name() {
    return "dry";
  }

  @Override
  public String parameters() {
    return "multiplier="
        + Limits.plain(multiplier)
        + ", base="
        + Limits.plain(base)
        + ", allowed="
        + allowedLength
        + ", last="
        + (lastN == SamplingOptions.ALL_TOKENS ? "all" : lastN);
  }

  @Override
  public boolean enabled() {
    return multiplier > 0 && lastN > 0;
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    if (!enabled()) {
      return;
    }
    int length = readBackwards(context.history());
    if (length <= allowedLength) {
      return;
    }
    int reach = lengthSinceBreaker(length);
    if (reach < allowedLength) {
      return;
    }
    computeAgreement(length);
    collectRepetitions(length, reach);
    penalize(candidates, length);
    for (int i = 0; i < length; i++) {
      longest[reversed[i]] = 0;
    }
  }

  /// Fills `reversed`: the last token comes first.
  private int readBackwards(TokenHistory history) {
    int length = Math.min(history.size(), lastN);
    if (reversed.length < length) {
      reversed = new int[2 * length];
      agreement = new int[2 * length];
    }
    int highest = 0;
    for (int i = 0; i < length; i++) {
      reversed[i] = history.fromEnd(i);
      highest = Math.max(highest, reversed[i]);
    }
    if (longest.length <= highest) {
      longest = new int[Math.max(highest + 1, 2 * longest.length)];
    }
    return length;
  }

  /// How many tokens stand after the last breaker.
  private int lengthSinceBreaker(int length) {
    for (int i = 0; i < length; i++) {
      int head = Arrays.binarySearch(breakerHeads, reversed[i]);
      if (head >= 0) {
        for (int[] tail : breakerTails[head]) {
          if (followedBy(i, tail)) {
            return i - tail.length;
          }
        }
      }
    }
    return length;
  }

  private boolean followedBy(int place, int[] tail) {
    if (tail.length > place) {
      return false;
    }
    for (int i = 0; i < tail.length; i++) {
      if (reversed[place - 1 - i] != tail[i]) {
        return false;
      }
    }
    return true;
  }

  /// The Z-function: `agreement[i]` tokens from place `i` equal those from place 0.
  private void computeAgreement(int length) {
    int left = 0;
    int right = 0;
    for (int i = 1; i < length; i++) {
      int equal = i < right ? Math.min(right - i, agreement[i - left]) : 0;
      while (i + equal < length && reversed[equal] == reversed[i + equal]) {
        equal++;
      }
      agreement[i] = equal;
      if (i + equal > right) {
        left = i;
        right = i + equal;
      }
    }
  }

  private void collectRepetitions(int length, int reach) {
    for (int i = 1; i < length; i++) {
      int repeated = Math.min(agreement[i], reach);
      int next = reversed[i - 1];
      if (repeated >= allowedLength && repeated + 1 > longest[next]) {
        longest[next] = repeated + 1;
      }
    }
  }

  private void penalize(Candidates candidates, int length) {
    if (!candidates.inVocabularyOrder()) {
      for (int i = 0; i < candidates.size(); i++) {
        penalize(candidates, i, candidates.id(i));
      }
      return;
    }
    for (int i = 0; i < length; i++) {
      int token = reversed[i];
      if (token < candidates.size()) {
        penalize(candidates, token, token);
      }
      longest[token] = 0;
    }
  }

  private void penalize(Candidates candidates, int index, int token) {
    if (token < longest.length && longest[token] > 0 && !isBreaker(token)) {
      int exponent = longest[token] - 1 - allowedLength;
      candidates.setLogit(index, candidates.logit(index) - penalty(exponent));
    }
  }

  private float penalty(int exponent) {
    int highest =
        base > 1.000001 ? (int) (LOG_FLOAT_MAX / StrictMath.log(base)) : Integer.MAX_VALUE;
    return (float) (multiplier * StrictMath.pow(base, Math.min(exponent, highest)));
  }

  /// Whether the token alone is a breaker.
  private boolean isBreaker(int token) {
    int head = Arrays.binarySearch(breakerHeads, token);
    return head >= 0 && breakerTails[head][breakerTails[head].length - 1].length == 0;
  }
}
