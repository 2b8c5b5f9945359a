package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Rope;

/// Llama 1 to 3 and all that ships as it: Mistral, Mixtral (with experts), Yi, Skywork, TinyLlama,
/// SmolLM, OpenBuddy, Ziya. Source: arXiv 2302.13971, arXiv 2401.04088.
final class Llama implements Architecture {
  @Override
  public String name() {
    return "llama";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return Layers.decoder(
        checkpoint, Rope.Layout.NORMAL, contextLength, i -> feedForward(checkpoint, i));
  }

  private static FeedForward feedForward(Checkpoint checkpoint, int layer) {
    return checkpoint.has("blk." + layer + ".ffn_gate_inp.weight")
        ? Experts.moe(checkpoint, layer, Moe.Weights.SOFTMAX_OF_CHOSEN)
        : Layers.gatedMlp(checkpoint, layer, Activation.SILU);
  }
}
