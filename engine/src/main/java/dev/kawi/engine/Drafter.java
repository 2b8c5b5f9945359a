package dev.kawi.engine;

/// Proposes tokens that a model might choose next, so that several are computed in one step
/// (speculative decoding). The model samples at each of them as it would anyway and goes on as long
/// as it chooses what was proposed: the answer is the same, token for token, whatever is proposed.
/// Source: arXiv 2211.17192.
@FunctionalInterface
public interface Drafter {
  /// Proposes nothing.
  Drafter NONE = (tokens, known, most) -> new int[0];

  /// At most `most` tokens that may follow.
  ///
  /// @param tokens the first `known` of them are the sequence so far; not to be changed
  int[] propose(int[] tokens, int known, int most);

  /// Proposes what followed the last time that the newest three, two or one tokens stood in the
  /// text: fast on answers that repeat their prompt.
  static Drafter lookup() {
    return new LookupDrafter();
  }

  /// Proposes what a smaller model would choose. Both must have the same vocabulary, of which
  /// [Model#generate(GenerationRequest)] makes sure. The caller closes the model.
  static Drafter model(Model draft) {
    return new ModelDrafter(draft);
  }
}
