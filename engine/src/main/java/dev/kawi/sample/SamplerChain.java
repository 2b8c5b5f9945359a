package dev.kawi.sample;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The steps from logits to the draw, in the order in which they run.
///
/// The order matters (top-p before the temperature keeps other tokens than after it), so it is
/// written as text and can be shown. Steps may hold state: a chain belongs to one [Sampler].
///
/// @param steps run from first to last; those that are not [SamplerStep#enabled] are skipped
public record SamplerChain(List<SamplerStep> steps) {
  /// The order of llama.cpp.
  public static final String DEFAULT_ORDER =
      "penalties;dry;top-n-sigma;top-k;typical;top-p;min-p;xtc;temperature";

  /// The order of llama.cpp when Mirostat 2.0 is asked for.
  public static final String MIROSTAT_ORDER = "temperature;mirostat-v2";

  private static final Map<String, Function<SamplingOptions, SamplerStep>> FACTORIES = factories();

  /// Other names in use for the same steps.
  private static final Map<String, String> ALIASES =
      Map.of(
          "temp", "temperature",
          "typ-p", "typical",
          "typ", "typical",
          "typical-p", "typical",
          "nucleus", "top-p",
          "mirostat", "mirostat-v2");

  public SamplerChain {
    steps = List.copyOf(steps);
  }

  /// A chain of given steps.
  public static SamplerChain of(SamplerStep... steps) {
    return new SamplerChain(List.of(steps));
  }

  /// The chain that the options describe: the logit bias, then the steps in the order of
  /// [SamplingOptions#samplers].
  public static SamplerChain of(SamplingOptions options) {
    return new SamplerChain(
        Stream.concat(
                Stream.of(new LogitBias(options.logitBias())).filter(LogitBias::enabled),
                names(options.samplers()).map(name -> FACTORIES.get(name).apply(options)))
            .toList());
  }

  /// The chain of an order such as `penalties;dry;top-k;typical;top-p;min-p;xtc;temperature`, with
  /// default parameters.
  ///
  /// @param order names of llama.cpp, separated by semicolons; case and `_` for `-` do not matter
  /// @throws IllegalArgumentException if a name is unknown
  public static SamplerChain parse(String order) {
    return of(SamplingOptions.builder().samplers(order).build());
  }

  /// Throws if an order names an unknown step.
  static void checkOrder(String order) {
    names(order)
        .filter(name -> !FACTORIES.containsKey(name))
        .findFirst()
        .ifPresent(name -> {
          throw new IllegalArgumentException(
              "sampling: unknown sampler \""
                  + name
                  + "\"; an order is names separated by semicolons, of: "
                  + String.join(", ", FACTORIES.keySet()));
        });
  }

  private static Stream<String> names(String order) {
    return Arrays.stream(order.split("[;,]"))
        .map(name -> name.strip().toLowerCase(Locale.ROOT).replace('_', '-'))
        .filter(name -> !name.isEmpty())
        .map(name -> ALIASES.getOrDefault(name, name));
  }

  private static Map<String, Function<SamplingOptions, SamplerStep>> factories() {
    Map<String, Function<SamplingOptions, SamplerStep>> map = new LinkedHashMap<>();
    map.put(
        "penalties",
        o ->
            new Penalties(
                o.repeatPenalty(), o.frequencyPenalty(), o.presencePenalty(), o.penaltyLastN()));
    map.put(
        "dry",
        o ->
            new Dry(
                o.dryMultiplier(),
                o.dryBase(),
                o.dryAllowedLength(),
                o.dryLastN(),
                o.dryBreakers()));
    map.put("top-n-sigma", o -> new TopNSigma(o.topNSigma()));
    map.put("top-k", o -> new TopK(o.topK()));
    map.put("typical", o -> new Typical(o.typicalP(), o.minKeep()));
    map.put("top-p", o -> new TopP(o.topP(), o.minKeep()));
    map.put("min-p", o -> new MinP(o.minP(), o.minKeep()));
    map.put("xtc", o -> new Xtc(o.xtcProbability(), o.xtcThreshold(), o.minKeep()));
    map.put("temperature", o -> new Temperature(o.temperature()));
    map.put("mirostat-v2", o -> new MirostatV2(o.mirostatTau(), o.mirostatEta()));
    map.put("greedy", _ -> new Greedy());
    return map;
  }

  /// The names in order, as [#parse] reads them.
  public String order() {
    return steps.stream().map(SamplerStep::name).collect(Collectors.joining(";"));
  }

  /// The steps with their parameters, such as `top-k(k=40) -> temperature(t=0.8)`.
  @Override
  public String toString() {
    return steps.stream().map(SamplerStep::describe).collect(Collectors.joining(" -> "));
  }
}
