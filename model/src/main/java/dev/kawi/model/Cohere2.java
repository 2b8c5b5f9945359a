package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Rope;

/// Command R7B and Command A: Command R with a sliding window and a rope in three of four layers,
/// and neither in the fourth. Source: arXiv 2504.00698.
final class Cohere2 implements Architecture {
  private static final int PERIOD = 4;

  @Override
  public String name() {
    return "cohere2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NORMAL, contextLength);
    int window = checkpoint.slidingWindow(4096);
    int hiddenSize = checkpoint.config().hiddenSize();
    float scale = Layers.usualScale(checkpoint.config().heads());
    Embedding tokens = checkpoint.tokens();
    return new Decoder(
        tokens,
        null,
        1,
        Layers.blocks(
            checkpoint,
            i -> {
              boolean windowed = i % PERIOD < PERIOD - 1;
              Norm norm = checkpoint.layerNorm("blk." + i + ".attn_norm", hiddenSize);
              return new Block.Parallel(
                  norm,
                  Layers.attention(
                      checkpoint, i, windowed ? rope : null, scale, 0, windowed ? window : 0),
                  norm,
                  Layers.gatedMlp(checkpoint, i, Activation.SILU));
            }),
        checkpoint.layerNorm("output_norm", hiddenSize),
        checkpoint.head(tokens),
        ScaledLlama.factor(checkpoint, "logit_scale", 1),
        0);
  }
}
