package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;

/// MiniCPM 1 and 2: Llama with factors on embeddings, what blocks add, and logits. Source: arXiv
/// 2404.06395.
final class MiniCpm implements Architecture {
  private static final float EMBEDDING_SCALE = 12;
  private static final float DEPTH_SCALE = 1.4f;
  private static final float BASE_WIDTH = 256;

  @Override
  public String name() {
    return "minicpm";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    ModelConfig config = checkpoint.config();
    float depth = DEPTH_SCALE / (float) Math.sqrt(config.numLayers());
    float width = config.hiddenSize() / BASE_WIDTH;
    ScaledLlama scales =
        new ScaledLlama(
            checkpoint.factor("embedding_scale", EMBEDDING_SCALE),
            checkpoint.factor("residual_scale", depth),
            Layers.usualScale(config.heads()),
            1 / checkpoint.factor("logit_scale", width));
    return scales.decoder(
        checkpoint, contextLength, i -> Layers.gatedMlp(checkpoint, i, Activation.SILU));
  }
}
