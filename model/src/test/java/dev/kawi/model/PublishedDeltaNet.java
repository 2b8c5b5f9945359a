package dev.kawi.model;

import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomShape;
import java.util.Arrays;
import java.util.List;

// How it works. The way back of what llama.cpp's `_LinearAttentionVReorderBase` and
// `Qwen3NextModel` do: value heads that GGUF files of Qwen 3.5 have by turns are put beside their
// key head; Qwen3-Next has query, key, values and gates of a key head in rows after one another.

/// The tensors of a gated delta net as its publisher has them.
///
/// @param headDim elements of every head
/// @param keyHeads key heads
/// @param perKeyHead value heads of each
/// @param byTurns whether GGUF files have value heads by turns
record PublishedDeltaNet(int headDim, int keyHeads, int perKeyHead, boolean byTurns) {
  private static final List<String> NAMES =
      List.of(
          "attn_gate",
          "ssm_beta",
          "ssm_alpha",
          "ssm_ba",
          "ssm_conv1d",
          "ssm_dt",
          "ssm_a",
          "ssm_norm",
          "ssm_out");

  /// A tensor under the publisher's name, without what stands before `linear_attn`.
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Published(String name, List<Long> shape, float[] values) {}

  static PublishedDeltaNet of(RandomShape shape) {
    int headDim = shape.headDim() / 2;
    return new PublishedDeltaNet(
        headDim, shape.hiddenSize() / headDim, 2, !shape.architecture().equals("qwen3next"));
  }

  static boolean has(String name) {
    return NAMES.contains(name) || name.equals("attn_qkv");
  }

  /// The published tensor; that of Qwen3-Next with queries and keys and so on comes twice, whole
  /// after the gates.
  Published of(String name, TensorInfo info, float[] values, float[] before) {
    return switch (name) {
      case "attn_qkv" -> named("in_proj_qkv.weight", info.shape(), channels(values, info.cols()));
      case "attn_gate" ->
          byTurns
              ? named("in_proj_z.weight", info.shape(), heads(values, headDim * info.cols()))
              : named(
                  "in_proj_qkvz.weight",
                  List.of(info.rows() + before.length / (long) info.cols(), (long) info.cols()),
                  byKeyHead(before, values, info.cols()));
      case "ssm_beta" -> named("in_proj_b.weight", info.shape(), heads(values, info.cols()));
      case "ssm_alpha" -> named("in_proj_a.weight", info.shape(), heads(values, info.cols()));
      case "ssm_ba" -> named("in_proj_ba.weight", info.shape(), values);
      case "ssm_conv1d" ->
          named(
              "conv1d.weight",
              List.of((long) info.rows(), 1L, (long) info.cols()),
              channels(values, info.cols()));
      case "ssm_dt" -> named("dt_bias", info.shape(), heads(values, 1));
      case "ssm_a" -> named("A_log", info.shape(), logarithms(heads(values, 1)));
      case "ssm_norm" -> named("norm.weight", info.shape(), values);
      case "ssm_out" -> named("out_proj.weight", info.shape(), columns(values, info.rows()));
      default -> throw new IllegalArgumentException("no published name for " + name);
    };
  }

  private static Published named(String name, List<Long> shape, float[] values) {
    return new Published("linear_attn." + name, shape, values);
  }

  private static float[] logarithms(float[] rates) {
    float[] logs = new float[rates.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = (float) Math.log(-rates[i]);
    }
    return logs;
  }

  /// Value heads of `size` elements each beside their key head.
  private float[] heads(float[] values, int size) {
    if (!byTurns) {
      return values;
    }
    float[] grouped = new float[values.length];
    for (int k = 0; k < keyHeads; k++) {
      for (int v = 0; v < perKeyHead; v++) {
        int to = k * perKeyHead + v;
        System.arraycopy(values, (v * keyHeads + k) * size, grouped, to * size, size);
      }
    }
    return grouped;
  }

  /// Rows of queries and keys as they are, then those of values.
  private float[] channels(float[] values, int cols) {
    int keys = 2 * keyHeads * headDim * cols;
    float[] all = values.clone();
    float[] moved = heads(Arrays.copyOfRange(values, keys, values.length), headDim * cols);
    System.arraycopy(moved, 0, all, keys, moved.length);
    return all;
  }

  private float[] columns(float[] values, int rows) {
    int cols = values.length / rows;
    float[] all = new float[values.length];
    for (int r = 0; r < rows; r++) {
      float[] row = heads(Arrays.copyOfRange(values, r * cols, (r + 1) * cols), headDim);
      System.arraycopy(row, 0, all, r * cols, cols);
    }
    return all;
  }

  private float[] byKeyHead(float[] qkv, float[] gates, int cols) {
    float[] all = new float[qkv.length + gates.length];
    int head = headDim * cols;
    int values = perKeyHead * head;
    int to = 0;
    for (int k = 0; k < keyHeads; k++) {
      System.arraycopy(qkv, k * head, all, to, head);
      System.arraycopy(qkv, (keyHeads + k) * head, all, to + head, head);
      System.arraycopy(qkv, 2 * keyHeads * head + k * values, all, to + 2 * head, values);
      System.arraycopy(gates, k * values, all, to + 2 * head + values, values);
      to += 2 * (head + values);
    }
    return all;
  }
}
