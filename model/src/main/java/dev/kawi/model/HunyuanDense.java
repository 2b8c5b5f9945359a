package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.Projection.QkNormRope;
import dev.kawi.nn.Rope;
import java.util.function.IntFunction;

/// Hunyuan of one size of feed-forward layer: Llama with norms of the heads after the rope. Source:
/// the HunYuanDenseV1 model of Hugging Face transformers.
final class HunyuanDense implements Architecture {
  @Override
  public String name() {
    return "hunyuan-dense";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return decoder(checkpoint, contextLength, i -> Layers.gatedMlp(checkpoint, i, Activation.SILU));
  }

  /// The decoder with these feed-forward layers.
  static Decoder decoder(
      Checkpoint checkpoint, int contextLength, IntFunction<FeedForward> feedForward) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    return Layers.decoder(
        checkpoint,
        i ->
            Block.of(
                checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                attention(checkpoint, i, rope),
                checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                feedForward.apply(i)));
  }

  private static Attention attention(Checkpoint checkpoint, int layer, Rope rope) {
    int headDim = checkpoint.config().heads().headDim();
    QkNormRope normRope =
        new QkNormRope(
            checkpoint.rmsNorm("blk." + layer + ".attn_q_norm", headDim),
            checkpoint.rmsNorm("blk." + layer + ".attn_k_norm", headDim),
            rope,
            headDim,
            QkNormRope.Order.ROPE_NORM);
    return Layers.normRopeAttention(checkpoint, layer, normRope, Layers.usualScores(checkpoint));
  }
}
