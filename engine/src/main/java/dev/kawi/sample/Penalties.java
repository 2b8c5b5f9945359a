package dev.kawi.sample;

import java.util.Arrays;

/// Makes tokens less likely that already occurred among the last `lastN` tokens of prompt and
/// answer.
///
/// - repetition (Keskar et al. 2019, "CTRL"): a positive logit is divided by it and a negative one
///   multiplied;
/// - frequency: subtracted once for each occurrence;
/// - presence: subtracted once if there is any.
public final class Penalties implements SamplerStep {
  private final double repeat;
  private final double frequency;
  private final double presence;
  private final int lastN;
  private int[] counts = new int[0];

  /// A step with these parameters.
  ///
  /// @param repeat in [0.01, 100]; 1 is off, above 1 discourages
  /// @param frequency in [-100, 100]; 0 is off, OpenAI allows [-2, 2]
  /// @param presence in [-100, 100]; 0 is off
  /// @param lastN how many tokens count; 0 is off, [SamplingOptions#ALL_TOKENS] means all of them
  public Penalties(double repeat, double frequency, double presence, int lastN) {
    this.repeat = Limits.within("repeat-penalty", repeat, 0.01, 100);
    this.frequency = Limits.within("frequency-penalty", frequency, -100, 100);
    this.presence = Limits.within("presence-penalty", presence, -100, 100);
    this.lastN = Limits.atLeast("repeat-last-n", lastN, 0);
  }

  @Override
  public String name() {
    return "penalties";
  }

  @Override
  public String parameters() {
    return "repeat="
        + Limits.plain(repeat)
        + ", frequency="
        + Limits.plain(frequency)
        + ", presence="
        + Limits.plain(presence)
        + ", last="
        + (lastN == SamplingOptions.ALL_TOKENS ? "all" : lastN);
  }

  @Override
  public boolean enabled() {
    return lastN > 0 && (repeat != 1 || frequency != 0 || presence != 0);
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    if (!enabled()) {
      return;
    }
    TokenHistory history = context.history();
    int window = Math.min(lastN, history.size());
    for (int back = 0; back < window; back++) {
      count(history.fromEnd(back));
    }
    if (candidates.inVocabularyOrder()) {
      penalizeById(candidates, history, window);
    } else {
      penalizeBySearch(candidates);
    }
    for (int back = 0; back < window; back++) {
      counts[history.fromEnd(back)] = 0;
    }
  }

  private void count(int token) {
    if (token >= counts.length) {
      counts = Arrays.copyOf(counts, Math.max(token + 1, 2 * counts.length));
    }
    counts[token]++;
  }

  /// Token `i` is candidate `i`: only the tokens of the window are touched.
  private void penalizeById(Candidates candidates, TokenHistory history, int window) {
    for (int back = 0; back < window; back++) {
      int token = history.fromEnd(back);
      if (counts[token] > 0 && token < candidates.size()) {
        penalize(candidates, token, counts[token]);
      }
      counts[token] = 0;
    }
  }

  private void penalizeBySearch(Candidates candidates) {
    for (int i = 0; i < candidates.size(); i++) {
      int token = candidates.id(i);
      if (token < counts.length && counts[token] > 0) {
        penalize(candidates, i, counts[token]);
      }
    }
  }

  private void penalize(Candidates candidates, int index, int count) {
    float logit = candidates.logit(index);
    float scaled = logit <= 0 ? logit * (float) repeat : logit / (float) repeat;
    candidates.setLogit(index, scaled - (count * (float) frequency + (float) presence));
  }
}
