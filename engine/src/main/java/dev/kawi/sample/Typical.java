package dev.kawi.sample;

/// Locally typical sampling: keeps the tokens whose surprise is nearest to the expected surprise
/// (the entropy), until their probabilities add up to more than `p` (Meister et al. 2022, "Locally
/// typical sampling"). The most likely token can be removed.
public final class Typical implements SamplerStep {
  private final double p;
  private final int minKeep;
  private float[] scores = new float[0];

  /// Keeps at least one token.
  ///
  /// @param p in (0, 1]; 1 keeps all
  public Typical(double p) {
    this(p, 1);
  }

  /// Keeps at least `minKeep` tokens.
  public Typical(double p, int minKeep) {
    this.p = Limits.above("typical-p", p, 0, 1);
    this.minKeep = Limits.atLeast("min-keep", minKeep, 0);
  }

  @Override
  public String name() {
    return "typical";
  }

  @Override
  public String parameters() {
    return "p=" + Limits.plain(p);
  }

  @Override
  public boolean enabled() {
    return p < 1;
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    if (!enabled()) {
      return;
    }
    scoreAgainstEntropy(candidates);
    candidates.sortByScore(scores);
    float sum = 0;
    for (int i = 0; i < candidates.size(); i++) {
      sum += (float) candidates.probability(i);
      if (sum > (float) p && i + 1 >= minKeep) {
        candidates.keepRange(0, i + 1);
        return;
      }
    }
  }

  private void scoreAgainstEntropy(Candidates candidates) {
    int size = candidates.size();
    if (scores.length < size) {
      scores = new float[size];
    }
    double logSum = StrictMath.log(candidates.weightSum());
    double max = candidates.maxLogit();
    double entropy = 0;
    for (int i = 0; i < size; i++) {
      double probability = candidates.probability(i);
      if (probability > 0) {
        entropy += probability * (logSum - (candidates.logit(i) - max));
      }
    }
    for (int i = 0; i < size; i++) {
      scores[i] = (float) Math.abs(logSum - (candidates.logit(i) - max) - entropy);
    }
  }
}
