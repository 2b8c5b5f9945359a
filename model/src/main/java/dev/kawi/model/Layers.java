package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Attention.Heads;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Mlp;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Projection;
import dev.kawi.nn.Projection.QkNormRope;
import dev.kawi.nn.Rope;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.Tensor;
import dev.kawi.weights.HuggingFaceFolder;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The parts that several architectures name alike in their checkpoints.
final class Layers {
  private Layers() {}

  /// The layers 0 to n - 1.
  static List<Block> blocks(Checkpoint checkpoint, IntFunction<Block> block) {
    return IntStream.range(0, checkpoint.config().numLayers()).mapToObj(block).toList();
  }

  /// The decoder that most families share: RMS norms before attention and before the feed-forward
  /// layer, rotary positions in every layer, nothing scaled or capped.
  static Decoder decoder(
      Checkpoint checkpoint,
      Rope.Layout layout,
      int contextLength,
      IntFunction<FeedForward> feedForward) {
    int hiddenSize = checkpoint.config().hiddenSize();
    Rope rope = Ropes.of(checkpoint, layout, contextLength);
    return decoder(
        checkpoint,
        i ->
            Block.of(
                checkpoint.rmsNorm("blk." + i + ".attn_norm", hiddenSize),
                attention(checkpoint, i, rope),
                checkpoint.rmsNorm("blk." + i + ".ffn_norm", hiddenSize),
                feedForward.apply(i)));
  }

  /// A decoder of these blocks with an RMS norm before the head.
  static Decoder decoder(Checkpoint checkpoint, IntFunction<Block> block) {
    Embedding tokens = checkpoint.tokens();
    Norm norm = checkpoint.rmsNorm("output_norm", checkpoint.config().hiddenSize());
    return Decoder.of(tokens, blocks(checkpoint, block), norm, checkpoint.head(tokens));
  }

  /// A decoder of layer norms, rotary positions and feed-forward layers of GELU.
  static Decoder layerNormDecoder(Checkpoint checkpoint, int contextLength) {
    Rope rope = Ropes.of(checkpoint, Rope.Layout.NEOX, contextLength);
    return layerNormDecoder(
        checkpoint, null, i -> layerNormBlock(checkpoint, i, attention(checkpoint, i, rope)));
  }

  /// A decoder of these blocks with a layer norm before the head.
  static Decoder layerNormDecoder(
      Checkpoint checkpoint, @Nullable Embedding positions, IntFunction<Block> block) {
    Embedding tokens = checkpoint.tokens();
    Norm norm = checkpoint.layerNorm("output_norm", checkpoint.config().hiddenSize());
    return new Decoder(
        tokens, positions, 1, blocks(checkpoint, block), norm, checkpoint.head(tokens), 1, 0);
  }

  /// A block of this attention and a feed-forward layer of GELU, with layer norms before them.
  static Block layerNormBlock(Checkpoint checkpoint, int layer, Attention attention) {
    int hiddenSize = checkpoint.config().hiddenSize();
    return Block.of(
        checkpoint.layerNorm("blk." + layer + ".attn_norm", hiddenSize),
        attention,
        checkpoint.layerNorm("blk." + layer + ".ffn_norm", hiddenSize),
        mlp(checkpoint, layer, gelu(checkpoint)));
  }

  /// Attention with separate projections, head norms if the file has them, and the usual scores.
  static Attention attention(Checkpoint checkpoint, int layer, @Nullable Rope rope) {
    return attention(checkpoint, layer, rope, usualScores(checkpoint));
  }

  /// Causal scores, scaled as usual, with a window if the file has one for all layers.
  static Scores usualScores(Checkpoint checkpoint) {
    return Scores.of(usualScale(checkpoint.config().heads()))
        .windowed(checkpoint.metadata().integer(HuggingFaceFolder.SLIDING_WINDOW).orElse(0));
  }

  /// 1 / sqrt(headDim).
  static float usualScale(Heads heads) {
    return (float) (1 / Math.sqrt(heads.headDim()));
  }

  /// Attention with separate projections or one fused one, and head norms if the file has them.
  static Attention attention(Checkpoint checkpoint, int layer, @Nullable Rope rope, Scores scores) {
    int headDim = checkpoint.config().heads().headDim();
    String block = "blk." + layer + ".";
    QkNormRope normRope =
        new QkNormRope(
            checkpoint.optionalRmsNorm(block + "attn_q_norm", headDim),
            checkpoint.optionalRmsNorm(block + "attn_k_norm", headDim),
            rope,
            headDim,
            QkNormRope.Order.NORM_ROPE);
    return normRopeAttention(checkpoint, layer, normRope, scores);
  }

