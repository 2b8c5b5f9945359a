package dev.kawi.model;

import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// GLM-4-0414: ChatGLM with norms after attention and feed-forward, too. Source: the Glm4 model of
/// Hugging Face transformers.
final class Glm4 implements Architecture {
  @Override
  public String name() {
    return "glm4";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NORMAL, contextLength);
    return Layers.decoder(
        checkpoint,
        i ->
            new Block.Sequential(
                checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                Layers.attention(checkpoint, i, rope),
                checkpoint.rmsNorm("blk." + i + ".post_attention_norm", hiddenSize),
                checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                Layers.fusedGatedMlp(checkpoint, i),
                checkpoint.rmsNorm("blk." + i + ".post_ffw_norm", hiddenSize),
                1));
  }
}
