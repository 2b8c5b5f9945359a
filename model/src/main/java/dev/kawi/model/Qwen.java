package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// Qwen (1): one fused projection for query, key and value; the file's `feed_forward_length` is
/// twice the real one. Source: arXiv 2309.16609.
final class Qwen implements Architecture {
  @Override
  public String name() {
    return "qwen";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(
        checkpoint,
        Rope.Layout.NEOX,
        contextLength,
        i ->
            Layers.gatedMlp(
                checkpoint, i, checkpoint.config().intermediateSize() / 2, Activation.SILU));
  }
}
