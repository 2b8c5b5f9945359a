package dev.kawi.sample;

import java.util.Arrays;

/// The tokens that may still come next: ids with logits, and probabilities when somebody asks.
///
/// A vocabulary has some 150,000 tokens and a chain keeps a few dozen, so nothing is sorted or
/// exponentiated before it is needed:
/// - at first the candidates are the vocabulary in its order, and a token's place is its id;
/// - the first `sortedPrefix` candidates are the best ones in order, the others are in no order.
///   [#sortPrefix] makes the prefix longer. A short prefix is selected with a heap in one pass, a
///   long one by a full sort;
/// - probabilities are the softmax of the logits over those that remain, computed at the first
///   question after a change.
///
/// Order is by logit, highest first; among equal logits the lower id is first. Every sum is in
/// double precision and in a fixed order, and the exponential is [StableExp]: two machines get the
/// same bits. All arrays are reused from token to token.
public final class Candidates {
  /// Up to this length a sorted prefix is selected with a heap.
  private static final int LONGEST_HEAP = 4096;

  private int[] ids = new int[0];
  private float[] logits = new float[0];
  private double[] weights = new double[0];
  private long[] keys = new long[0];
  private long[] packed = new long[0];

  private int size;
  private int sortedPrefix;
  private boolean vocabularyOrder;
  private boolean weightsKnown;
  private double weightSum;
  private float maxLogit;

  /// No candidates yet; [#load] brings them.
  public Candidates() {}

  /// Makes every token of the vocabulary a candidate.
  ///
  /// @param source logits, `[vocabSize]`; they are copied
  /// @throws SamplingException if one of them is NaN or positive infinity, or all are negative
  ///   infinity
  public void load(float[] source) {
    if (source.length == 0) {
      throw new SamplingException("sampling: expected one logit for each token, found none");
    }
    checkNumbers(source);
    reserve(source.length);
    System.arraycopy(source, 0, logits, 0, source.length);
    for (int i = 0; i < source.length; i++) {
      ids[i] = i;
    }
    size = source.length;
    vocabularyOrder = true;
    changed();
  }

  /// Makes this a copy of `other`.
  void copyFrom(Candidates other) {
    reserve(other.size);
    System.arraycopy(other.ids, 0, ids, 0, other.size);
    System.arraycopy(other.logits, 0, logits, 0, other.size);
    size = other.size;
    vocabularyOrder = other.vocabularyOrder;
    changed();
    sortedPrefix = other.sortedPrefix;
  }

  private static void checkNumbers(float[] source) {
    for (int i = 0; i < source.length; i++) {
      if (!(source[i] <= Float.MAX_VALUE)) {
        throw new SamplingException(
            "sampling: the model produced "
                + (Float.isNaN(source[i]) ? "NaN" : "infinite")
                + " logits (first at token "
                + i
                + " of "
                + source.length
                + "); the weights may be damaged or a number overflowed: check the file with `kawi"
                + " inspect`, or try another storage type of this model");
      }
    }
  }

  private void reserve(int length) {
    if (ids.length < length) {
      ids = new int[length];
      logits = new float[length];
      weights = new double[length];
      keys = new long[length];
    }
  }

  /// How many candidates remain; at least 1 once loaded.
  public int size() {
    return size;
  }

  /// The token id of a candidate.
  public int id(int index) {
    return ids[index];
  }

  /// The logit of a candidate.
  public float logit(int index) {
    return logits[index];
  }

  /// Sets a logit; -infinity forbids the token.
  ///
  /// @throws SamplingException if the new logit is NaN or positive infinity
  public void setLogit(int index, float logit) {
    if (!(logit <= Float.MAX_VALUE)) {
      throw new SamplingException(
          "sampling: a penalty or bias made the logit of token "
              + ids[index]
              + " "
              + logit
              + "; use a smaller one");
    }
    logits[index] = logit;
    changed();
  }

  /// Divides all logits by a positive number, which keeps the order.
  public void divideLogits(float divisor) {
    for (int i = 0; i < size; i++) {
      logits[i] /= divisor;
    }
    weightsKnown = false;
  }

  /// Whether candidate `i` is still token `i`, so that a token is found without searching.
  public boolean inVocabularyOrder() {
    return vocabularyOrder;
  }

  /// The probability of a candidate among those that remain.
  public double probability(int index) {
    return weight(index) / weightSum;
  }

