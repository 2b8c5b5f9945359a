package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Rope;

/// Phi 3 and 3.5: one fused projection for query, key and value, one for gate and up, and LongRoPE.
/// The sliding window that some files name is not applied, as in llama.cpp. Source: arXiv
/// 2404.14219.
final class Phi3 implements Architecture {
  @Override
  public String name() {
    return "phi3";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(checkpoint, Rope.Layout.NEOX, contextLength, i -> mlp(checkpoint, i));
  }

  /// `ffn_up` holds the gate, then up.
  private static GatedMlp mlp(Checkpoint checkpoint, int layer) {
    ModelConfig config = checkpoint.config();
    String block = "blk." + layer + ".";
    int size = config.intermediateSize();
    Linear fused = checkpoint.linear(block + "ffn_up", 2 * size, config.hiddenSize());
    return new GatedMlp(
        Layers.part(fused, block + "ffn_gate", 0, size),
        Layers.part(fused, block + "ffn_up", size, size),
        checkpoint.linear(block + "ffn_down", config.hiddenSize(), size),
        Activation.SILU);
  }
}
