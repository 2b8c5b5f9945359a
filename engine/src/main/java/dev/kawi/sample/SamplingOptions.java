package dev.kawi.sample;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/// How the next token is chosen. The defaults are those of llama.cpp: temperature 0.8, top-k 40,
/// top-p 0.95, min-p 0.05, everything else off.
///
/// @param samplers the order of the steps, such as `top-k;top-p;temperature`; see
///   [SamplerChain#parse]
/// @param seed of the random numbers; if empty, each [Sampler] picks one
/// @param temperature at least 0; 0 always takes the most likely token
/// @param topK keep this many tokens; 0 is off
/// @param topP keep the most likely tokens that reach this probability together, in (0, 1]; 1 is
///   off
/// @param minP keep tokens at least this likely relative to the most likely one, in [0, 1]; 0 is
///   off
/// @param typicalP locally typical sampling, in (0, 1]; 1 is off
/// @param topNSigma keep logits within this many standard deviations of the highest; 0 is off
/// @param minKeep top-p, min-p, typical and XTC keep at least this many tokens
/// @param xtcProbability how often the top choices are excluded, in [0, 1]; 0 is off
/// @param xtcThreshold a token this likely is a top choice, in [0, 1]
/// @param repeatPenalty divides the logits of tokens that occurred, in [0.01, 100]; 1 is off
/// @param frequencyPenalty subtracted for each occurrence, in [-100, 100]; 0 is off
/// @param presencePenalty subtracted once for tokens that occurred, in [-100, 100]; 0 is off
/// @param penaltyLastN how many of the last tokens the three penalties count; 0 is off
/// @param dryMultiplier strength of the penalty on repeated sequences; 0 is off
/// @param dryBase grows the penalty with each repeated token, at least 1
/// @param dryAllowedLength repetitions of this length begin to be penalized
/// @param dryLastN how many of the last tokens are searched for repetitions; 0 is off
/// @param dryBreakers sequences of token ids over which no repetition reaches
/// @param mirostatTau target surprise of `mirostat-v2`, bits for each token
/// @param mirostatEta learning rate of `mirostat-v2`, in [0, 1]
/// @param logitBias from token id to what is added to its logit; -infinity forbids it
public record SamplingOptions(
    String samplers,
    OptionalLong seed,
    double temperature,
    int topK,
    double topP,
    double minP,
    double typicalP,
    double topNSigma,
    int minKeep,
    double xtcProbability,
    double xtcThreshold,
    double repeatPenalty,
    double frequencyPenalty,
    double presencePenalty,
    int penaltyLastN,
    double dryMultiplier,
    double dryBase,
    int dryAllowedLength,
    int dryLastN,
    List<List<Integer>> dryBreakers,
    double mirostatTau,
    double mirostatEta,
    Map<Integer, Float> logitBias) {

  /// As a number of last tokens: all of them.
  public static final int ALL_TOKENS = Integer.MAX_VALUE;

  private static final SamplingOptions DEFAULTS = new Builder().build();

  /// Checks each parameter, in the words of the step that uses it.
  public SamplingOptions {
    dryBreakers = dryBreakers.stream().map(List::copyOf).toList();
    logitBias = Map.copyOf(logitBias);
    SamplerChain.checkOrder(samplers);
    SamplerChain.of(
        new Temperature(temperature),
        new TopK(topK),
        new TopP(topP, minKeep),
        new MinP(minP, minKeep),
        new Typical(typicalP, minKeep),
        new TopNSigma(topNSigma),
        new Xtc(xtcProbability, xtcThreshold, minKeep),
        new Penalties(repeatPenalty, frequencyPenalty, presencePenalty, penaltyLastN),
        new Dry(dryMultiplier, dryBase, dryAllowedLength, dryLastN, dryBreakers),
        new MirostatV2(mirostatTau, mirostatEta),
        new LogitBias(logitBias));
  }

  /// The defaults of llama.cpp.
  public static SamplingOptions defaults() {
    return DEFAULTS;
  }

  /// The defaults at temperature 0: always the most likely token.
  public static SamplingOptions greedy() {
    return builder().temperature(0).build();
  }

  /// A builder that starts from the defaults.
  public static Builder builder() {
    return new Builder();
  }

  /// A builder that starts from these options.
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.samplers = samplers;
    builder.seed = seed;
    builder.temperature = temperature;
    builder.topK = topK;
    builder.topP = topP;
    builder.minP = minP;
    builder.typicalP = typicalP;
    builder.topNSigma = topNSigma;
    builder.minKeep = minKeep;
    builder.xtcProbability = xtcProbability;
    builder.xtcThreshold = xtcThreshold;
    builder.repeatPenalty = repeatPenalty;
    builder.frequencyPenalty = frequencyPenalty;
    builder.presencePenalty = presencePenalty;
    builder.penaltyLastN = penaltyLastN;
    builder.dryMultiplier = dryMultiplier;
    builder.dryBase = dryBase;
    builder.dryAllowedLength = dryAllowedLength;
    builder.dryLastN = dryLastN;
    builder.dryBreakers = dryBreakers;
    builder.mirostatTau = mirostatTau;
    builder.mirostatEta = mirostatEta;
    builder.logitBias = logitBias;
    return builder;
  }

  /// Sets options one by one; what is not set keeps its default.
  public static final class Builder {
    private String samplers = SamplerChain.DEFAULT_ORDER;
    private OptionalLong seed = OptionalLong.empty();
    private double temperature = 0.8;
    private int topK = 40;
    private double topP = 0.95;
    private double minP = 0.05;
    private double typicalP = 1;
    private double topNSigma = 0;
    private int minKeep = 0;
    private double xtcProbability = 0;
    private double xtcThreshold = 0.1;
    private double repeatPenalty = 1;
    private double frequencyPenalty = 0;
    private double presencePenalty = 0;
    private int penaltyLastN = 64;
    private double dryMultiplier = 0;
    private double dryBase = 1.75;
    private int dryAllowedLength = 2;
    private int dryLastN = ALL_TOKENS;
    private List<List<Integer>> dryBreakers = List.of();
    private double mirostatTau = 5;
    private double mirostatEta = 0.1;
    private Map<Integer, Float> logitBias = Map.of();

    private Builder() {}

    /// The order of the steps, such as `top-k;top-p;temperature`; see [SamplerChain#parse].
    public Builder samplers(String samplers) {
      this.samplers = samplers;
      return this;
    }

    /// The seed of the random numbers.
    public Builder seed(long seed) {
      this.seed = OptionalLong.of(seed);
      return this;
    }

    /// The temperature: at least 0; 0 always takes the most likely token.
    public Builder temperature(double temperature) {
      this.temperature = temperature;
      return this;
    }

    /// Keep this many tokens; 0 is off.
    public Builder topK(int topK) {
      this.topK = topK;
      return this;
    }

    /// Keep the most likely tokens that reach this probability together, in (0, 1]; 1 is off.
    public Builder topP(double topP) {
      this.topP = topP;
      return this;
    }

    /// Keep tokens at least this likely relative to the most likely one, in [0, 1]; 0 is off.
    public Builder minP(double minP) {
      this.minP = minP;
      return this;
    }

    /// Locally typical sampling, in (0, 1]; 1 is off.
    public Builder typicalP(double typicalP) {
      this.typicalP = typicalP;
      return this;
    }

    /// Keep logits within this many standard deviations of the highest; 0 is off.
    public Builder topNSigma(double topNSigma) {
      this.topNSigma = topNSigma;
      return this;
    }

    /// Top-p, min-p, typical and XTC keep at least this many tokens.
    public Builder minKeep(int minKeep) {
      this.minKeep = minKeep;
      return this;
    }

    /// How often the top choices are excluded, in [0, 1]; 0 is off.
    public Builder xtcProbability(double xtcProbability) {
      this.xtcProbability = xtcProbability;
      return this;
    }

    /// A token this likely is a top choice, in [0, 1].
    public Builder xtcThreshold(double xtcThreshold) {
      this.xtcThreshold = xtcThreshold;
      return this;
    }

    /// Divides the logits of tokens that occurred, in [0.01, 100]; 1 is off.
    public Builder repeatPenalty(double repeatPenalty) {
      this.repeatPenalty = repeatPenalty;
      return this;
    }

    /// Subtracted for each occurrence, in [-100, 100]; 0 is off.
    public Builder frequencyPenalty(double frequencyPenalty) {
      this.frequencyPenalty = frequencyPenalty;
      return this;
    }

    /// Subtracted once for tokens that occurred, in [-100, 100]; 0 is off.
    public Builder presencePenalty(double presencePenalty) {
      this.presencePenalty = presencePenalty;
      return this;
    }

    /// How many of the last tokens the three penalties count; 0 is off.
    public Builder penaltyLastN(int penaltyLastN) {
      this.penaltyLastN = penaltyLastN;
      return this;
    }

    /// Strength of the penalty on repeated sequences; 0 is off.
    public Builder dryMultiplier(double dryMultiplier) {
      this.dryMultiplier = dryMultiplier;
      return this;
    }

    /// Grows the penalty with each repeated token, at least 1.
    public Builder dryBase(double dryBase) {
      this.dryBase = dryBase;
      return this;
    }

    /// Repetitions of this length begin to be penalized.
    public Builder dryAllowedLength(int dryAllowedLength) {
      this.dryAllowedLength = dryAllowedLength;
      return this;
    }

    /// How many of the last tokens are searched for repetitions; 0 is off.
    public Builder dryLastN(int dryLastN) {
      this.dryLastN = dryLastN;
      return this;
    }

    /// Sequences of token ids over which no repetition reaches.
    public Builder dryBreakers(List<List<Integer>> dryBreakers) {
      this.dryBreakers = dryBreakers;
      return this;
    }

    /// Target surprise of `mirostat-v2`, bits for each token.
    public Builder mirostatTau(double mirostatTau) {
      this.mirostatTau = mirostatTau;
      return this;
    }

    /// Learning rate of `mirostat-v2`, in [0, 1].
    public Builder mirostatEta(double mirostatEta) {
      this.mirostatEta = mirostatEta;
      return this;
    }

    /// From token id to what is added to its logit; -infinity forbids it.
    public Builder logitBias(Map<Integer, Float> logitBias) {
      this.logitBias = logitBias;
      return this;
    }

    /// Forbids tokens, in addition to the logit bias that was set before: `ignore-eos` forbids
    /// those that end an answer.
    public Builder forbid(int... tokens) {
      Map<Integer, Float> extended = new TreeMap<>(logitBias);
      for (int token : tokens) {
        extended.put(token, Float.NEGATIVE_INFINITY);
      }
      logitBias = extended;
      return this;
    }

    /// The options.
    ///
    /// @throws IllegalArgumentException if a parameter is out of its range
    public SamplingOptions build() {
      return new SamplingOptions(
          samplers,
          seed,
          temperature,
          topK,
          topP,
          minP,
          typicalP,
          topNSigma,
          minKeep,
          xtcProbability,
          xtcThreshold,
          repeatPenalty,
          frequencyPenalty,
          presencePenalty,
          penaltyLastN,
          dryMultiplier,
          dryBase,
          dryAllowedLength,
          dryLastN,
          dryBreakers,
          mirostatTau,
          mirostatEta,
          logitBias);
    }
  }
}
