package dev.kawi.chat;

import java.util.List;

/// How an answer is chosen, as far as every chat model understands it.
///
/// @param maxTokens at most so many new tokens
/// @param temperature 0 takes the likeliest token each time; 1 samples from the model's own
///   probabilities
/// @param topP sampling keeps the likeliest tokens that together reach this probability; 1 keeps
///   all
/// @param seed the same request with the same seed gives the same answer
/// @param stop the answer ends before the first of these texts
public record GenerationOptions(
    int maxTokens, double temperature, double topP, long seed, List<String> stop) {
  /// As long as the model and its context allow, temperature 0.7, top-p 0.95, seed 0, no stop
  /// texts.
  public static final GenerationOptions DEFAULT =
      new GenerationOptions(Integer.MAX_VALUE, 0.7, 0.95, 0, List.of());

  /// Checks the ranges.
  public GenerationOptions {
    require(maxTokens > 0, "maxTokens", "more than 0", maxTokens);
    require(
        temperature >= 0 && temperature < Double.POSITIVE_INFINITY,
        "temperature",
        "0 or more",
        temperature);
    require(topP > 0 && topP <= 1, "topP", "more than 0 and at most 1", topP);
    require(stop.stream().noneMatch(String::isEmpty), "stop", "texts that are not empty", stop);
    stop = List.copyOf(stop);
  }

  private static void require(boolean holds, String option, String expected, Object found) {
    if (!holds) {
      throw new IllegalArgumentException(
          "generation options: " + option + " must be " + expected + ", found " + found);
    }
  }

  /// The likeliest token each time.
  public static GenerationOptions greedy() {
    return DEFAULT.withTemperature(0);
  }

  /// With another bound on new tokens.
  public GenerationOptions withMaxTokens(int tokens) {
    return new GenerationOptions(tokens, temperature, topP, seed, stop);
  }

  /// With another temperature.
  public GenerationOptions withTemperature(double degree) {
    return new GenerationOptions(maxTokens, degree, topP, seed, stop);
  }

  /// With another top-p.
  public GenerationOptions withTopP(double probability) {
    return new GenerationOptions(maxTokens, temperature, probability, seed, stop);
  }

  /// With another seed.
  public GenerationOptions withSeed(long other) {
    return new GenerationOptions(maxTokens, temperature, topP, other, stop);
  }

  /// With other stop texts.
  public GenerationOptions withStop(String... texts) {
    return new GenerationOptions(maxTokens, temperature, topP, seed, List.of(texts));
  }
}
