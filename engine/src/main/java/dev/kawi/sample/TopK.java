package dev.kawi.sample;

/// Keeps the `k` most likely tokens (Fan et al. 2018, "Hierarchical neural story generation").
///
/// @param k 0 keeps all
public record TopK(int k) implements SamplerStep {
  public TopK {
    Limits.atLeast("top-k", k, 0);
  }

  @Override
  public String name() {
    return "top-k";
  }

  @Override
  public String parameters() {
    return "k=" + k;
  }

  @Override
  public boolean enabled() {
    return k > 0;
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    if (k > 0) {
      candidates.keepTop(k);
    }
  }
}
