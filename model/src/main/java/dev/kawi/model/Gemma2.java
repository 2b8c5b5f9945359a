package dev.kawi.model;

import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Rope;

/// Gemma 2: scaled embeddings, norms after attention and feed-forward, GeGLU, soft-capped scores
/// and logits, a sliding window on every other layer from the first. Source: arXiv 2408.00118.
final class Gemma2 implements Architecture {
  /// Layers of the 27B model, the only one whose scale comes from hiddenSize / numHeads.
  private static final int LAYERS_OF_27B = 46;

  @Override
  public String name() {
    return "gemma2";
  }

  @Override
  public Decoder build(Checkpoint checkpoint, int contextLength) {
    ModelConfig config = checkpoint.config();
    int hiddenSize = config.hiddenSize();
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    int window = checkpoint.slidingWindow(4096);
    float cap = checkpoint.metadata().number(checkpoint.key("attn_logit_softcapping")).orElse(50f);
    Scores scores = Scores.of(GemmaScale.of(checkpoint, LAYERS_OF_27B)).capped(cap);
    Embedding tokens = checkpoint.tokens();
    return new Decoder(
        tokens,
        null,
        (float) Math.sqrt(hiddenSize),
        Layers.blocks(
            checkpoint,
            i ->
                new Block.Sequential(
                    checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                    Layers.attention(checkpoint, i, rope, scores.windowed(i % 2 == 0 ? window : 0)),
                    checkpoint.rmsNorm("blk." + i + ".post_attention_norm", hiddenSize),
                    checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                    Layers.gatedMlp(checkpoint, i, Layers.gelu(checkpoint)),
                    checkpoint.rmsNorm("blk." + i + ".post_ffw_norm", hiddenSize),
                    1)),
        checkpoint.rmsNorm("output_norm", hiddenSize),
        checkpoint.head(tokens),
        1,
        checkpoint.metadata().number(checkpoint.key("final_logit_softcapping")).orElse(30f));
  }
}
