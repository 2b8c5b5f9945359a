package dev.kawi.model;

import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;

/// GPT-2: layer norms, biases everywhere, learnt positions, GELU. Source: Radford et al. 2019.
final class Gpt2 implements Architecture {
  @Override
  public String name() {
    return "gpt2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    ModelConfig config = checkpoint.config();
    int hiddenSize = config.hiddenSize();
    Embedding tokens = checkpoint.tokens();
    Embedding positions =
        new Embedding(
            "position_embd",
            checkpoint.matrix("position_embd.weight", config.contextLength(), hiddenSize));
    return new Decoder(
        tokens,
        positions,
        1,
        Layers.blocks(
            checkpoint,
            i ->
                Block.of(
                    checkpoint.layerNorm("blk." + i + ".attn_norm", hiddenSize),
                    Layers.attention(checkpoint, i, null),
                    checkpoint.layerNorm("blk." + i + ".ffn_norm", hiddenSize),
                    Layers.mlp(checkpoint, i, Layers.gelu(checkpoint)))),
        checkpoint.layerNorm("output_norm", hiddenSize),
        checkpoint.head(tokens),
        1,
        0);
  }
}
