package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Rope;

/// MiniCPM3: latent attention, and MiniCPM's factors, which its GGUF files do not hold. Source: the
/// publisher's modelling code of MiniCPM3-4B.
final class MiniCpm3 implements Architecture {
  private static final float EMBEDDING_SCALE = 12;
  private static final double DEPTH_SCALE = 1.4;
  private static final float BASE_SIZE = 256;

  @Override
  public String name() {
    return "minicpm3";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    ModelConfig config = checkpoint.config();
    int hiddenSize = config.hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    LatentAttention sizes = LatentAttention.of(checkpoint);
    Scores scores = Scores.of(sizes.usualScale());
    float residual = (float) (DEPTH_SCALE / Math.sqrt(config.numLayers()));
    Embedding tokens = checkpoint.tokens();
    return new Decoder(
        tokens,
        null,
        EMBEDDING_SCALE,
        Layers.blocks(
            checkpoint,
            i ->
                new Block.Sequential(
                    checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                    sizes.attention(checkpoint, i, rope, scores),
                    null,
                    checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                    Layers.gatedMlp(checkpoint, i, Activation.SILU),
                    null,
                    residual)),
        checkpoint.rmsNorm("output_norm", hiddenSize),
        checkpoint.head(tokens),
        BASE_SIZE / hiddenSize,
        0);
  }
}
