package dev.kawi.model;

import dev.kawi.nn.Encoder;
import dev.kawi.nn.FeedForward;

/// Nomic Embed Text v2: BERT with a rope instead of learnt positions, and mixtures of experts in
/// the second of each few layers. Publishers' folders have a bias on their sum, which GGUF files
/// leave out. Source: arXiv 2502.07972.
final class NomicBertMoe implements EncoderArchitecture {
  @Override
  public String name() {
    return "nomic-bert-moe";
  }

  @Override
  public Encoder build(Checkpoint checkpoint) {
    return EncoderLayers.roped(checkpoint, i -> feedForward(checkpoint, i));
  }

  private static FeedForward feedForward(Checkpoint checkpoint, int layer) {
    int every = checkpoint.metadata().integer(checkpoint.key("moe_every_n_layers")).orElse(0);
    if (every < 1 || layer % every != 1) {
      return Layers.mlp(checkpoint, layer, Layers.gelu(checkpoint));
    }
    FeedForward experts = Experts.ungated(checkpoint, layer, Layers.gelu(checkpoint));
    String bias = "blk." + layer + ".ffn_exps.bias";
    return checkpoint.has(bias)
        ? new FeedForward.Biased(experts, checkpoint.rowTable(bias))
        : experts;
  }
}
