package dev.kawi.sample;

/// One step of a [SamplerChain]: changes logits, or removes candidates.
///
/// At least one candidate has to remain. A step may keep state and scratch memory, so it belongs to
/// one [Sampler].
public interface SamplerStep {

  /// The name by which orders and error messages call it, such as `top-k`.
  String name();

  /// The parameters for people, such as `k=40`.
  String parameters();

  /// Whether the step does anything with its parameters; one that does not is skipped.
  default boolean enabled() {
    return true;
  }

  /// Changes the candidates in place.
  void apply(Candidates candidates, SamplingContext context);

  /// Tells which candidate was drawn at the end, for steps that learn from it.
  ///
  /// @param index the place of the drawn token among the candidates
  default void drawn(Candidates candidates, int index) {}

  /// Forgets what was learnt, for a new sequence.
  default void reset() {}

  /// The name with the parameters in brackets; `(off)` where the step does nothing.
  default String describe() {
    return name() + "(" + (enabled() ? parameters() : "off") + ")";
  }
}
