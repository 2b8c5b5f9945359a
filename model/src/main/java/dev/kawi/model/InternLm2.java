package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// InternLM 2. Source: arXiv 2403.17297.
final class InternLm2 implements Architecture {
  @Override
  public String name() {
    return "internlm2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NORMAL, contextLength);
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
