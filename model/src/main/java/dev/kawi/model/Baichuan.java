package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;
import dev.kawi.tensor.Tensor;

/// Baichuan and Baichuan 2. Those with 7B parameters are Llama; those with 13B have biases on
/// scores instead of a rope (ALiBi, arXiv 2108.12409), which no key says; they are known by their
/// layers. Source: arXiv 2309.10305.
final class Baichuan implements Architecture {
  private static final int LAYERS_OF_13B = 40;
  private static final double MAX_BIAS = 8;

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
        Layers.usualScores(checkpoint).sloped(slopes(checkpoint.config().heads().numHeads()));
    return Layers.decoder(
        checkpoint,
        i ->
            Block.of(
                checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                Layers.attention(checkpoint, i, null, scores),
                checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                Layers.gatedMlp(checkpoint, i, Activation.SILU)));
  }

  /// A geometric sequence over the largest power of two of heads, and every other member of one of
  /// twice as many for the rest.
  private static Tensor slopes(int numHeads) {
    int power = Integer.highestOneBit(numHeads);
    float[] slopes = new float[numHeads];
    for (int h = 0; h < numHeads; h++) {
      double exponent =
          h < power ? MAX_BIAS / power * (h + 1) : MAX_BIAS / (2 * power) * (2 * (h - power) + 1);
      slopes[h] = (float) StrictMath.pow(2, -exponent);
    }
    return Tensor.of(slopes, 1, numHeads);
  }
}
