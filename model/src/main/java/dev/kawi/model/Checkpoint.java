package dev.kawi.model;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.Dequantize;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Norm;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The weights of an open file as layers. Every shape is checked against the configuration before a
/// byte is used.
public final class Checkpoint {
  private final ModelFile file;
  private final ModelConfig config;

  /// Reads layers from `file`, which must stay open as long as they are used.
  public Checkpoint(ModelFile file) {
    this.file = file;
    this.config = ModelConfig.of(file.metadata());
  }

  /// The sizes.
  public ModelConfig config() {
    return config;
  }

  /// All key-value pairs.
  public Metadata metadata() {
    return file.metadata();
  }

  /// The key of this architecture with this ending.
  String key(String ending) {
    return config.architecture() + "." + ending;
  }

  /// Positions that a layer with a window attends to, or `otherwise` if the file does not say.
  int slidingWindow(int otherwise) {
    String key = key("attention.sliding_window");
    int window = metadata().integer(key).orElse(otherwise);
    if (window < 0) {
      throw new ModelFormatException(
          "gguf: %s is %d, expected 0 or more; is the file damaged?".formatted(key, window));
    }
    return window;
  }

  /// A factor of this architecture, or `otherwise` if the file has none or has 0.
  float factor(String ending, float otherwise) {
    return metadata().number(key(ending)).filter(factor -> factor != 0).orElse(otherwise);
  }

  /// Whether a tensor is there.
  boolean has(String tensor) {
    return file.tensor(tensor).isPresent();
  }

  /// A linear map `<name>.weight` of [out, in], with its bias if the file has one.
  Linear linear(String name, int out, int in) {
    return new Linear(name, matrix(name + ".weight", out, in), optionalVector(name + ".bias", out));
  }

  /// The same with as many outputs as the file has.
  Linear linearFrom(String name, int in) {
    TensorInfo info = info(name + ".weight");
    return linear(name, info.shape().size() == 2 ? info.rows() : 0, in);
  }

  /// A norm without bias.
  Norm rmsNorm(String name, int size) {
    return rmsNorm(name, size, config.normEps());
  }

  /// The same with an epsilon of its own.
  Norm rmsNorm(String name, int size, float eps) {
    return new Norm.RmsNorm(name, vector(name + ".weight", size), eps);
  }

  /// A norm if the file has one.
  @Nullable Norm optionalRmsNorm(String name, int size) {
    return has(name + ".weight") ? rmsNorm(name, size) : null;
  }

  /// A norm with mean and, if the file has one, bias.
  Norm layerNorm(String name, int size) {
    return new Norm.LayerNorm(
        name,
        vector(name + ".weight", size),
        optionalVector(name + ".bias", size),
        config.normEps());
  }

  /// A norm with mean if the file has one.
  @Nullable Norm optionalLayerNorm(String name, int size) {
    return has(name + ".weight") ? layerNorm(name, size) : null;
  }

  /// A norm with mean that the file has no weights for.
  Norm plainLayerNorm(String name, int size) {
    float[] ones = new float[size];
    Arrays.fill(ones, 1);
    return new Norm.LayerNorm(name, Tensor.of(ones, 1, size), null, config.normEps());
  }

  /// A norm with mean of each head, whose weights are [heads, headDim] or a vector for each head,
  /// if the file has one.
  @Nullable Norm optionalHeadNorm(String name, int heads, int headDim) {
    if (has(name + ".0.weight")) {
      Tensor weights = Tensor.zeros(Arena.ofAuto(), heads, headDim);
      long bytes = (long) headDim * Float.BYTES;
      for (int h = 0; h < heads; h++) {
        Tensor row = vector(name + "." + h + ".weight", headDim);
        MemorySegment.copy(row.data(), 0, weights.data(), h * bytes, bytes);
      }
      return new Norm.LayerNorm(name, weights, null, config.normEps());
    }
    return has(name + ".weight")
        ? new Norm.LayerNorm(name, table(name + ".weight", heads, headDim), null, config.normEps())
        : null;
  }

