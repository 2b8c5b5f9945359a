package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Encoder;

/// Nomic Embed Text v1 and v1.5: BERT with a rope instead of learnt positions, and gated
/// feed-forward layers. Source: arXiv 2402.01613.
final class NomicBert implements EncoderArchitecture {
  @Override
  public String name() {
    return "nomic-bert";
  }

  @Override
  public Encoder build(Checkpoint checkpoint) {
    return EncoderLayers.roped(checkpoint, i -> Layers.gatedMlp(checkpoint, i, Activation.SILU));
  }
}
