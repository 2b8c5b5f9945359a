package dev.kawi.cli;

import dev.kawi.sample.SamplerChain;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.token.Tokenizer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The options that say how tokens are chosen. Names and defaults as llama.cpp has them.
final class SamplingFlags {
  private static final SamplingOptions DEFAULTS = SamplingOptions.defaults();

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Option(
      names = "--temp",
      paramLabel = "T",
      description = "Temperature; 0 takes the likeliest (0.8).")
  @Range(min = 0)
  private double temperature = DEFAULTS.temperature();

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Keep the K likeliest; 0 keeps all (40).")
  @Range(min = 0)
  private int topK = DEFAULTS.topK();

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Keep the likeliest that reach probability P; 1 keeps all (0.95).")
  @Range(above = 0, max = 1)
  private double topP = DEFAULTS.topP();

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Keep those at least P times as likely as the likeliest; 0 keeps all (0.05).")
  @Range(min = 0, max = 1)
  private double minP = DEFAULTS.minP();

  @Option(
      names = "--typical",
      paramLabel = "P",
      description = "Locally typical sampling; 1 is off.")
  @Range(above = 0, max = 1)
  private double typicalP = DEFAULTS.typicalP();

  @Option(names = "--xtc-probability", paramLabel = "P", description = "Chance of XTC; 0 is off.")
  @Range(min = 0, max = 1)
  private double xtcProbability = DEFAULTS.xtcProbability();

  @Option(names = "--xtc-threshold", paramLabel = "P", description = "Threshold of XTC (0.1).")
  @Range(min = 0, max = 1)
  private double xtcThreshold = DEFAULTS.xtcThreshold();

  @Option(
      names = "--repeat-penalty",
      paramLabel = "F",
      description = "Makes tokens of the last N less likely; 1 is off.")
  @Range(min = 0.01, max = 100)
  private double repeatPenalty = DEFAULTS.repeatPenalty();

  @Option(names = "--repeat-last-n", paramLabel = "N", description = "Tokens looked back at (64).")
  @Range(min = 0)
  private int penaltyLastN = DEFAULTS.penaltyLastN();

  @Option(names = "--presence-penalty", paramLabel = "F", description = "0 is off.")
  @Range(min = -100, max = 100)
  private double presencePenalty = DEFAULTS.presencePenalty();

  @Option(names = "--frequency-penalty", paramLabel = "F", description = "0 is off.")
  @Range(min = -100, max = 100)
  private double frequencyPenalty = DEFAULTS.frequencyPenalty();

  @Option(
      names = "--dry-multiplier",
      paramLabel = "F",
      description = "DRY, against repeats; 0 is off.")
  @Range(min = 0)
  private double dryMultiplier = DEFAULTS.dryMultiplier();

  @Option(names = "--dry-base", paramLabel = "F", description = "Base of DRY (1.75).")
  @Range(min = 1)
  private double dryBase = DEFAULTS.dryBase();

  @Option(
      names = "--dry-allowed-length",
      paramLabel = "N",
      description = "Repeats of up to N tokens are free (2).")
  @Range(min = 0)
  private int dryAllowedLength = DEFAULTS.dryAllowedLength();

  @Option(
      names = "--dry-sequence-breaker",
      paramLabel = "TEXT",
      description = "DRY sees no repeat across this text; may be given many times.")
  private List<String> dryBreakers = List.of("\n", ":", "\"", "*");

  @Option(names = "--mirostat", description = "Mirostat 2 instead of the filters.")
  private boolean mirostat;

  @Option(names = "--mirostat-ent", paramLabel = "TAU", description = "Its target (5).")
  @Range(min = 0)
  private double mirostatTau = DEFAULTS.mirostatTau();

  @Option(names = "--mirostat-lr", paramLabel = "ETA", description = "Its learning rate (0.1).")
  @Range(min = 0, max = 1)
  private double mirostatEta = DEFAULTS.mirostatEta();

  @Option(
      names = "--logit-bias",
      paramLabel = "ID=BIAS",
      description = "Added to the logit of a token; -Infinity forbids it; may be given many times.")
  private Map<Integer, Float> logitBias = new HashMap<>();

  @Option(
      names = "--samplers",
      paramLabel = "A;B;...",
      description = "The order of the chain (${DEFAULT-VALUE}).")
  private String samplers = SamplerChain.DEFAULT_ORDER;

  @Option(
      names = {"-s", "--seed"},
      paramLabel = "N",
      description = "The same seed gives the same text (a new one each time).")
  @Range
  private long seed = ThreadLocalRandom.current().nextLong(Integer.MAX_VALUE);

  /// The options, with texts turned into tokens.
  SamplingOptions options(Tokenizer tokenizer) {
    try {
      return build(tokenizer);
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw new ParameterException(Objects.requireNonNull(command).commandLine(), message, e);
    }
  }

  private SamplingOptions build(Tokenizer tokenizer) {
    return SamplingOptions.builder()
        .samplers(mirostat ? SamplerChain.MIROSTAT_ORDER : samplers)
        .seed(seed)
        .temperature(temperature)
        .topK(topK)
        .topP(topP)
        .minP(minP)
        .typicalP(typicalP)
        .xtcProbability(xtcProbability)
        .xtcThreshold(xtcThreshold)
        .repeatPenalty(repeatPenalty)
        .penaltyLastN(penaltyLastN)
        .presencePenalty(presencePenalty)
        .frequencyPenalty(frequencyPenalty)
        .dryMultiplier(dryMultiplier)
        .dryBase(dryBase)
        .dryAllowedLength(dryAllowedLength)
        .dryBreakers(dryMultiplier > 0 ? breakers(tokenizer) : List.of())
        .mirostatTau(mirostatTau)
        .mirostatEta(mirostatEta)
        .logitBias(logitBias)
        .build();
  }

  private List<List<Integer>> breakers(Tokenizer tokenizer) {
    return dryBreakers.stream()
        .map(text -> java.util.Arrays.stream(tokenizer.encode(text)).boxed().toList())
        .toList();
  }
}
