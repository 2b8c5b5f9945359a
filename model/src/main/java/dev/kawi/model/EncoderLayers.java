package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Encoder;
import dev.kawi.nn.Encoder.ScoreHead;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Rope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The parts that several encoders name alike in their checkpoints.
final class EncoderLayers {
  private EncoderLayers() {}

  /// An encoder like BERT: a norm of the embeddings, none at the end.
  ///
  /// @param positions learnt positions, if the model has them
  static Encoder bert(Checkpoint checkpoint, @Nullable Embedding positions, List<Block> blocks) {
    return new Encoder(
        checkpoint.tokens(),
        1,
        checkpoint.has("token_types.weight") ? checkpoint.embedding("token_types") : null,
        positions,
        checkpoint.layerNorm("token_embd_norm", checkpoint.config().hiddenSize()),
        blocks,
        null,
        projections(checkpoint),
        head(checkpoint));
  }

  /// The same with a rope instead of learnt positions.
  static Encoder roped(Checkpoint checkpoint, IntFunction<FeedForward> feedForward) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, checkpoint.config().contextLength());
    IntFunction<Block> block =
        i -> postNorm(checkpoint, i, attention(checkpoint, i, rope), feedForward.apply(i));
    return bert(checkpoint, null, Layers.blocks(checkpoint, block));
  }

  /// A layer like BERT's: norms after what is added.
  static Block postNorm(
      Checkpoint checkpoint, int layer, Attention attention, FeedForward feedForward) {
    int hiddenSize = checkpoint.config().hiddenSize();
    String block = "blk." + layer + ".";
    return new Block.PostNorm(
        attention,
        checkpoint.layerNorm(block + "attn_output_norm", hiddenSize),
        checkpoint.optionalLayerNorm(block + "attn_norm_2", hiddenSize),
        feedForward,
        checkpoint.layerNorm(block + "layer_output_norm", hiddenSize));
  }

  /// Attention in both directions, with the usual scores.
  static Attention attention(Checkpoint checkpoint, int layer, @Nullable Rope rope) {
    return attention(checkpoint, layer, rope, Layers.usualScores(checkpoint));
  }

  /// Attention in both directions; all layers share layer 0 of the cache.
  static Attention attention(Checkpoint checkpoint, int layer, @Nullable Rope rope, Scores scores) {
    return Layers.attention(checkpoint, layer, rope, scores.bidirectional()).inLayer(0);
  }

  /// The full one of each few layers of which the others are windowed.
  enum Full {
    /// The first.
    FIRST,
    /// The last.
    LAST
  }

  /// Attention of each layer, some through a window with a rope of their own: those that the file
  /// lists, or all but one of each few.
  ///
  /// @param usual how many layers those few are unless the file says so
  static IntFunction<Attention> windowed(Checkpoint checkpoint, int usual, Full full) {
    Rope global = Ropes.of(checkpoint, Rope.Layout.NEOX, checkpoint.config().contextLength());
    Rope local = Gemma3.local(checkpoint);
    int window = checkpoint.slidingWindow(0);
    IntPredicate isWindowed = window == 0 ? layer -> false : isWindowed(checkpoint, usual, full);
    Scores scores = Layers.usualScores(checkpoint);
    return i ->
        isWindowed.test(i)
            ? attention(checkpoint, i, local, scores.windowed(window))
            : attention(checkpoint, i, global, scores);
  }

  private static IntPredicate isWindowed(Checkpoint checkpoint, int usual, Full full) {
    String key = checkpoint.key("attention.sliding_window_pattern");
    if (checkpoint.metadata().asMap().get(key) instanceof boolean[] listed) {
      if (listed.length < checkpoint.config().numLayers()) {
        throw new ModelFormatException(
            "gguf: %s lists %d layers of %d; is the file complete?"
                .formatted(key, listed.length, checkpoint.config().numLayers()));
      }
      return layer -> listed[layer];
    }
    int every = checkpoint.metadata().integer(key).orElse(usual);
    if (every < 1) {
      return layer -> true;
    }
    int fullOne = full == Full.FIRST ? 0 : every - 1;
    return layer -> layer % every != fullOne;
  }

  /// `dense_2` and `dense_3`, of which files may lack both.
  static List<Linear> projections(Checkpoint checkpoint) {
    List<Linear> all = new ArrayList<>();
    int size = checkpoint.config().hiddenSize();
    for (String name : List.of("dense_2", "dense_3")) {
      if (checkpoint.has(name + ".weight")) {
        Linear map = checkpoint.linearFrom(name, size);
        all.add(map);
        size = map.out();
      }
    }
    return all;
  }

  private static @Nullable ScoreHead head(Checkpoint checkpoint) {
    if (!checkpoint.has("cls.output.weight")) {
      return null;
    }
    int hiddenSize = checkpoint.config().hiddenSize();
    Linear dense =
        checkpoint.has("cls.weight") ? checkpoint.linear("cls", hiddenSize, hiddenSize) : null;
    return new ScoreHead(
        ScoreHead.Input.FIRST,
        dense,
        ScoreHead.HeadActivation.TANH,
        null,
        checkpoint.linear("cls.output", 1, hiddenSize));
  }
}
