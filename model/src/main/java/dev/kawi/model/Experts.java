package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Activation;
import dev.kawi.nn.FeedForward;
import dev.kawi.nn.FeedForward.ClampedMlp;
import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Mlp;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.FeedForward.Moe.Choice;
import dev.kawi.nn.FeedForward.Moe.Weights;
import dev.kawi.nn.Linear;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Mixtures of experts as checkpoints name them: `ffn_gate_inp` is the router, `ffn_*_exps` are the
/// stacked experts, `ffn_*_shexp` the shared one.
final class Experts {
  private Experts() {}

  /// A mixture of gated experts with these weights, and the shared expert if the file has one.
  static Moe moe(Checkpoint checkpoint, int layer, Weights weights) {
    return moe(checkpoint, layer, Choice.of(used(checkpoint), weights));
  }

  /// The same with another choice.
  static Moe moe(Checkpoint checkpoint, int layer, Choice choice) {
    String block = "blk." + layer + ".";
    return new Moe(
        router(checkpoint, block),
        experts(checkpoint, block, Activation.SILU),
        choice,
        shared(checkpoint, block),
        sharedGate(checkpoint, block));
  }

  /// A mixture of experts without gates.
  static FeedForward ungated(Checkpoint checkpoint, int layer, Activation activation) {
    String block = "blk." + layer + ".";
    int hiddenSize = checkpoint.config().hiddenSize();
    int count = count(checkpoint);
    int size = size(checkpoint, count);
    List<Linear> ups = checkpoint.stack(block + "ffn_up_exps", count, size, hiddenSize);
    List<Linear> downs = checkpoint.stack(block + "ffn_down_exps", count, hiddenSize, size);
    List<Mlp> experts =
        IntStream.range(0, count)
            .mapToObj(i -> new Mlp(ups.get(i), downs.get(i), activation))
            .toList();
    Choice choice = Choice.of(used(checkpoint), Weights.SOFTMAX);
    return new Moe(router(checkpoint, block), experts, choice, null, null);
  }

  /// The mixture of gpt-oss.
  static Moe clamped(Checkpoint checkpoint, int layer, float alpha, float limit) {
    String block = "blk." + layer + ".";
    List<ClampedMlp> experts =
        experts(checkpoint, block, Activation.SILU).stream()
            .map(e -> new ClampedMlp(e.gate(), e.up(), e.down(), alpha, limit))
            .toList();
    Choice choice = Choice.of(used(checkpoint), Weights.SOFTMAX_OF_CHOSEN);
    return new Moe(router(checkpoint, block), experts, choice, null, null);
  }

  /// Dense layers first, then mixtures with a shared expert, whose choice the file describes.
  static FeedForward afterDense(Checkpoint checkpoint, int layer) {
    int dense =
        checkpoint.metadata().integer(checkpoint.key("leading_dense_block_count")).orElse(0);
    return layer < dense
        ? Layers.gatedMlp(checkpoint, layer, Activation.SILU)
        : moe(checkpoint, layer, described(checkpoint, "blk." + layer + "."));
  }

  private static Choice described(Checkpoint checkpoint, String block) {
    int function = number(checkpoint, "expert_gating_func", 1);
    boolean normalized =
        checkpoint.metadata().bool(checkpoint.key("expert_weights_norm")).orElse(false);
    Weights weights =
        switch (function) {
          case 0, 1 -> normalized ? Weights.SOFTMAX_OF_CHOSEN : Weights.SOFTMAX;
          case 2 -> normalized ? Weights.SIGMOID_NORMALIZED : Weights.SIGMOID;
          default ->
              throw new ModelFormatException(
                  "gguf: %s is %d; supported are 1 (softmax) and 2 (sigmoid)"
                      .formatted(checkpoint.key("expert_gating_func"), function));
        };
    return new Choice(
        used(checkpoint),
        weights,
        checkpoint.factor("expert_weights_scale", 1),
        checkpoint.optionalVector(block + "exp_probs_b.bias", count(checkpoint)),
        number(checkpoint, "expert_group_count", 1),
        number(checkpoint, "expert_group_used_count", 1));
  }

