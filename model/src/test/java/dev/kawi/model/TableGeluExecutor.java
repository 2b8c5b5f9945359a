package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Decompositions;
import dev.kawi.nn.DelegatingExecutor;
import dev.kawi.nn.Executor;
import dev.kawi.nn.FeedForward;
import dev.kawi.tensor.Tensor;

/// Computes GELU as ggml does on a CPU: by a table with an F16 for each F16. With it the models
/// that have a GELU agree with llama.cpp as closely as the others do, which shows that the table is
/// all that differs. Source: `ggml_vec_gelu_f32` in ggml's `vec.h`.
final class TableGeluExecutor extends DelegatingExecutor {
  private static final float FIRST = 0.7978846f;
  private static final float THIRD = 0.044715f;

  TableGeluExecutor(Executor base) {
    super(base);
  }

  @Override
  public Tensor activate(Activation f, Tensor x) {
    Tensor y = super.activate(f, x);
    if (f == Activation.GELU) {
      for (int row = 0; row < x.rows(); row++) {
        for (int col = 0; col < x.cols(); col++) {
          y.set(row, col, gelu(x.get(row, col)));
        }
      }
    }
    return y;
  }

  @Override
  public Tensor gated(FeedForward.GatedMlp mlp, Tensor x) {
    return Decompositions.gated(mlp, x, this);
  }

  private static float gelu(float x) {
    if (x <= -10) {
      return 0;
    }
    return x >= 10 ? x : half(exact(half(x)));
  }

  private static float exact(float x) {
    return 0.5f * x * (1 + (float) Math.tanh(FIRST * x * (1 + THIRD * x * x)));
  }

  private static float half(float x) {
    return Float.float16ToFloat(Float.floatToFloat16(x));
  }
}