  /// The token embeddings; their number of rows is the vocabulary.
  Embedding tokens() {
    return embedding("token_embd");
  }

  /// A table of hidden states with as many rows as the file has.
  Embedding embedding(String name) {
    TensorInfo info = info(name + ".weight");
    int rows = info.shape().size() == 2 ? info.rows() : 0;
    return new Embedding(name, matrix(name + ".weight", rows, config.hiddenSize()));
  }

  /// The head: its own, or the token embeddings when the file has none.
  Linear head(Embedding tokens) {
    return has("output.weight")
        ? linear("output", tokens.size(), config.hiddenSize())
        : tokens.asLinear();
  }

  /// A vector of hiddenSize as a table of one row.
  Embedding rowTable(String name) {
    Tensor row = vector(name, config.hiddenSize());
    return new Embedding(name, new Matrix(StorageType.F32, 1, row.cols(), row.data()));
  }

  /// A matrix of [rows, cols].
  Matrix matrix(String name, int rows, int cols) {
    TensorInfo info = require(name, List.of((long) rows, (long) cols));
    return new Matrix(info.type(), rows, cols, file.data(info));
  }

  /// Linear maps stacked in one tensor [count, out, in], or each in a tensor of its own.
  List<Linear> stack(String name, int count, int out, int in) {
    if (has(name + ".0.weight")) {
      return java.util.stream.IntStream.range(0, count)
          .mapToObj(i -> linear(name + "." + i, out, in))
          .toList();
    }
    TensorInfo info = require(name + ".weight", List.of((long) count, (long) out, (long) in));
    Matrix all = new Matrix(info.type(), count * out, in, file.data(info));
    Tensor biases = has(name + ".bias") ? table(name + ".bias", count, out) : null;
    return java.util.stream.IntStream.range(0, count)
        .mapToObj(i ->
            new Linear(
                name + "." + i, all.rows(i * out, out), biases == null ? null : row(biases, i)))
        .toList();
  }

  /// A matrix as floats: [rows, cols].
  Tensor table(String name, int rows, int cols) {
    return Dequantize.matrix(matrix(name, rows, cols));
  }

  private static Tensor row(Tensor table, int row) {
    long bytes = (long) table.cols() * Float.BYTES;
    return new Tensor(table.data().asSlice(row * bytes, bytes), 1, table.cols());
  }

  /// A vector as floats.
  Tensor vector(String name, int size) {
    return floats(require(name, List.of((long) size)));
  }

  /// A vector as floats, if the file has it.
  @Nullable Tensor optionalVector(String name, int size) {
    return has(name) ? vector(name, size) : null;
  }

  private Tensor floats(TensorInfo info) {
    int size = info.cols();
    Tensor tensor = Tensor.zeros(Arena.ofAuto(), 1, size);
    Dequantize.row(info.type(), file.data(info), 0, tensor.data(), 0, size);
    return tensor;
  }

  /// The factors that divide the rotary frequencies, if the file has a tensor of this name.
  Optional<float[]> frequencyFactors(String name) {
    return has(name)
        ? Optional.of(vector(name, config.ropeDims() / 2).toArray())
        : Optional.empty();
  }

  private TensorInfo info(String name) {
    return file.tensor(name)
        .orElseThrow(() ->
            new ModelFormatException(
                "gguf: the tensor %s, which %s models have, is missing in %s; is the file complete?"
                    .formatted(name, config.architecture(), file.path())));
  }

  private TensorInfo require(String name, List<Long> shape) {
    TensorInfo info = info(name);
    if (!info.shape().equals(shape)) {
      throw new ModelFormatException(
          "gguf: %s is %s, the config needs %s; is the file complete?"
              .formatted(name, info.shape(), shape));
    }
    if (shape.contains(0L)) {
      throw new ModelFormatException("gguf: %s is empty: %s".formatted(name, shape));
    }
    return info;
  }
}
