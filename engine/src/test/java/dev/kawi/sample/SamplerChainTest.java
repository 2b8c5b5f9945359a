package dev.kawi.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplerChainTest {
  @Test
  void order_isReadAndWritten() {
    String order = "penalties;dry;top-k;typical;top-p;min-p;xtc;temperature";
    assertEquals(order, SamplerChain.parse(order).order());
    assertEquals("temperature;top-p;typical", SamplerChain.parse(" Temp; top_p ;typ_p;").order());
    assertEquals("", SamplerChain.parse("").order());
  }

  @Test
  void print_showsOrderAndParametersAndWhatIsOff() {
    assertEquals(
        "penalties(off) -> top-k(k=40) -> top-p(p=0.95) -> temperature(t=0.8)",
        SamplerChain.parse("penalties;top-k;top-p;temperature").toString());
  }

  @Test
  void unknownName_isRefusedWithTheKnownOnes() {
    var e = assertThrows(IllegalArgumentException.class, () -> SamplerChain.parse("top-k;tpo-p"));
    assertTrue(e.getMessage().contains("unknown sampler \"tpo-p\""), e.getMessage());
    assertTrue(e.getMessage().contains("top-p, min-p"), e.getMessage());
  }

  @Test
  void logitBias_comesFirst() {
    SamplingOptions options = SamplingOptions.builder().logitBias(Map.of(3, 2f, 1, -1.5f)).build();
    assertTrue(
        SamplerChain.of(options)
            .toString()
            .startsWith("logit-bias(1:-1.5, 3:+2) -> penalties(off)"));
  }

  @Test
  void orderMatters() {
    float[] logits = {2, 1, 0, -1};
    SamplingOptions options = SamplingOptions.builder().temperature(3).topP(0.6).build();
    assertEquals(1, sizeAfter(options.toBuilder().samplers("top-p;temperature").build(), logits));
    assertEquals(2, sizeAfter(options.toBuilder().samplers("temperature;top-p").build(), logits));
  }

  private static int sizeAfter(SamplingOptions options, float[] logits) {
    Candidates candidates = Distributions.ofLogits(logits);
    SamplerChain.of(options).steps().forEach(s -> s.apply(candidates, Distributions.context()));
    return candidates.size();
  }

  @ParameterizedTest
  @CsvSource({
    "top-p, 0",
    "top-p, 1.01",
    "top-p, NaN",
    "min-p, -0.1",
    "min-p, 2",
    "typical-p, 0",
    "temperature, -1",
    "temperature, Infinity",
    "repeat-penalty, 0",
    "frequency-penalty, NaN",
    "xtc-probability, 1.5",
    "dry-base, 0.5",
    "top-k, -1",
    "repeat-last-n, -1",
    "mirostat-eta, 7"
  })
  void badParameter_isNamedWithWhatWasFound(String name, double value) {
    var e = assertThrows(IllegalArgumentException.class, () -> set(name, value).build());
    assertTrue(e.getMessage().startsWith("sampling: " + name + " must be"), e.getMessage());
  }

  private static SamplingOptions.Builder set(String name, double value) {
    SamplingOptions.Builder builder = SamplingOptions.builder();
    return switch (name) {
      case "top-p" -> builder.topP(value);
      case "min-p" -> builder.minP(value);
      case "typical-p" -> builder.typicalP(value);
      case "temperature" -> builder.temperature(value);
      case "repeat-penalty" -> builder.repeatPenalty(value);
      case "frequency-penalty" -> builder.frequencyPenalty(value);
      case "xtc-probability" -> builder.xtcProbability(value);
      case "dry-base" -> builder.dryBase(value);
      case "top-k" -> builder.topK((int) value);
      case "repeat-last-n" -> builder.penaltyLastN((int) value);
      case "mirostat-eta" -> builder.mirostatEta(value);
      default -> throw new IllegalArgumentException(name);
    };
  }

  @Test
  void badBiasAndBreakers_areRefused() {
    SamplingOptions.Builder builder = SamplingOptions.builder();
    assertThrows(
        IllegalArgumentException.class, () -> builder.logitBias(Map.of(1, Float.NaN)).build());
    assertThrows(
        IllegalArgumentException.class,
        () -> SamplingOptions.builder().logitBias(Map.of(-1, 1f)).build());
    assertThrows(
        IllegalArgumentException.class,
        () -> SamplingOptions.builder().dryBreakers(List.of(List.of())).build());
  }

  @Test
  void toBuilder_keepsEverything() {
    SamplingOptions options =
        SamplingOptions.builder()
            .seed(4)
            .topK(7)
            .dryMultiplier(0.8)
            .logitBias(Map.of(2, 1f))
            .build();
    assertEquals(options, options.toBuilder().build());
  }

  @Test
  void tinyTemperature_isGreedyInsteadOfOverflowing() {
    Candidates candidates = Distributions.ofLogits(50, 60, 40);
    new Temperature(1e-40).apply(candidates, Distributions.context());
    assertEquals(Map.of(1, 1.0), Distributions.probabilities(candidates));
  }
}
