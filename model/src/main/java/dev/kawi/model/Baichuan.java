package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// Baichuan and Baichuan 2. Those with 7B parameters are Llama; those with 13B have biases on
/// scores instead of a rope (ALiBi, arXiv 2108.12409), which no key says; they are known by their
/// layers. Source: arXiv 2309.10305.
final class Baichuan implements Architecture {
  private static final int LAYERS_OF_13B = 40;

  @Override
  public String name() {
    return "baichuan";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    return checkpoint.config().numLayers() == LAYERS_OF_13B
        ? sloped(checkpoint)
        : Layers.decoder(
            checkpoint,
            Rope.Layout.NORMAL,
            contextLength,
            i -> Layers.gatedMlp(checkpoint, i, Activation.SILU));
  }

  private static Decoder sloped(Checkpoint checkpoint) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Scores scores =
        Layers.usualScores(checkpoint).sloped(Alibi.slopes(checkpoint.config().heads().numHeads()));
    return Layers.decoder(
        checkpoint,
        i ->
            Block.of(
                checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                Layers.attention(checkpoint, i, null, scores),
                checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                Layers.gatedMlp(checkpoint, i, Activation.SILU)));
  }
}
