package dev.kawi.model;

import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Rope;

/// Gemma (1): Llama with scaled embeddings and GeGLU. Source: arXiv 2403.08295.
final class Gemma implements Architecture {
  @Override
  public String name() {
    return "gemma";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    Embedding tokens = checkpoint.tokens();
    return new Decoder(
        tokens,
        null,
        (float) Math.sqrt(hiddenSize),
        Layers.blocks(
            checkpoint,
            i ->
                Block.of(
                    checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                    Layers.attention(checkpoint, i, rope),
                    checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                    Layers.gatedMlp(checkpoint, i, Layers.gelu(checkpoint)))),
        checkpoint.rmsNorm("output_norm", hiddenSize),
        checkpoint.head(tokens),
        1,
        0);
  }
}
