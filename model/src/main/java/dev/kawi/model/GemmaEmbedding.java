package dev.kawi.model;

import dev.kawi.model.EncoderLayers.Full;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Encoder;
import dev.kawi.nn.Rope;
import java.util.function.IntPredicate;

/// EmbeddingGemma: layers of Gemma 3 in which tokens see those after them, too, and two linear maps
/// of the pooled state. Source: arXiv 2509.20354.
final class GemmaEmbedding implements EncoderArchitecture {
  private static final int USUAL_PATTERN = 6;

  @Override
  public String name() {
    return "gemma-embedding";
  }

  @Override
  public Encoder build(Checkpoint checkpoint) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope global = Ropes.of(checkpoint, Rope.Layout.NEOX, checkpoint.config().contextLength());
    Rope local = Gemma3.local(checkpoint);
    int window = checkpoint.slidingWindow(0);
    IntPredicate windowed = EncoderLayers.windowed(checkpoint, USUAL_PATTERN, Full.LAST);
    Scores scores = Layers.usualScores(checkpoint);
    return new Encoder(
        checkpoint.tokens(),
        (float) Math.sqrt(hiddenSize),
        null,
        null,
        null,
        Layers.blocks(
            checkpoint,
            i -> {
              Attention attention =
                  windowed.test(i)
                      ? EncoderLayers.attention(checkpoint, i, local, scores.windowed(window))
                      : EncoderLayers.attention(checkpoint, i, global, scores);
              return Gemma3.block(checkpoint, i, attention);
            }),
        checkpoint.rmsNorm("output_norm", hiddenSize),
        EncoderLayers.projections(checkpoint),
        null);
  }
}
