package dev.kawi.model;

import dev.kawi.nn.Attention;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Encoder;
import dev.kawi.nn.Encoder.ScoreHead;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Norm;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// BERT, and what is built like it: BGE, GTE, MiniLM, E5; XLM-RoBERTa with bge-m3 and the
/// bge-rerankers, whose GGUF files call themselves `bert`, too, with positions from 0. Source:
/// arXiv 1810.04805, arXiv 1911.02116.
public final class Bert {
  /// The value of `general.architecture`.
  public static final String NAME = "bert";

  private final Checkpoint checkpoint;
  private final int hiddenSize;

  private Bert(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.hiddenSize = checkpoint.config().hiddenSize();
  }

  /// Puts the layers together.
  public static Encoder build(Checkpoint checkpoint) {
    return new Bert(checkpoint).encoder();
  }

  private Encoder encoder() {
    return new Encoder(
        checkpoint.tokens(),
        checkpoint.has("token_types.weight") ? checkpoint.embedding("token_types") : null,
        checkpoint.embedding("position_embd"),
        checkpoint.layerNorm("token_embd_norm", hiddenSize),
        IntStream.range(0, checkpoint.config().numLayers()).mapToObj(this::block).toList(),
        head());
  }

  private Block block(int layer) {
    String block = "blk." + layer + ".";
    Scores scores = Layers.usualScores(checkpoint).bidirectional();
    Attention attention = Layers.attention(checkpoint, layer, null, scores);
    Attention withoutCache =
        new Attention(0, attention.projection(), attention.heads(), attention.scores());
    Norm attentionNorm = checkpoint.layerNorm(block + "attn_output_norm", hiddenSize);
    Norm norm = checkpoint.layerNorm(block + "layer_output_norm", hiddenSize);
    return new Block.PostNorm(
        withoutCache, attentionNorm, Layers.mlp(checkpoint, layer, Layers.gelu(checkpoint)), norm);
  }

  private @Nullable ScoreHead head() {
    if (!checkpoint.has("cls.output.weight")) {
      return null;
    }
    Linear dense =
        checkpoint.has("cls.weight") ? checkpoint.linear("cls", hiddenSize, hiddenSize) : null;
    return new ScoreHead(dense, checkpoint.linear("cls.output", 1, hiddenSize));
  }
}
