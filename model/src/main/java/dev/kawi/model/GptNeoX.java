package dev.kawi.model;

import dev.kawi.nn.Attention;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Rope;

/// GPT-NeoX, Pythia and Dolly: layer norms, a rope over a part of each head, attention and
/// feed-forward side by side, each with a norm of its own, or one after the other. Source: arXiv
/// 2204.06745.
final class GptNeoX implements Architecture {
  @Override
  public String name() {
    return "gptneox";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    boolean parallel =
        checkpoint.metadata().bool(checkpoint.key("use_parallel_residual")).orElse(true);
    return Layers.layerNormDecoder(
        checkpoint,
        null,
        i -> {
          Attention attention = Layers.attention(checkpoint, i, rope);
          return parallel
              ? parallel(checkpoint, i, attention)
              : Layers.layerNormBlock(checkpoint, i, attention);
        });
  }

  private static Block parallel(Checkpoint checkpoint, int layer, Attention attention) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Norm attentionNorm = checkpoint.layerNorm("blk." + layer + ".attn_norm", hiddenSize);
    Norm norm = checkpoint.layerNorm("blk." + layer + ".ffn_norm", hiddenSize);
    return new Block.Parallel(
        attentionNorm, attention, norm, Layers.mlp(checkpoint, layer, Layers.gelu(checkpoint)));
  }
}
