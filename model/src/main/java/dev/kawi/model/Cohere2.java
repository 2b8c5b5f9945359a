package dev.kawi.model;

import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Rope;

/// Command R7B and Command A: Command R with a sliding window and a rope in three of four layers,
/// and neither in the fourth. Source: arXiv 2504.00698.
final class Cohere2 implements Architecture {
  private static final int PERIOD = 4;

  @Override
  public String name() {
    return "cohere2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NORMAL, contextLength);
    int window = checkpoint.slidingWindow(4096);
    Scores scores = Layers.usualScores(checkpoint);
    return CommandR.decoder(
        checkpoint,
        i -> {
          boolean windowed = i % PERIOD < PERIOD - 1;
          return Layers.attention(
              checkpoint, i, windowed ? rope : null, scores.windowed(windowed ? window : 0));
        });
  }
}
