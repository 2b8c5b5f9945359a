package dev.kawi.model;

import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Rope;

/// Qwen 1.5 and 2 with experts: their weights are not scaled to sum to 1, and a shared expert sees
/// every token. Source: arXiv 2407.10671.
final class Qwen2Moe implements Architecture {
  @Override
  public String name() {
    return "qwen2moe";
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
                    Layers.moe(checkpoint, i, Moe.Weights.SOFTMAX))));
  }
}
