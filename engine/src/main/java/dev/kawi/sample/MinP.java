package dev.kawi.sample;

/// Keeps the tokens that are at least `p` times as likely as the most likely one (Nguyen et al.
/// 2024, "Turning up the heat: min-p sampling").
///
/// @param p in [0, 1]; 0 keeps all
/// @param minKeep never keep fewer than this
public record MinP(double p, int minKeep) implements SamplerStep {
  public MinP {
    Limits.within("min-p", p, 0, 1);
    Limits.atLeast("min-keep", minKeep, 0);
  }

  /// Keeps at least one token.
  public MinP(double p) {
    this(p, 1);
  }

  @Override
  public String name() {
    return "min-p";
  }

  @Override
  public String parameters() {
    return "p=" + Limits.plain(p);
  }

  @Override
  public boolean enabled() {
    return p > 0;
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    if (!enabled()) {
      return;
    }
    // p_i >= p * p_max is the same as logit_i >= logit_max + ln(p).
    float minLogit = candidates.maxLogit() + (float) StrictMath.log((float) p);
    if (!candidates.keepAtLeast(minLogit, minKeep)) {
      candidates.keepTop(minKeep);
    }
  }
}
