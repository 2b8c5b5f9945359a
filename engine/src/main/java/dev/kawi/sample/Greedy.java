package dev.kawi.sample;

/// Keeps only the token with the highest logit; among equals the one with the lowest id.
public record Greedy() implements SamplerStep {
  @Override
  public String name() {
    return "greedy";
  }

  @Override
  public String parameters() {
    return "";
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    candidates.keepTop(1);
  }
}
