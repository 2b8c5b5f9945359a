package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Dequantize;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Attention.Heads;
import dev.kawi.nn.Attention.Scores;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Projection;
import dev.kawi.nn.Rope;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import dev.kawi.weights.HuggingFaceFolder;
import java.util.List;
import java.util.stream.IntStream;

/// Multi-head latent attention as checkpoints name it: `attn_q_a` and `attn_q_b` (or `attn_q`),
/// `attn_kv_a_mqa`, and `attn_k_b` and `attn_v_b`, or both in one `attn_kv_b`.
///
/// @param numHeads query heads
/// @param plainDim elements of a query head without rope
/// @param ropeDim elements with rope
/// @param valueDim elements of a value head
/// @param latentSize elements that are cached of keys and values
/// @param queryRank elements between the two steps of queries; 0 where there is one step
record LatentAttention(
    int numHeads, int plainDim, int ropeDim, int valueDim, int latentSize, int queryRank) {
  /// The sizes that the file says.
  static LatentAttention of(Checkpoint checkpoint) {
    int numHeads = checkpoint.config().heads().numHeads();
    int ropeDim = checkpoint.config().ropeDims();
    int key = size(checkpoint, "attention.key_length_mla", "attention.key_length");
    int value = size(checkpoint, "attention.value_length_mla", "attention.value_length");
    int latent = size(checkpoint, "attention.kv_lora_rank", "attention.kv_lora_rank");
    int rank = checkpoint.metadata().integer(checkpoint.key("attention.q_lora_rank")).orElse(0);
    if (key <= ropeDim || rank < 0 || (long) numHeads * Math.max(key, value) > 1 << 24) {
      throw new ModelFormatException(
          "gguf: %s with heads of %d, %d of them with rope, values of %d and queries through %d cannot be; is the file damaged?"
              .formatted(checkpoint.config().architecture(), key, ropeDim, value, rank));
    }
    return new LatentAttention(numHeads, key - ropeDim, ropeDim, value, latent, rank);
  }

  private static int size(Checkpoint checkpoint, String ending, String or) {
    int size =
        checkpoint
            .metadata()
            .integer(checkpoint.key(ending))
            .or(() -> checkpoint.metadata().integer(checkpoint.key(or)))
            .orElse(0);
    if (size < 1 || size > 1 << 16) {
      throw new ModelFormatException(
          "gguf: %s is %d, expected 1 to 65536".formatted(checkpoint.key(ending), size));
    }
    return size;
  }

  /// 1 / sqrt(elements of a query head).
  float usualScale() {
    return (float) (1 / Math.sqrt(plainDim + ropeDim));
  }

  /// The attention of a layer.
  Attention attention(Checkpoint checkpoint, int layer, Rope rope, Scores scores) {
    int hiddenSize = checkpoint.config().hiddenSize();
    String block = "blk." + layer + ".";
    boolean twoSteps = checkpoint.has(block + "attn_q_a.weight");
    int queries = numHeads * (plainDim + ropeDim);
    Projection projection =
        new Projection.Latent(
            twoSteps ? checkpoint.linear(block + "attn_q_a", queryRank, hiddenSize) : null,
            twoSteps ? norm(checkpoint, block + "attn_q_a_norm", queryRank) : null,
            twoSteps
                ? checkpoint.linear(block + "attn_q_b", queries, queryRank)
                : checkpoint.linear(block + "attn_q", queries, hiddenSize),
            checkpoint.linear(block + "attn_kv_a_mqa", latentSize + ropeDim, hiddenSize),
            norm(checkpoint, block + "attn_kv_a_norm", latentSize),
            keys(checkpoint, block),
            values(checkpoint, block),
            checkpoint.linear(block + "attn_output", hiddenSize, numHeads * valueDim),
            rope);
    return new Attention(layer, projection, cached(), scores);
  }

  private static Norm norm(Checkpoint checkpoint, String name, int size) {
    float eps =
        checkpoint
            .metadata()
            .number(HuggingFaceFolder.LATENT_EPSILON)
            .orElse(checkpoint.config().normEps());
    return checkpoint.rmsNorm(name, size, eps);
  }

  /// One key-value head of the latent and the key with rope.
  private Heads cached() {
    return new Heads(numHeads, 1, latentSize + ropeDim);
  }

  private List<Linear> keys(Checkpoint checkpoint, String block) {
    if (checkpoint.has(block + "attn_k_b.weight")) {
      return checkpoint.stack(block + "attn_k_b", numHeads, latentSize, plainDim);
    }
    Matrix both = both(checkpoint, block);
    return heads(h -> {
      Matrix ofHead = both.rows(h * (plainDim + valueDim), plainDim);
      return new Linear(block + "attn_k_b." + h, transposed(ofHead), null);
    });
  }

  private List<Linear> values(Checkpoint checkpoint, String block) {
    if (checkpoint.has(block + "attn_v_b.weight")) {
      return checkpoint.stack(block + "attn_v_b", numHeads, valueDim, latentSize);
    }
    Matrix both = both(checkpoint, block);
    return heads(h -> {
      Matrix ofHead = both.rows(h * (plainDim + valueDim) + plainDim, valueDim);
      return new Linear(block + "attn_v_b." + h, ofHead, null);
    });
  }

  private Matrix both(Checkpoint checkpoint, String block) {
    return checkpoint.matrix(
        block + "attn_kv_b.weight", numHeads * (plainDim + valueDim), latentSize);
  }

  private List<Linear> heads(java.util.function.IntFunction<Linear> ofHead) {
    return IntStream.range(0, numHeads).mapToObj(ofHead).toList();
  }

  /// The transpose as floats, since blocks of a quantized matrix run along its rows.
  private static Matrix transposed(Matrix matrix) {
    Tensor turned = Dequantize.matrix(matrix).transposed();
    return new Matrix(StorageType.F32, matrix.cols(), matrix.rows(), turned.data());
  }
}
