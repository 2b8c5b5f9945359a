package dev.kawi.nn;

import dev.kawi.kernel.Dequantize;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;

/// What LoRA adds to a linear map: y += scale * B (A x). Source: arXiv 2106.09685.
///
/// @param a [rank, in]
/// @param b [out, rank]
/// @param scale alpha / rank, or what stands for it
public record LowRank(Matrix a, Matrix b, float scale) {
  /// Checks that A and B meet.
  public LowRank {
    requireRanks(a.rows(), b.cols());
  }

  /// The same of tensors.
  public static LowRank of(Tensor a, Tensor b, float scale) {
    return new LowRank(matrix(a), matrix(b), scale);
  }

  private static void requireRanks(int ofA, int ofB) {
    if (ofA != ofB || ofA < 1) {
      throw new IllegalArgumentException(
          "a low-rank product needs one rank, A has %d and B has %d".formatted(ofA, ofB));
    }
  }

  private static Matrix matrix(Tensor tensor) {
    return new Matrix(StorageType.F32, tensor.rows(), tensor.cols(), tensor.data());
  }

  /// Inputs of the linear map.
  public int in() {
    return a.cols();
  }

  /// Outputs of the linear map.
  public int out() {
    return b.rows();
  }

  /// Inner size.
  public int rank() {
    return a.rows();
  }

  /// What LoRA adds to a table of embeddings: y = row of the table + scale * B (row of A).
  ///
  /// @param a [vocabSize, rank]
  /// @param b [hiddenSize, rank]
  /// @param scale alpha / rank, or what stands for it
  public record OfTable(Matrix a, Matrix b, float scale) {
    /// Checks that A and B meet.
    public OfTable {
      requireRanks(a.cols(), b.cols());
    }

    /// The same of tensors.
    public static OfTable of(Tensor a, Tensor b, float scale) {
      return new OfTable(matrix(a), matrix(b), scale);
    }

    /// The table with the product added to its weights, in F32.
    Embedding mergedInto(Embedding table) {
      Matrix merged =
          LowRank.merged(
              table.weight(), Dequantize.matrix(a), Dequantize.matrix(b).transposed(), scale);
      return new Embedding(table.name(), merged);
    }
  }

  /// The linear map with the product added to its weights, in F32.
  Linear mergedInto(Linear linear) {
    return new Linear(
        linear.name(),
        merged(linear.weight(), Dequantize.matrix(b), Dequantize.matrix(a), scale),
        linear.bias());
  }

  /// W + scale * left right, in F32; summed in double precision.
  private static Matrix merged(Matrix w, Tensor left, Tensor right, float scale) {
    Tensor sum = Dequantize.matrix(w);
    for (int row = 0; row < sum.rows(); row++) {
      for (int col = 0; col < sum.cols(); col++) {
        double product = 0;
        for (int k = 0; k < left.cols(); k++) {
          product += (double) left.get(row, k) * right.get(k, col);
        }
        sum.set(row, col, (float) (sum.get(row, col) + scale * product));
      }
    }
    return matrix(sum);
  }
}
