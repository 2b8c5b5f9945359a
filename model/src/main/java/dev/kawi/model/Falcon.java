package dev.kawi.model;

import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Rope;

/// Falcon 7B and 40B: layer norms, attention and feed-forward side by side; 40B has a norm for each
/// of them. Source: arXiv 2311.16867.
final class Falcon implements Architecture {
  @Override
  public String name() {
    return "falcon";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    int hiddenSize = checkpoint.config().hiddenSize();
    Embedding tokens = checkpoint.tokens();
    return Decoder.of(
        tokens,
        Layers.blocks(
            checkpoint,
            i -> {
              Norm norm = checkpoint.layerNorm("blk." + i + ".attn_norm", hiddenSize);
              String second = "blk." + i + ".attn_norm_2";
              return new Block.Parallel(
                  checkpoint.has(second + ".weight")
                      ? checkpoint.layerNorm(second, hiddenSize)
                      : norm,
                  Layers.attention(checkpoint, i, rope),
                  norm,
                  Layers.mlp(checkpoint, i, Layers.gelu(checkpoint)));
            }),
        checkpoint.layerNorm("output_norm", hiddenSize),
        checkpoint.head(tokens));
  }
}
