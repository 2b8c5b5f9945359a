package dev.kawi.sample;

/// Nucleus sampling: keeps the smallest set of most likely tokens whose probabilities add up to at
/// least `p` (Holtzman et al. 2020, "The curious case of neural text degeneration").
///
/// @param p in (0, 1]; 1 keeps all
/// @param minKeep never keep fewer than this, even when fewer reach `p`
public record TopP(double p, int minKeep) implements SamplerStep {
  /// The first guess of how many tokens suffice; each next one is this many times larger.
  private static final int GROWTH = 16;

  public TopP {
    Limits.above("top-p", p, 0, 1);
    Limits.atLeast("min-keep", minKeep, 0);
  }

  /// Keeps at least one token.
  public TopP(double p) {
    this(p, 1);
  }

  @Override
  public String name() {
    return "top-p";
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
    if (enabled()) {
      candidates.keepRange(0, nucleus(candidates));
    }
  }

  private int nucleus(Candidates candidates) {
    int sorted = GROWTH * GROWTH;
    candidates.sortPrefix(sorted);
    float sum = 0;
    for (int i = 0; i < candidates.size(); i++) {
      if (i == sorted) {
        sorted *= GROWTH;
        candidates.sortPrefix(sorted);
      }
      sum += (float) candidates.probability(i);
      if (sum >= (float) p && i + 1 >= minKeep) {
        return i + 1;
      }
    }
    return candidates.size();
  }
}
