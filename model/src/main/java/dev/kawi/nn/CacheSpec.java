package dev.kawi.nn;

import dev.kawi.nn.Attention.Heads;

/// What a layer keeps of a sequence between steps.
public sealed interface CacheSpec {
  /// Keys and values of each position.
  ///
  /// @param heads their number and size; latent attention has one key-value head
  /// @param window positions that later tokens attend to, the newest included, so that pages behind
  ///   it can be given up; 0 for all
  record KeyValues(Heads heads, int window) implements CacheSpec {}

  /// A recurrent state of fixed size, in F32: what a convolution remembers, a delta-rule or SSM
  /// state. Each step replaces it.
  ///
  /// @param floats its size
  record State(int floats) implements CacheSpec {
    /// Checks the size.
    public State {
      if (floats < 1) {
        throw new IllegalArgumentException("a recurrent state needs a size, found " + floats);
      }
    }
  }
}
