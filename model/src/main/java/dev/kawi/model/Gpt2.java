package dev.kawi.model;

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
    return decoder(checkpoint);
  }

  /// The decoder.
  static Decoder decoder(Checkpoint checkpoint) {
    return Layers.layerNormDecoder(
        checkpoint,
        positions(checkpoint),
        i -> Layers.layerNormBlock(checkpoint, i, Layers.attention(checkpoint, i, null)));
  }

  /// Learnt positions, as many as the model was made for.
  static Embedding positions(Checkpoint checkpoint) {
    ModelConfig config = checkpoint.config();
    return new Embedding(
        "position_embd",
        checkpoint.matrix("position_embd.weight", config.contextLength(), config.hiddenSize()));
  }
}
