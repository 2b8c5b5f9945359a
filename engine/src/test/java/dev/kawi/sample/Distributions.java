package dev.kawi.sample;

import java.util.NavigableMap;
import java.util.TreeMap;

/// Candidates for tests, from probabilities or logits, and back.
final class Distributions {
  private Distributions() {}

  static Candidates ofProbabilities(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.log((float) probabilities[i]);
    }
    return ofLogits(logits);
  }

  static Candidates ofLogits(float... logits) {
    Candidates candidates = new Candidates();
    candidates.load(logits);
    return candidates;
  }

  static SamplingContext context(int... history) {
    TokenHistory tokens = new TokenHistory();
    for (int token : history) {
      tokens.add(token);
    }
    return new SamplingContext(tokens, new SeededRandom(0));
  }

  /// Token id -> probability, of those that remain.
  static NavigableMap<Integer, Double> probabilities(Candidates candidates) {
    NavigableMap<Integer, Double> map = new TreeMap<>();
    for (int i = 0; i < candidates.size(); i++) {
      map.put(candidates.id(i), candidates.probability(i));
    }
    return map;
  }
}
