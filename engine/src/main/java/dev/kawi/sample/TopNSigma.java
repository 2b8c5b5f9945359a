package dev.kawi.sample;

/// Keeps the tokens whose logit is within `n` standard deviations of the highest logit (Tang et al.
/// 2024, "Top-n-sigma: not all logits are you need").
///
/// @param n 0 keeps all
public record TopNSigma(double n) implements SamplerStep {
  public TopNSigma {
    Limits.atLeast("top-n-sigma", n, 0);
  }

  @Override
  public String name() {
    return "top-n-sigma";
  }

  @Override
  public String parameters() {
    return "n=" + Limits.plain(n);
  }

  @Override
  public boolean enabled() {
    return n > 0;
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    if (enabled() && candidates.size() > 1) {
      float minLogit = candidates.maxLogit() - (float) (n * standardDeviation(candidates));
      candidates.keepAtLeast(minLogit, 1);
    }
  }

  /// Of the logits of all tokens that are possible at all.
  private static double standardDeviation(Candidates candidates) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < candidates.size(); i++) {
      if (candidates.logit(i) != Float.NEGATIVE_INFINITY) {
        sum += candidates.logit(i);
        count++;
      }
    }
    double mean = count == 0 ? 0 : sum / count;
    double squares = 0;
    for (int i = 0; i < candidates.size(); i++) {
      if (candidates.logit(i) != Float.NEGATIVE_INFINITY) {
        squares += (candidates.logit(i) - mean) * (candidates.logit(i) - mean);
      }
    }
    return count == 0 ? 0 : Math.sqrt(squares / count);
  }
}
