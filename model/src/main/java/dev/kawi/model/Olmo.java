package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Rope;

/// OLMo: Llama with layer norms that have no weights, and some of its models limit queries, keys
/// and values. Source: arXiv 2402.00838.
final class Olmo implements Architecture {
  @Override
  public String name() {
    return "olmo";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NORMAL, contextLength);
    Norm norm = checkpoint.plainLayerNorm("norm", checkpoint.config().hiddenSize());
    Embedding tokens = checkpoint.tokens();
    return Decoder.of(
        tokens,
        Layers.blocks(
            checkpoint,
            i ->
                Block.of(
                    norm,
                    Layers.attention(checkpoint, i, rope),
                    norm,
                    Layers.gatedMlp(checkpoint, i, Activation.SILU))),
        norm,
        checkpoint.head(tokens));
  }
}
