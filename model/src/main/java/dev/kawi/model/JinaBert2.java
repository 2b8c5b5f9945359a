package dev.kawi.model;

import dev.kawi.nn.Attention;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Encoder;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.Projection.QkNormRope;

/// Jina Embeddings v2: BERT with biases on scores instead of learnt positions, and gated
/// feed-forward layers; those for code norm queries and keys, too, and each layer twice. Source:
/// arXiv 2310.19923.
final class JinaBert2 implements EncoderArchitecture {
  @Override
  public String name() {
    return "jina-bert-v2";
  }

  @Override
  public Encoder build(Checkpoint checkpoint) {
    Scores scores =
        Layers.usualScores(checkpoint)
            .sloped(Slopes.of(checkpoint.config().heads().numHeads(), Slopes.USUAL))
            .bidirectional();
    return EncoderLayers.bert(
        checkpoint,
        null,
        Layers.blocks(
            checkpoint,
            i ->
                EncoderLayers.postNorm(
                    checkpoint, i, attention(checkpoint, i, scores), feedForward(checkpoint, i))));
  }

  /// Norms are of all heads of a token together.
  private static Attention attention(Checkpoint checkpoint, int layer, Scores scores) {
    String block = "blk." + layer + ".";
    Attention.Heads heads = checkpoint.config().heads();
    int querySize = heads.numHeads() * heads.headDim();
    QkNormRope normRope =
        new QkNormRope(
            checkpoint.optionalLayerNorm(block + "attn_q_norm", querySize),
            checkpoint.optionalLayerNorm(block + "attn_k_norm", heads.kvSize()),
            null,
            heads.headDim(),
            QkNormRope.Order.NORM_ROPE);
    return Layers.normRopeAttention(checkpoint, layer, normRope, scores).inLayer(0);
  }

  private static FeedForward feedForward(Checkpoint checkpoint, int layer) {
    return checkpoint.has("blk." + layer + ".ffn_gate.weight")
        ? Layers.gatedMlp(checkpoint, layer, Layers.gelu(checkpoint))
        : Layers.fusedGatedMlp(checkpoint, layer, Layers.gelu(checkpoint));
  }
}
