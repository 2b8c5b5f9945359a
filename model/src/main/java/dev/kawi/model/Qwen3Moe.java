package dev.kawi.model;

import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Rope;

/// Qwen 3 with experts: weights scaled to sum to 1, no shared expert. Source: arXiv 2505.09388.
final class Qwen3Moe implements Architecture {
  @Override
  public String name() {
    return "qwen3moe";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    return Layers.decoder(
        checkpoint,
        Layers.blocks(
            checkpoint,
            i ->
                Block.of(
                    checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                    Layers.attention(checkpoint, i, rope),
                    checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                    Layers.moe(checkpoint, i, Moe.Weights.SOFTMAX_OF_CHOSEN))));
  }
}
