package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Rope;

/// StableLM 3B and StableLM 2: Llama with layer norms and a rope over a part of each head; the
/// largest norms its heads and has attention and feed-forward side by side. Source: arXiv
/// 2402.17834.
final class StableLm implements Architecture {
  @Override
  public String name() {
    return "stablelm";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    return Layers.layerNormDecoder(checkpoint, null, i -> block(checkpoint, i, rope));
  }

  private static Block block(Checkpoint checkpoint, int layer, Rope rope) {
    int hiddenSize = checkpoint.config().hiddenSize();
    String block = "blk." + layer + ".";
    Norm norm = checkpoint.layerNorm(block + "attn_norm", hiddenSize);
    Attention attention = Layers.normedHeads(checkpoint, layer, rope);
    FeedForward mlp = Layers.gatedMlp(checkpoint, layer, Activation.SILU);
    Norm mlpNorm = checkpoint.optionalLayerNorm(block + "ffn_norm", hiddenSize);
    return mlpNorm == null
        ? new Block.Parallel(norm, attention, norm, mlp)
        : Block.of(norm, attention, mlpNorm, mlp);
  }
}
