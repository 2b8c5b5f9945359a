package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Rope;

/// StarCoder 2: layer norms and biases as in GPT-2, rotary positions. Source: arXiv 2402.19173.
final class Starcoder2 implements Architecture {
  @Override
  public String name() {
    return "starcoder2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    Embedding tokens = checkpoint.tokens();
    return new Decoder(
        tokens,
        null,
        1,
        Layers.blocks(
            checkpoint,
            i ->
                Block.of(
                    checkpoint.layerNorm("blk." + i + ".attn_norm", hiddenSize),
                    Layers.attention(checkpoint, i, rope),
                    checkpoint.layerNorm("blk." + i + ".ffn_norm", hiddenSize),
                    Layers.mlp(checkpoint, i, Activation.GELU))),
        checkpoint.layerNorm("output_norm", hiddenSize),
        checkpoint.head(tokens),
        0);
  }
}