  /// The same with layer norms of the heads, each head with weights of its own, if the file has
  /// them.
  static Attention normedHeads(Checkpoint checkpoint, int layer, Rope rope) {
    Heads heads = checkpoint.config().heads();
    String block = "blk." + layer + ".";
    QkNormRope normRope =
        new QkNormRope(
            checkpoint.optionalHeadNorm(block + "attn_q_norm", heads.numHeads(), heads.headDim()),
            checkpoint.optionalHeadNorm(block + "attn_k_norm", heads.numKvHeads(), heads.headDim()),
            rope,
            heads.headDim(),
            QkNormRope.Order.NORM_ROPE);
    return normRopeAttention(checkpoint, layer, normRope, usualScores(checkpoint));
  }

  /// The same with these norms and ropes of query and key.
  static Attention normRopeAttention(
      Checkpoint checkpoint, int layer, QkNormRope normRope, Scores scores) {
    ModelConfig config = checkpoint.config();
    Heads heads = config.heads();
    String block = "blk." + layer + ".";
    List<Linear> qkv = projections(checkpoint, block);
    Linear output =
        checkpoint.linear(
            block + "attn_output", config.hiddenSize(), heads.numHeads() * heads.headDim());
    float limit = checkpoint.factor("attention.clamp_kqv", 0);
    Projection projection =
        new Projection.Separate(qkv.get(0), qkv.get(1), qkv.get(2), output, limit, normRope);
    return new Attention(layer, projection, heads, scores);
  }

  private static List<Linear> projections(Checkpoint checkpoint, String block) {
    Heads heads = checkpoint.config().heads();
    int hiddenSize = checkpoint.config().hiddenSize();
    int querySize = heads.numHeads() * heads.headDim();
    if (checkpoint.has(block + "attn_qkv.weight")) {
      Linear fused =
          checkpoint.linear(block + "attn_qkv", querySize + 2 * heads.kvSize(), hiddenSize);
      return List.of(
          part(fused, block + "attn_q", 0, querySize),
          part(fused, block + "attn_k", querySize, heads.kvSize()),
          part(fused, block + "attn_v", querySize + heads.kvSize(), heads.kvSize()));
    }
    return List.of(
        checkpoint.linear(block + "attn_q", querySize, hiddenSize),
        checkpoint.linear(block + "attn_k", heads.kvSize(), hiddenSize),
        checkpoint.linear(block + "attn_v", heads.kvSize(), hiddenSize));
  }

  /// Some outputs of a linear map as one of their own; nothing is copied.
  static Linear part(Linear fused, String name, int from, int count) {
    Matrix weight = fused.weight().rows(from, count);
    Tensor bias = fused.bias();
    if (bias == null) {
      return new Linear(name, weight, null);
    }
    long at = (long) from * Float.BYTES;
    return new Linear(
        name, weight, new Tensor(bias.data().asSlice(at, (long) count * Float.BYTES), 1, count));
  }

  /// `ffn_gate`, `ffn_up`, `ffn_down`.
  static GatedMlp gatedMlp(Checkpoint checkpoint, int layer, Activation activation) {
    return gatedMlp(checkpoint, layer, checkpoint.config().intermediateSize(), activation);
  }

  /// The same with an inner width of its own.
  static GatedMlp gatedMlp(Checkpoint checkpoint, int layer, int size, Activation activation) {
    int hiddenSize = checkpoint.config().hiddenSize();
    String block = "blk." + layer + ".";
    return new GatedMlp(
        checkpoint.linear(block + "ffn_gate", size, hiddenSize),
        checkpoint.linear(block + "ffn_up", size, hiddenSize),
        checkpoint.linear(block + "ffn_down", hiddenSize, size),
        activation);
  }

  /// `ffn_up`, which holds the gate and then up, and `ffn_down`.
  static GatedMlp fusedGatedMlp(Checkpoint checkpoint, int layer) {
    return fusedGatedMlp(checkpoint, layer, Activation.SILU);
  }

  /// The same with another activation.
  static GatedMlp fusedGatedMlp(Checkpoint checkpoint, int layer, Activation activation) {
    ModelConfig config = checkpoint.config();
    String block = "blk." + layer + ".";
    int size = config.intermediateSize();
    Linear fused = checkpoint.linear(block + "ffn_up", 2 * size, config.hiddenSize());
    return new GatedMlp(
        part(fused, block + "ffn_gate", 0, size),
        part(fused, block + "ffn_up", size, size),
        checkpoint.linear(block + "ffn_down", config.hiddenSize(), size),
        activation);
  }

  /// GELU in the form that the source of the weights means.
  static Activation gelu(Checkpoint checkpoint) {
    return checkpoint.metadata().has(HuggingFaceFolder.GELU)
        ? Activation.GELU_EXACT
        : Activation.GELU;
  }

  /// `ffn_up`, `ffn_down`.
  static Mlp mlp(Checkpoint checkpoint, int layer, Activation activation) {
    ModelConfig config = checkpoint.config();
    String block = "blk." + layer + ".";
    return new Mlp(
        checkpoint.linear(block + "ffn_up", config.intermediateSize(), config.hiddenSize()),
        checkpoint.linear(block + "ffn_down", config.hiddenSize(), config.intermediateSize()),
        activation);
  }
}