  private static int number(Checkpoint checkpoint, String ending, int otherwise) {
    return checkpoint
        .metadata()
        .integer(checkpoint.key(ending))
        .filter(n -> n != 0)
        .orElse(otherwise);
  }

  private static List<GatedMlp> experts(
      Checkpoint checkpoint, String block, Activation activation) {
    int hiddenSize = checkpoint.config().hiddenSize();
    int count = count(checkpoint);
    int size = size(checkpoint, count);
    List<Linear> gates = checkpoint.stack(block + "ffn_gate_exps", count, size, hiddenSize);
    List<Linear> ups = checkpoint.stack(block + "ffn_up_exps", count, size, hiddenSize);
    List<Linear> downs = checkpoint.stack(block + "ffn_down_exps", count, hiddenSize, size);
    return IntStream.range(0, count)
        .mapToObj(i -> new GatedMlp(gates.get(i), ups.get(i), downs.get(i), activation))
        .toList();
  }

  /// Width of an expert.
  private static int size(Checkpoint checkpoint, int count) {
    ModelConfig config = checkpoint.config();
    int size = number(checkpoint, "expert_feed_forward_length", config.intermediateSize());
    int used = used(checkpoint);
    if (used > count
        || (long) count * Math.max(size, config.hiddenSize()) > Integer.MAX_VALUE
        || size < 1) {
      throw new ModelFormatException(
          "gguf: %d of %d experts of width %d cannot be used; is the file damaged?"
              .formatted(used, count, size));
    }
    return size;
  }

  private static Linear router(Checkpoint checkpoint, String block) {
    return checkpoint.linear(
        block + "ffn_gate_inp", count(checkpoint), checkpoint.config().hiddenSize());
  }

  private static @Nullable GatedMlp shared(Checkpoint checkpoint, String block) {
    if (!checkpoint.has(block + "ffn_gate_shexp.weight")) {
      return null;
    }
    int size =
        number(checkpoint, "expert_shared_feed_forward_length", sharedSizeByCount(checkpoint));
    int hiddenSize = checkpoint.config().hiddenSize();
    return new GatedMlp(
        checkpoint.linear(block + "ffn_gate_shexp", size, hiddenSize),
        checkpoint.linear(block + "ffn_up_shexp", size, hiddenSize),
        checkpoint.linear(block + "ffn_down_shexp", hiddenSize, size),
        Activation.SILU);
  }

  /// Several shared experts are one that is as wide as they are together.
  private static int sharedSizeByCount(Checkpoint checkpoint) {
    int count = number(checkpoint, "expert_shared_count", 0);
    return count < 1 || count > 64
        ? checkpoint.config().intermediateSize()
        : count * size(checkpoint, count(checkpoint));
  }

  private static @Nullable Linear sharedGate(Checkpoint checkpoint, String block) {
    String gate = block + "ffn_gate_inp_shexp";
    if (!checkpoint.has(gate + ".weight")) {
      return null;
    }
    int hiddenSize = checkpoint.config().hiddenSize();
    Tensor row = checkpoint.vector(gate + ".weight", hiddenSize);
    return new Linear(gate, new Matrix(StorageType.F32, 1, hiddenSize, row.data()), null);
  }

  private static int count(Checkpoint checkpoint) {
    return counted(checkpoint, "expert_count");
  }

  private static int used(Checkpoint checkpoint) {
    return counted(checkpoint, "expert_used_count");
  }

  private static int counted(Checkpoint checkpoint, String ending) {
    int count = number(checkpoint, ending, 0);
    if (count < 1 || count > 1024) {
      throw new ModelFormatException(
          "gguf: %s is %d, expected 1 to 1024".formatted(checkpoint.key(ending), count));
    }
    return count;
  }
}
