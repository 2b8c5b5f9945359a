package dev.kawi.model;

import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Projection.QkNormRope;

/// MPT: layer norms without bias, biases on scores ([Slopes]) or learnt positions, and some of its
/// models limit queries, keys and values, or norm queries and keys. Source: the MPT models of
/// MosaicML.
final class Mpt implements Architecture {
  @Override
  public String name() {
    return "mpt";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    ModelConfig config = checkpoint.config();
    float last = checkpoint.factor("attention.max_alibi_bias", 0);
    Scores usual = Layers.usualScores(checkpoint);
    Scores scores = last == 0 ? usual : usual.sloped(Slopes.of(config.heads().numHeads(), last));
    Embedding positions =
        checkpoint.has("position_embd.weight") ? Gpt2.positions(checkpoint) : null;
    return Layers.layerNormDecoder(
        checkpoint,
        positions,
        i ->
            Layers.layerNormBlock(
                checkpoint,
                i,
                Layers.normRopeAttention(
                    checkpoint, i, normRope(checkpoint, "blk." + i + "."), scores)));
  }

  private static QkNormRope normRope(Checkpoint checkpoint, String block) {
    ModelConfig config = checkpoint.config();
    return new QkNormRope(
        checkpoint.optionalLayerNorm(block + "attn_q_norm", config.hiddenSize()),
        checkpoint.optionalLayerNorm(block + "attn_k_norm", config.heads().kvSize()),
        null,
        config.heads().headDim(),
        QkNormRope.Order.NORM_ROPE);
  }
}
