package dev.kawi.model;

import dev.kawi.model.EncoderLayers.Full;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Encoder;
import java.util.function.IntFunction;

/// EmbeddingGemma: layers of Gemma 3 with bidirectional attention, and two linear maps of the
/// pooled state. Source: arXiv 2509.20354.
final class GemmaEmbedding implements EncoderArchitecture {
  private static final int USUAL_PATTERN = 6;

  @Override
  public String name() {
    return "gemma-embedding";
  }

  @Override
  public Encoder build(Checkpoint checkpoint) {
    int hiddenSize = checkpoint.config().hiddenSize();
    IntFunction<Attention> attention = EncoderLayers.windowed(checkpoint, USUAL_PATTERN, Full.LAST);
    return new Encoder(
        checkpoint.tokens(),
        (float) Math.sqrt(hiddenSize),
        null,
        null,
        null,
        Layers.blocks(checkpoint, i -> Gemma3.block(checkpoint, i, attention.apply(i))),
        checkpoint.rmsNorm("output_norm", hiddenSize),
        EncoderLayers.projections(checkpoint),
        null);
  }
}
