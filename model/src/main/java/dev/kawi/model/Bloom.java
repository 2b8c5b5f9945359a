package dev.kawi.model;

import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;

/// BLOOM and BLOOMZ: biases on scores instead of positions ([Slopes]), layer norms, and one of the
/// embeddings. Source: arXiv 2211.05100.
final class Bloom implements Architecture {
  @Override
  public String name() {
    return "bloom";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    ModelConfig config = checkpoint.config();
    Scores scores =
        Layers.usualScores(checkpoint).sloped(Slopes.of(config.heads().numHeads(), Slopes.USUAL));
    return Layers.layerNormDecoder(
        checkpoint,
        null,
        i -> {
          Block block =
              Layers.layerNormBlock(checkpoint, i, Layers.attention(checkpoint, i, null, scores));
          return i > 0
              ? block
              : new Block.Normed(
                  checkpoint.layerNorm("token_embd_norm", config.hiddenSize()), block);
        });
  }
}
