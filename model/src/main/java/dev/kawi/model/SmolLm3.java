package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// SmolLM 3: Llama, but every fourth layer has no rope. Source: the SmolLM3 model of Hugging Face
/// transformers; arXiv 2501.18795.
final class SmolLm3 implements Architecture {
  private static final int PERIOD = 4;

  @Override
  public String name() {
    return "smollm3";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NORMAL, contextLength);
    return Layers.decoder(
        checkpoint,
        i ->
            Block.of(
                checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                Layers.attention(checkpoint, i, i % PERIOD < PERIOD - 1 ? rope : null),
                checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                Layers.gatedMlp(checkpoint, i, Activation.SILU)));
  }
}
