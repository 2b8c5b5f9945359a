package dev.kawi.model;

import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Rope;

/// Phi-1, Phi-1.5 and Phi-2: layer norms, biases everywhere, a rope over a part of each head,
/// attention and feed-forward side by side behind one norm. Source: arXiv 2306.11644, arXiv
/// 2309.05463.
final class Phi2 implements Architecture {
  @Override
  public String name() {
    return "phi2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    int hiddenSize = checkpoint.config().hiddenSize();
    return Layers.layerNormDecoder(
        checkpoint,
        null,
        i -> {
          Norm norm = checkpoint.layerNorm("blk." + i + ".attn_norm", hiddenSize);
          return new Block.Parallel(
              norm,
              Layers.attention(checkpoint, i, rope),
              norm,
              Layers.mlp(checkpoint, i, Layers.gelu(checkpoint)));
        });
  }
}
