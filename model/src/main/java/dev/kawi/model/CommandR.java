package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Rope;
import java.util.function.IntFunction;

/// Command R, Command R+ and Aya: layer norms without bias, attention and feed-forward side by
/// side, scaled logits. Source: the Cohere model of Hugging Face transformers.
final class CommandR implements Architecture {
  @Override
  public String name() {
    return "command-r";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NORMAL, contextLength);
    return decoder(checkpoint, i -> Layers.normedHeads(checkpoint, i, rope));
  }

  /// The decoder with these attentions.
  static Decoder decoder(Checkpoint checkpoint, IntFunction<Attention> attention) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Embedding tokens = checkpoint.tokens();
    return new Decoder(
        tokens,
        null,
        1,
        Layers.blocks(
            checkpoint,
            i -> {
              Norm norm = checkpoint.layerNorm("blk." + i + ".attn_norm", hiddenSize);
              return new Block.Parallel(
                  norm, attention.apply(i), norm, Layers.gatedMlp(checkpoint, i, Activation.SILU));
            }),
        checkpoint.layerNorm("output_norm", hiddenSize),
        checkpoint.head(tokens),
        checkpoint.factor("logit_scale", 1),
        0);
  }
}
