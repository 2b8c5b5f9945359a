package dev.kawi.model;

import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// gpt-oss: sinks, a sliding window on every other layer from the first, experts with biases and a
/// clamped gate. Source: the gpt-oss model card, arXiv 2508.10925.
final class GptOss implements Architecture {
  private static final float ALPHA = 1.702f;
  private static final float LIMIT = 7;

  @Override
  public String name() {
    return "gpt-oss";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    ModelConfig config = checkpoint.config();
    int hiddenSize = config.hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    int window = checkpoint.slidingWindow(128);
    Scores scores = Layers.usualScores(checkpoint);
    return Layers.decoder(
        checkpoint,
        i ->
            Block.of(
                checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                Layers.attention(
                    checkpoint,
                    i,
                    rope,
                    scores
                        .windowed(i % 2 == 0 ? window : 0)
                        .sunk(
                            checkpoint.vector(
                                "blk." + i + ".attn_sinks.weight", config.heads().numHeads()))),
                checkpoint.rmsNorm("blk." + i + ".post_attention_norm", hiddenSize),
                Experts.clamped(checkpoint, i, ALPHA, LIMIT)));
  }
}
