package dev.kawi.sample;

/// Exclude top choices: with a given probability, removes all tokens that reach the threshold
/// except the least likely of them, so that the text leaves its rut without becoming incoherent
/// (p-e-w 2024, text-generation-webui 6335).
///
/// @param probability how often, in [0, 1]; 0 is off
/// @param threshold in [0, 1]; above 0.5 no two tokens can reach it, so it is off
/// @param minKeep do nothing if fewer than this would remain
public record Xtc(double probability, double threshold, int minKeep) implements SamplerStep {
  public Xtc {
    Limits.within("xtc-probability", probability, 0, 1);
    Limits.within("xtc-threshold", threshold, 0, 1);
    Limits.atLeast("min-keep", minKeep, 0);
  }

  /// Keeps at least one token.
  public Xtc(double probability, double threshold) {
    this(probability, threshold, 1);
  }

  @Override
  public String name() {
    return "xtc";
  }

  @Override
  public String parameters() {
    return "probability=" + Limits.plain(probability) + ", threshold=" + Limits.plain(threshold);
  }

  @Override
  public boolean enabled() {
    return probability > 0 && threshold <= 0.5;
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    if (!enabled() || candidates.size() < 2 || context.random().nextDouble() > probability) {
      return;
    }
    int last = lastReaching(candidates);
    if (last > 0 && candidates.size() - last >= minKeep) {
      candidates.keepRange(last, candidates.size());
    }
  }

  /// The place of the least likely token that reaches the threshold.
  private int lastReaching(Candidates candidates) {
    int mostThatCanReach = (int) Math.min(candidates.size(), 1 / Math.max(threshold, 1e-9) + 2);
    candidates.sortPrefix(mostThatCanReach);
    int last = 0;
    while (last + 1 < candidates.size()
        && (float) candidates.probability(last + 1) >= (float) threshold) {
      last++;
    }
    return last;
  }
}
