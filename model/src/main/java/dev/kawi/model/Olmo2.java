package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Attention.Heads;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Projection.QkNormRope;
import dev.kawi.nn.Rope;

/// OLMo 2: norms only after attention and feed-forward, and over the whole of query and key.
/// Source: arXiv 2501.00656.
final class Olmo2 implements Architecture {
  @Override
  public String name() {
    return "olmo2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    return Layers.decoder(
        checkpoint,
        i ->
            new Block.Sequential(
                null,
                attention(checkpoint, i, rope),
                checkpoint.rmsNorm("blk." + i + ".post_attention_norm", hiddenSize),
                null,
                Layers.gatedMlp(checkpoint, i, Activation.SILU),
                checkpoint.rmsNorm("blk." + i + ".post_ffw_norm", hiddenSize),
                1));
  }

  private static Attention attention(Checkpoint checkpoint, int layer, Rope rope) {
    Heads heads = checkpoint.config().heads();
    String block = "blk." + layer + ".";
    return Layers.normRopeAttention(
        checkpoint,
        layer,
        new QkNormRope(
            checkpoint.rmsNorm(block + "attn_q_norm", heads.numHeads() * heads.headDim()),
            checkpoint.rmsNorm(block + "attn_k_norm", heads.kvSize()),
            rope,
            heads.headDim(),
            QkNormRope.Order.NORM_ROPE),
        Layers.usualScores(checkpoint));
  }
}
