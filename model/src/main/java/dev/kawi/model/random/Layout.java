package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;
import dev.kawi.model.random.RandomTensor.Spread;
import java.util.ArrayList;
import java.util.List;

/// Which keys and which tensors the GGUF files of an architecture have. A subclass for each
/// architecture, or for some that are alike; [Layouts] lists them.
///
/// The spreads keep activations near 1 and logits near a standard deviation of 2.4, so that the
/// most likely token has a probability between about 0.05 and 0.9.
abstract class Layout {
  static final int NUM_EXPERTS = RandomShape.NUM_EXPERTS;
  static final float BIAS_DEVIATION = 0.4f;
  static final Spread NORM = new Spread.Between(0.5f, 1.5f);

  /// What kind of norms an architecture has.
  enum Norms {
    RMS("attention.layer_norm_rms_epsilon"),
    LAYER("attention.layer_norm_epsilon"),
    LAYER_WITH_BIASES("attention.layer_norm_epsilon");

    private final String epsilonKey;

    Norms(String epsilonKey) {
      this.epsilonKey = epsilonKey;
    }
  }

  final RandomShape shape;
  private final List<RandomTensor> tensors = new ArrayList<>();

  Layout(RandomShape shape) {
    this.shape = shape;
  }

  // ---- keys ----

  /// All keys but the tokenizer's.
  final Metadata.Builder metadata() {
    Metadata.Builder all =
        Metadata.builder()
            .string("general.architecture", shape.architecture())
            .string("general.type", "model")
            .string("general.name", "random weights")
            .u32("general.quantization_version", 2)
            .u32(key("block_count"), shape.numLayers())
            .u32(key("context_length"), shape.contextLength())
            .u32(key("embedding_length"), shape.hiddenSize())
            .u32(key("feed_forward_length"), feedForwardLength())
            .u32(key("vocab_size"), shape.vocabSize())
            .u32(key("attention.head_count"), shape.numHeads())
            .u32(key("attention.head_count_kv"), shape.numKvHeads())
            .f32(key(norms().epsilonKey), shape.normEps());
    headSizes(all);
    rope(all);
    ropeScaling(all);
    keys(all);
    return all;
  }

  /// Adds the keys that other architectures do not have, after the common ones.
  abstract void keys(Metadata.Builder all);

  Norms norms() {
    return Norms.RMS;
  }

  int feedForwardLength() {
    return shape.intermediateSize();
  }

  void headSizes(Metadata.Builder all) {
    if (shape.querySize() != shape.hiddenSize()) {
      all.u32(key("attention.key_length"), shape.headDim());
      all.u32(key("attention.value_length"), shape.headDim());
    }
  }

  /// Nothing, where an architecture has another position encoding.
  void rope(Metadata.Builder all) {
    all.f32(key("rope.freq_base"), shape.ropeTheta());
    all.u32(key("rope.dimension_count"), shape.ropeDimensions());
  }

  private void ropeScaling(Metadata.Builder all) {
    if (shape.has(Feature.LINEAR_ROPE)) {
      all.string(key("rope.scaling.type"), "linear");
      all.f32(key("rope.scaling.factor"), 2.5f);
    }
    if (shape.has(Feature.YARN_ROPE)) {
      all.string(key("rope.scaling.type"), "yarn");
      all.f32(key("rope.scaling.factor"), 3.5f);
      all.u32(key("rope.scaling.original_context_length"), 48);
    }
    if (shape.hasRopeFactors()) {
      int original = shape.has(Feature.LONG_FACTORS) ? 32 : shape.contextLength();
      all.u32(key("rope.scaling.original_context_length"), original);
      all.f32(key("rope.scaling.attn_factor"), 1.27f);
    }
  }

  final void expertCounts(Metadata.Builder all) {
    all.u32(key("expert_count"), NUM_EXPERTS);
    all.u32(key("expert_used_count"), RandomShape.NUM_EXPERTS_USED);
  }

  final String key(String rest) {
    return shape.architecture() + "." + rest;
  }

  // ---- tensors ----

  /// All tensors in file order.
  final List<RandomTensor> tensors() {
    tensors.clear();
    addTensors();
    return List.copyOf(tensors);
  }

  /// Adds all tensors in file order.
  abstract void addTensors();

  /// A tensor of these sizes, outermost first.
  final void add(String name, Spread spread, long... sizes) {
    List<Long> list = new ArrayList<>();
    for (long size : sizes) {
      list.add(size);
    }
    tensors.add(new RandomTensor(name, list, spread));
  }

  /// A matrix and, where `bias` is not 0, a bias of that deviation.
  final void linear(String name, int rows, int cols, float gain, float bias) {
    add(name + ".weight", new Spread.Weight(deviation(gain, cols)), rows, cols);
    if (bias != 0) {
      add(name + ".bias", new Spread.Plain(bias), rows);
    }
  }

  /// A norm of the residual stream.
  final void norm(String name) {
    norm(name, shape.hiddenSize(), NORM);
  }

  final void norm(String name, int size, Spread spread) {
    add(name + ".weight", spread, size);
    if (norms() == Norms.LAYER_WITH_BIASES) {
      add(name + ".bias", new Spread.Plain(0.3f), size);
    }
  }

  /// Query, key and value in a matrix each.
  final void qkv(String block, float bias) {
    linear(block + "attn_q", shape.querySize(), shape.hiddenSize(), 1.4f, bias);
    linear(block + "attn_k", shape.kvSize(), shape.hiddenSize(), 1.2f, bias);
    linear(block + "attn_v", shape.kvSize(), shape.hiddenSize(), 1, bias);
  }

  /// Query, key and value in one matrix.
  final void fusedQkv(String block, float bias) {
    int rows = shape.querySize() + 2 * shape.kvSize();
    linear(block + "attn_qkv", rows, shape.hiddenSize(), 1.2f, bias);
  }

  /// Of weights whose products with inputs of deviation 1 have the deviation `gain`.
  static float deviation(float gain, int cols) {
    return (float) (gain / Math.sqrt(cols));
  }
}
