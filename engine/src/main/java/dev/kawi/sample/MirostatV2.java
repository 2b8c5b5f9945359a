package dev.kawi.sample;

/// Mirostat 2.0: removes tokens that are more surprising than a limit, and moves the limit so that
/// the surprise of the drawn tokens approaches a target (Basu et al. 2021, "Mirostat: a neural text
/// decoding algorithm that directly controls perplexity", algorithm 2). It stands last in a chain,
/// since it learns from what is drawn.
public final class MirostatV2 implements SamplerStep {
  private static final double LN_2 = 0.6931471805599453;

  private final double tau;
  private final double eta;
  private double limit;

  /// A step with these parameters.
  ///
  /// @param tau the target surprise, bits for each token
  /// @param eta the learning rate
  public MirostatV2(double tau, double eta) {
    this.tau = Limits.atLeast("mirostat-tau", tau, 0);
    this.eta = Limits.within("mirostat-eta", eta, 0, 1);
    reset();
  }

  @Override
  public String name() {
    return "mirostat-v2";
  }

  @Override
  public String parameters() {
    return "tau="
        + Limits.plain(tau)
        + ", eta="
        + Limits.plain(eta)
        + ", mu="
        + Limits.plain(limit);
  }

  /// The present limit (mu), bits.
  public double limit() {
    return limit;
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    // surprise = ln(sum) - (logit - max) <= limit * ln 2
    double logSum = StrictMath.log(candidates.weightSum());
    double minLogit = candidates.maxLogit() + logSum - limit * LN_2;
    if (!candidates.keepAtLeast(minLogit, 1)) {
      candidates.keepTop(1);
    }
  }

  @Override
  public void drawn(Candidates candidates, int index) {
    double surprise = candidates.surprise(index) / LN_2;
    limit -= eta * (surprise - tau);
  }

  @Override
  public final void reset() {
    limit = 2 * tau;
  }
}
