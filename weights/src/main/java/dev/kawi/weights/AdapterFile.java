package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Dequantize;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A LoRA adapter as it is stored, in memory: low-rank changes of tensors under the names that GGUF
/// has for them, in the layout of a base model. Both forms are read: a folder of PEFT and a GGUF
/// file of llama.cpp.
///
/// @param name what the file, or the folder, is called
/// @param changes at least one
public record AdapterFile(String name, List<Change> changes) {
  /// Copies the list.
  public AdapterFile {
    changes = List.copyOf(changes);
  }

  /// What kind of tensor is changed.
  public enum Kind {
    /// A linear map: W + scale * B A.
    LINEAR,
    /// A table of embeddings: W + scale * A B^T.
    TABLE
  }

  /// A change of one tensor.
  ///
  /// @param tensor the tensor's name without `.weight`, such as `blk.0.attn_q`; of an expert with
  ///   its number, such as `blk.0.ffn_up_exps.3`
  /// @param kind what is changed
  /// @param a [rank, in]; of a table [vocabSize, rank]
  /// @param b [out, rank]; of a table [hiddenSize, rank]
  /// @param scale factor on the product
  public record Change(String tensor, Kind kind, Tensor a, Tensor b, float scale) {
    /// Checks that A and B meet and that the scale is a number.
    public Change {
      int rank = kind == Kind.LINEAR ? a.rows() : a.cols();
      if (rank != b.cols()) {
        throw new ModelFormatException(
            "adapter: A of %s is [%d, %d] and B is [%d, %d], which have no rank in common; is the file complete?"
                .formatted(tensor, a.rows(), a.cols(), b.rows(), b.cols()));
      }
      if (!Float.isFinite(scale)) {
        throw new ModelFormatException(
            "adapter: the scale of %s is %s; is the file damaged?".formatted(tensor, scale));
      }
    }

    /// The same change with other rows of B.
    public Change with(String part, Tensor rows) {
      return new Change(part, kind, a, rows, scale);
    }
  }

  /// Reads an adapter for a model with this metadata.
  ///
  /// @param path a folder with `adapter_config.json`, or a GGUF file
  /// @throws IOException if it cannot be read
  /// @throws ModelFormatException if it is no adapter that Kawi serves, or one of another model
  public static AdapterFile read(Path path, Metadata base) throws IOException {
    AdapterLayout layout = new AdapterLayout(base);
    AdapterFile file =
        Files.isDirectory(path) ? PeftFolder.read(path, layout) : GgufAdapter.read(path, layout);
    if (file.changes().isEmpty()) {
      throw new ModelFormatException(
          "adapter: %s holds no LoRA matrices; is it complete?".formatted(path));
    }
    return file;
  }

  /// A stored matrix as floats.
  static Tensor floats(String name, StorageType type, List<Long> shape, MemorySegment data) {
    requireMatrix(name, shape);
    int rows = Math.toIntExact(shape.getFirst());
    return Dequantize.matrix(new Matrix(type, rows, Math.toIntExact(shape.getLast()), data));
  }

  private static void requireMatrix(String name, List<Long> shape) {
    if (shape.size() != 2
        || shape.stream().anyMatch(size -> size < 1 || size > Integer.MAX_VALUE)) {
      throw new ModelFormatException(
          "adapter: %s is %s, expected a matrix; is the file complete?".formatted(name, shape));
    }
  }
}
