package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// Baichuan and Baichuan 2 with 7B parameters: Llama. Those with 13B have biases on scores instead
/// of a rope (ALiBi), which no key says; they are known by their layers. Source: arXiv 2309.10305.
final class Baichuan implements Architecture {
  private static final int LAYERS_OF_13B = 40;

  @Override
  public String name() {
    return "baichuan";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    if (checkpoint.config().numLayers() == LAYERS_OF_13B) {
      throw new ModelFormatException(
          "gguf: baichuan with 40 layers (13B) has ALiBi positions, which Kawi does not support"
              + " yet; the models of 7B run");
    }
    return Layers.decoder(
        checkpoint,
        Rope.Layout.NORMAL,
        contextLength,
        i -> Layers.gatedMlp(checkpoint, i, Activation.SILU));
  }
}