  /// Minus the natural logarithm of a candidate's probability.
  public double surprise(int index) {
    softmax();
    return StrictMath.log(weightSum) - ((double) logits[index] - maxLogit);
  }

  /// The highest logit.
  public float maxLogit() {
    if (sortedPrefix > 0) {
      return logits[0];
    }
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      max = Math.max(max, logits[i]);
    }
    return max;
  }

  /// `e^(logit - max)`; probabilities are these over their sum.
  double weight(int index) {
    softmax();
    return weights[index];
  }

  double weightSum() {
    softmax();
    return weightSum;
  }

  private void softmax() {
    if (weightsKnown) {
      return;
    }
    maxLogit = maxLogit();
    requirePossible(maxLogit);
    double sum = 0;
    for (int i = 0; i < size; i++) {
      double weight = StableExp.exp((double) logits[i] - maxLogit);
      weights[i] = weight;
      sum += weight;
    }
    weightSum = sum;
    weightsKnown = true;
  }

  /// Checks that a candidate is not forbidden.
  ///
  /// @throws SamplingException if all are
  void requirePossible() {
    requirePossible(maxLogit());
  }

  private void requirePossible(float highest) {
    if (highest == Float.NEGATIVE_INFINITY) {
      throw new SamplingException(
          "sampling: expected at least one possible token, found that all "
              + size
              + " remaining ones have a logit of -infinity; allow one of them in the logit bias");
    }
  }

  /// Puts the `count` best candidates first, in order.
  public void sortPrefix(int count) {
    int wanted = Math.min(count, size);
    if (wanted <= sortedPrefix) {
      return;
    }
    if (wanted <= LONGEST_HEAP && wanted < size) {
      selectBest(wanted);
      moveOthersBehind(wanted);
      takeKeys(wanted);
    } else {
      sortAll();
      wanted = size;
    }
    reordered();
    sortedPrefix = wanted;
  }

  /// Keeps the `count` best candidates, in order.
  public void keepTop(int count) {
    int wanted = Math.min(count, size);
    if (wanted > sortedPrefix) {
      if (wanted <= LONGEST_HEAP) {
        selectBest(wanted);
        takeKeys(wanted);
      } else {
        sortAll();
      }
      reordered();
      sortedPrefix = wanted;
    }
    keepRange(0, wanted);
  }

  /// Keeps the candidates at places `from` (inclusive) to `to` (exclusive).
  public void keepRange(int from, int to) {
    if (from < 0 || from >= to || to > size) {
      throw new IllegalArgumentException(
          "Bug: candidates " + from + " to " + to + " of " + size + " cannot be kept");
    }
    int kept = to - from;
    if (from > 0) {
      System.arraycopy(ids, from, ids, 0, kept);
      System.arraycopy(logits, from, logits, 0, kept);
    }
    if (kept < size) {
      reordered();
    }
    size = kept;
    sortedPrefix = Math.clamp(sortedPrefix - (long) from, 0, kept);
  }

  /// Keeps the candidates whose logit is at least `minLogit`, in their present order.
  ///
  /// @return whether that was done; it is not when fewer than `minKeep` (or none) would remain
  public boolean keepAtLeast(double minLogit, int minKeep) {
    int count = 0;
    for (int i = 0; i < size; i++) {
      count += logits[i] >= minLogit ? 1 : 0;
    }
    if (count == size) {
      return true;
    }
    if (count < Math.max(1, minKeep)) {
      return false;
    }
    int kept = 0;
    for (int i = 0; kept < count; i++) {
      if (logits[i] >= minLogit) {
        ids[kept] = ids[i];
        logits[kept++] = logits[i];
      }
    }
    size = kept;
    sortedPrefix = Math.min(sortedPrefix, kept);
    vocabularyOrder = false;
    weightsKnown = false;
    return true;
  }

  /// Keeps the candidates whose token is marked, in their present order. A token beyond the mask is
  /// not.
  ///
  /// @param mask bit `i % 64` of word `i / 64` marks token `i`
  /// @return whether that was done; it is not when none would remain
  public boolean keepMarked(long[] mask) {
    int kept = vocabularyOrder ? gather(mask) : filter(mask);
    if (kept == 0) {
      return false;
    }
    size = kept;
    sortedPrefix = 0;
    reordered();
    return true;
  }

  /// Moves the marked tokens to the front when token `i` is at place `i`: only they are looked at.
  private int gather(long[] mask) {
    int kept = 0;
    int words = Math.min(mask.length, Math.ceilDiv(size, Long.SIZE));
    for (int i = 0; i < words; i++) {
      for (long word = mask[i]; word != 0; word &= word - 1) {
        int token = i * Long.SIZE + Long.numberOfTrailingZeros(word);
        if (token < size) {
          ids[kept] = token;
          logits[kept++] = logits[token];
        }
      }
    }
    return kept;
  }

  private int filter(long[] mask) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      int word = ids[i] / Long.SIZE;
      if (word < mask.length && (mask[word] >>> ids[i] & 1) != 0) {
        ids[kept] = ids[i];
        logits[kept++] = logits[i];
      }
    }
    return kept;
  }

  /// Reorders by a score of each candidate, lowest first; equal scores keep their order. The result
  /// counts as unsorted.
  ///
  /// @param scores one for each candidate by place, not negative
  public void sortByScore(float[] scores) {
    if (packed.length < size) {
      packed = new long[keys.length];
    }
    for (int i = 0; i < size; i++) {
      packed[i] = (long) Float.floatToRawIntBits(logits[i]) << 32 | Integer.toUnsignedLong(ids[i]);
      keys[i] = (long) Float.floatToIntBits(scores[i] + 0f) << 32 | i;
    }
    Arrays.sort(keys, 0, size);
    for (int i = 0; i < size; i++) {
      long candidate = packed[(int) keys[i]];
      ids[i] = (int) candidate;
      logits[i] = Float.intBitsToFloat((int) (candidate >> 32));
    }
    reordered();
    sortedPrefix = 0;
  }

  // A key orders like (logit descending, id ascending), and logit and id can be read back from it.

  private static long key(float logit, int id) {
    int bits = Float.floatToRawIntBits(logit + 0f);
    int ascending = bits ^ ((bits >> 31) & 0x7fffffff);
    return (long) ~ascending << 32 | Integer.toUnsignedLong(id);
  }

  private static float logitOf(long key) {
    int ascending = ~(int) (key >> 32);
    return Float.intBitsToFloat(ascending ^ ((ascending >> 31) & 0x7fffffff));
  }

  private void takeKeys(int count) {
    for (int i = 0; i < count; i++) {
      ids[i] = (int) keys[i];
      logits[i] = logitOf(keys[i]);
    }
  }

  private void sortAll() {
    for (int i = 0; i < size; i++) {
      keys[i] = key(logits[i], ids[i]);
    }
    Arrays.sort(keys, 0, size);
    takeKeys(size);
  }

  /// Leaves the `count` smallest keys, sorted, at the start of `keys`. The heap's root is the worst
  /// one kept.
  private void selectBest(int count) {
    for (int i = 0; i < count; i++) {
      keys[i] = key(logits[i], ids[i]);
    }
    for (int i = count / 2 - 1; i >= 0; i--) {
      siftDown(i, count);
    }
    float worst = logitOf(keys[0]);
    for (int i = count; i < size; i++) {
      if (logits[i] < worst) {
        continue;
      }
      long key = key(logits[i], ids[i]);
      if (key < keys[0]) {
        keys[0] = key;
        siftDown(0, count);
        worst = logitOf(keys[0]);
      }
    }
    Arrays.sort(keys, 0, count);
  }

  private void siftDown(int start, int count) {
    long key = keys[start];
    int parent = start;
    while (2 * parent + 1 < count) {
      int child = 2 * parent + 1;
      if (child + 1 < count && keys[child + 1] > keys[child]) {
        child++;
      }
      if (keys[child] <= key) {
        break;
      }
      keys[parent] = keys[child];
      parent = child;
    }
    keys[parent] = key;
  }

  /// Moves all candidates worse than the selected ones to the end, keeping their order.
  private void moveOthersBehind(int count) {
    long worst = keys[count - 1];
    int target = size;
    for (int i = size - 1; i >= 0; i--) {
      if (key(logits[i], ids[i]) > worst) {
        target--;
        ids[target] = ids[i];
        logits[target] = logits[i];
      }
    }
  }

  private void reordered() {
    vocabularyOrder = false;
    weightsKnown = false;
  }

  private void changed() {
    weightsKnown = false;
    sortedPrefix = 0;
  }
}
