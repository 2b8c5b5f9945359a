package dev.kawi.sample;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Adds a number to the logits of given tokens; -infinity forbids a token.
public final class LogitBias implements SamplerStep {
  private final int[] tokens;
  private final float[] biases;

  /// A step with these parameters.
  ///
  /// @param biases from token id to what is added: a number, or -infinity
  public LogitBias(Map<Integer, Float> biases) {
    TreeMap<Integer, Float> ordered = new TreeMap<>(biases);
    ordered.forEach(LogitBias::check);
    this.tokens = ordered.keySet().stream().mapToInt(Integer::intValue).toArray();
    this.biases = new float[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      this.biases[i] = ordered.get(tokens[i]);
    }
  }

  /// Forbids tokens, such as those that end an answer.
  public static LogitBias forbidding(int... tokens) {
    Map<Integer, Float> biases = new TreeMap<>();
    IntStream.of(tokens).forEach(token -> biases.put(token, Float.NEGATIVE_INFINITY));
    return new LogitBias(biases);
  }

  private static void check(int token, float bias) {
    if (token < 0) {
      throw new IllegalArgumentException("sampling: logit-bias expects a token id, found " + token);
    }
    if (!(bias <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "sampling: logit-bias of token "
              + token
              + " must be a number or -infinity, found "
              + bias);
    }
  }

  @Override
  public String name() {
    return "logit-bias";
  }

  @Override
  public String parameters() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(tokens.length, 4); i++) {
      text.append(i == 0 ? "" : ", ").append(tokens[i]).append(":").append(sign(biases[i]));
    }
    return tokens.length > 4 ? text + ", and " + (tokens.length - 4) + " more" : text.toString();
  }

  private static String sign(float bias) {
    return bias == Float.NEGATIVE_INFINITY ? "never" : (bias > 0 ? "+" : "") + Limits.plain(bias);
  }

  @Override
  public boolean enabled() {
    return tokens.length > 0;
  }

  /// Tokens that are no candidates any more are left alone.
  ///
  /// @throws SamplingException if a token is outside of the vocabulary, where that can be seen
  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    if (candidates.inVocabularyOrder()) {
      addById(candidates);
    } else {
      addBySearch(candidates);
    }
  }

  private void addById(Candidates candidates) {
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] >= candidates.size()) {
        throw new SamplingException(
            "sampling: logit-bias names token "
                + tokens[i]
                + ", the vocabulary has "
                + candidates.size()
                + " tokens; `kawi tokenize` shows the ids of a text");
      }
      candidates.setLogit(tokens[i], candidates.logit(tokens[i]) + biases[i]);
    }
  }

  private void addBySearch(Candidates candidates) {
    for (int i = 0; i < candidates.size(); i++) {
      int found = Arrays.binarySearch(tokens, candidates.id(i));
      if (found >= 0) {
        candidates.setLogit(i, candidates.logit(i) + biases[found]);
      }
    }
  }
}
