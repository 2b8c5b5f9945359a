package dev.kawi.sample;

/// Says which tokens may come next in one sequence, whatever the model thinks of them: a grammar,
/// for example. A [Sampler] asks it before any step of its chain.
public interface TokenConstraint {
  /// Removes the candidates that may not come next. They are in the order of the vocabulary.
  ///
  /// @throws SamplingException if none may come
  void restrict(Candidates candidates);

  /// Tells that a token is now part of the sequence.
  void accept(int token);
}
