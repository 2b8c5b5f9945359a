package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// Qwen 1.5, 2 and 2.5: Llama with biases on query, key and value. Source: arXiv 2407.10671.
final class Qwen2 implements Architecture {
  @Override
  public String name() {
    return "qwen2";
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
                    Layers.gatedMlp(checkpoint, i, Activation.SILU))));
  }
}
