package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.kernel.AttentionJob;
import dev.kawi.kernel.DeltaJob;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.PackedMatrix;
import dev.kawi.kernel.Rounded;
import dev.kawi.kernel.Workspace;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Kernels that compute nothing, for tests of what an executor does around them.
final class InertKernels implements Kernels {
  @Override
  public String name() {
    return "inert";
  }

  @Override
  public boolean packs(StorageType type) {
    return false;
  }

  @Override
  public void pack(Matrix w, MemorySegment packed, int from, int to, Workspace workspace) {}

  @Override
  public void round(Tensor x, Rounded rounded, int from, int to, Workspace workspace) {}

  @Override
  public void matmul(
      PackedMatrix w,
      Tensor x,
      @Nullable Rounded rounded,
      @Nullable Tensor bias,
      Tensor y,
      int rowFrom,
      int rowTo,
      Workspace workspace) {}

  @Override
  public void dequantize(
      StorageType type, MemorySegment from, long fromByte, MemorySegment to, long at, int count) {}

  @Override
  public void quantize(
      StorageType type, MemorySegment from, long fromByte, MemorySegment to, long at, int count) {}

  @Override
  public void rmsNorm(
      Tensor x, Tensor weight, float eps, Tensor y, int from, int to, Workspace workspace) {}

  @Override
  public void layerNorm(
      Tensor x, Tensor weight, @Nullable Tensor bias, float eps, Tensor y, int from, int to) {}

  @Override
  public void add(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace) {}

  @Override
  public void multiply(Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace) {}

  @Override
  public void scale(float factor, Tensor x, Tensor y, int from, int to) {}

  @Override
  public void addScaledRow(float factor, Tensor x, int xRow, Tensor y, int yRow) {}

  @Override
  public void activate(Activation f, Tensor x, Tensor y, int from, int to, Workspace workspace) {}

  @Override
  public void gate(
      Activation f, Tensor x, Tensor other, Tensor y, int from, int to, Workspace workspace) {}

  @Override
  public void softCap(float cap, Tensor x, Tensor y, int from, int to) {}

  @Override
  public void multiplyAdd(
      MemorySegment a,
      long aByte,
      MemorySegment b,
      long bByte,
      MemorySegment y,
      long yByte,
      int count) {}

  @Override
  public void deltaRule(DeltaJob job) {}

  @Override
  public void attend(AttentionJob job, Workspace workspace) {}
}
