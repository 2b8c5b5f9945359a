package dev.kawi.model;

import dev.kawi.nn.Attention;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Rope;

/// Gemma 3 (text): Gemma 2 with norms on the heads instead of soft-caps; five of six layers have a
/// sliding window and a rope of their own. Source: arXiv 2503.19786.
final class Gemma3 implements Architecture {
  private static final int LAYERS_OF_27B = 62;
  private static final float WINDOWED_ROPE_THETA = 10000f;

  @Override
  public String name() {
    return "gemma3";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    ModelConfig config = checkpoint.config();
    int hiddenSize = config.hiddenSize();
    Rope global = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    Rope local = local(checkpoint);
    int window = checkpoint.slidingWindow(0);
    Scores scores = Scores.of(GemmaScale.of(checkpoint, LAYERS_OF_27B));
    Embedding tokens = checkpoint.tokens();
    return new Decoder(
        tokens,
        null,
        (float) Math.sqrt(hiddenSize),
        Layers.blocks(
            checkpoint,
            i -> {
              boolean windowed = window > 0 && i % 6 < 5;
              return block(
                  checkpoint,
                  i,
                  Layers.attention(
                      checkpoint,
                      i,
                      windowed ? local : global,
                      scores.windowed(windowed ? window : 0)));
            }),
        checkpoint.rmsNorm("output_norm", hiddenSize),
        checkpoint.head(tokens),
        1,
        checkpoint.metadata().number(checkpoint.key("final_logit_softcapping")).orElse(0f));
  }

  /// The rope of the windowed layers.
  static Rope local(Checkpoint checkpoint) {
    float theta =
        checkpoint
            .metadata()
            .number(checkpoint.key("rope.freq_base_swa"))
            .orElse(WINDOWED_ROPE_THETA);
    return Ropes.plain(Rope.Layout.NEOX, theta, checkpoint.config().ropeDims());
  }

  /// A layer with this attention.
  static Block block(Checkpoint checkpoint, int layer, Attention attention) {
    int hiddenSize = checkpoint.config().hiddenSize();
    String block = "blk." + layer + ".";
    return new Block.Sequential(
        checkpoint.rmsNorm(block + "attn_norm", hiddenSize),
        attention,
        checkpoint.rmsNorm(block + "post_attention_norm", hiddenSize),
        checkpoint.rmsNorm(block + "ffn_norm", hiddenSize),
        Layers.gatedMlp(checkpoint, layer, Layers.gelu(checkpoint)),
        checkpoint.rmsNorm(block + "post_ffw_norm", hiddenSize),
        1);
  }
}
