package dev.kawi.hub;

import java.util.List;
import java.util.Optional;

/// How far a model is quantized in GGUF files, and what that needs.
///
/// @param name as in file names
/// @param bitsPerWeight on average over a whole model, scales included
/// @param remark what it costs, in a few words
public record Quantization(String name, double bitsPerWeight, String remark) {
  /// Memory beside the weights for a context of some thousand tokens and the program itself.
  private static final double OVERHEAD_FACTOR = 1.1;

  private static final double OVERHEAD_BYTES = 300e6;
  private static final double LEAST_ADVISED_BITS = 4.5;

  /// From the best to the smallest. Bits: files of Llama-3.1-8B in each type, as llama.cpp's
  /// documentation of its quantize tool lists them.
  public static final List<Quantization> ALL =
      List.of(
          new Quantization("F16", 16.0, "as published"),
          new Quantization("Q8_0", 8.5, "no loss that one notices"),
          new Quantization("Q6_K", 6.6, "hardly any loss"),
          new Quantization("Q5_K_M", 5.7, "little loss"),
          new Quantization("Q4_K_M", 4.9, "the usual balance"),
          new Quantization("Q3_K_M", 4.0, "visible loss"),
          new Quantization("Q2_K", 3.2, "heavy loss"));

  /// Whether its loss is small enough to advise it to anybody: Q4_K_M and better.
  public boolean isAdvised() {
    return bitsPerWeight > LEAST_ADVISED_BITS;
  }

  /// Bytes of the weights of a model.
  public double weightBytes(long parameters) {
    return parameters * bitsPerWeight / 8;
  }

  /// Memory to run a model, roughly.
  public double memory(long parameters) {
    return weightBytes(parameters) * OVERHEAD_FACTOR + OVERHEAD_BYTES;
  }

  /// The best one, F16 left aside, with which a model runs in so much memory.
  public static Optional<Quantization> bestFor(long parameters, double memoryBytes) {
    return ALL.stream()
        .skip(1)
        .filter(quantization -> quantization.memory(parameters) <= memoryBytes)
        .findFirst();
  }
}
