package dev.kawi.model;

import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// DeepSeek V2, V2 Lite, V3 and R1: latent attention, dense layers first, then many small experts
/// and shared ones. Source: arXiv 2405.04434, arXiv 2412.19437.
final class DeepSeek2 implements Architecture {
  @Override
  public String name() {
    return "deepseek2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.latent(checkpoint, Rope.Layout.NORMAL, contextLength);
    LatentAttention sizes = LatentAttention.of(checkpoint);
    Scores scores = Scores.of(sizes.usualScale() * Ropes.yarnScoreFactor(checkpoint));
    return Layers.decoder(
        checkpoint,
        i ->
            Block.of(
                checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                sizes.attention(checkpoint, i, rope, scores),
                checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                Experts.afterDense(checkpoint, i)));
  }
}
