package dev.kawi.sample;

/// Divides the logits by the temperature: below 1 the likely tokens gain, above 1 the unlikely ones
/// do. 0 is greedy.
///
/// @param temperature at least 0; 1 changes nothing
public record Temperature(double temperature) implements SamplerStep {
  public Temperature {
    Limits.atLeast("temperature", temperature, 0);
  }

  @Override
  public String name() {
    return "temperature";
  }

  @Override
  public String parameters() {
    return "t=" + Limits.plain(temperature);
  }

  @Override
  public boolean enabled() {
    return temperature != 1;
  }

  @Override
  public void apply(Candidates candidates, SamplingContext context) {
    float divisor = (float) temperature;
    // A temperature so small that the quotient overflows is as good as 0.
    if (divisor == 0 || !Float.isFinite(candidates.maxLogit() / divisor)) {
      candidates.keepTop(1);
    } else {
      candidates.divideLogits(divisor);
    }
  }
}
