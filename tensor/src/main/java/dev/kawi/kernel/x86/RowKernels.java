package dev.kawi.kernel.x86;

import dev.kawi.kernel.Activation;
import dev.kawi.kernel.AttentionJob;
import dev.kawi.kernel.Bf16Rows;
import dev.kawi.kernel.Exponential;
import dev.kawi.kernel.Native;
import dev.kawi.kernel.RoundedRows;
import dev.kawi.kernel.x86.RowCode.Elementwise;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;

/// What is done to rows between the products, on vectors of 512 bits.
public final class RowKernels {
  private static final int CONSTANT_BYTES = 256;

  private final MemorySegment constants = constants();
  private final MemorySegment add = Native.install(RowCode.elementwise(Elementwise.ADD));
  private final MemorySegment multiply = Native.install(RowCode.elementwise(Elementwise.MULTIPLY));
  private final Map<Activation, MemorySegment> activations = new EnumMap<>(Activation.class);
  private final Map<Activation, MemorySegment> gates = new EnumMap<>(Activation.class);
  private final MemorySegment softmax = Native.install(RowCode.softmax(false));
  private final MemorySegment cappedSoftmax = Native.install(RowCode.softmax(true));
  private final MemorySegment scale = Native.install(RowCode.scale(false, false));
  private final MemorySegment cappedScale = Native.install(RowCode.scale(true, false));
  private final MemorySegment sloped = Native.install(RowCode.scale(false, true));
  private final MemorySegment cappedSloped = Native.install(RowCode.scale(true, true));
  private final MemorySegment rmsNorm = Native.install(RowCode.rmsNorm());
  private final MemorySegment round = Native.install(RowCode.round());
  private final MemorySegment roundToBf16 = Native.install(RowCode.roundToBf16());

  /// Writes the code.
  public RowKernels() {
    for (Activation f : Activation.values()) {
      activations.put(f, Native.install(RowCode.activation(f)));
      gates.put(f, Native.install(RowCode.activation(f, Elementwise.MULTIPLY)));
    }
  }

  private static MemorySegment constants() {
    MemorySegment all = Arena.global().allocate(CONSTANT_BYTES, 64);
    int[] exponential = Exponential.constantBits();
    for (int i = 0; i < exponential.length; i++) {
      all.setAtIndex(ValueLayout.JAVA_INT, i, exponential[i]);
    }
    all.set(ValueLayout.JAVA_FLOAT, RowCode.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY);
    all.set(ValueLayout.JAVA_INT, RowCode.MAGNITUDE, 0x7FFF_FFFF);
    all.set(ValueLayout.JAVA_FLOAT, RowCode.TINY, RoundedRows.TINY);
    all.set(ValueLayout.JAVA_FLOAT, RowCode.INFINITY, Float.POSITIVE_INFINITY);
    all.set(ValueLayout.JAVA_FLOAT, RowCode.NAN, Float.NaN);
    all.set(ValueLayout.JAVA_FLOAT, RowCode.LEVELS, 127);
    all.set(ValueLayout.JAVA_FLOAT, RowCode.GELU_A, Exponential.GELU_A);
    all.set(ValueLayout.JAVA_FLOAT, RowCode.GELU_2C, Exponential.GELU_2C);
    all.set(ValueLayout.JAVA_FLOAT, RowCode.TWO, 2);
    float[] factors = {1, 1, 1, 1, -128, -8, -4, -4};
    for (int i = 0; i < factors.length; i++) {
      all.set(ValueLayout.JAVA_FLOAT, RowCode.SUM_FACTORS + 4L * i, factors[i]);
    }
    float[] tail = Exponential.normalTail();
    for (int i = 0; i < tail.length; i++) {
      all.set(ValueLayout.JAVA_FLOAT, RowCode.NORMAL_TAIL + 4L * i, tail[i]);
    }
    return all;
  }

  private static long at(Tensor x, long element) {
    return x.data().address() + 4 * element;
  }

  private static void steps(long elements, CodeMemory memory) {
    memory.set(RowCode.STEPS, elements / 16);
    memory.set(RowCode.TAIL, (1 << (elements % 16)) - 1);
  }

  /// y = a + b on elements [from, to).
  public void add(Tensor a, Tensor b, Tensor y, int from, int to, CodeMemory memory) {
    elementwise(add, a, b, y, from, to, memory);
  }

  /// y = a * b on elements [from, to).
  public void multiply(Tensor a, Tensor b, Tensor y, int from, int to, CodeMemory memory) {
    elementwise(multiply, a, b, y, from, to, memory);
  }

  /// y = f(x) on elements [from, to).
  public void activate(Activation f, Tensor x, Tensor y, int from, int to, CodeMemory memory) {
    elementwise(activations.get(f), x, x, y, from, to, memory);
  }

  /// y = f(x) * other on elements [from, to).
  public void gate(
      Activation f, Tensor x, Tensor other, Tensor y, int from, int to, CodeMemory memory) {
    elementwise(gates.get(f), x, other, y, from, to, memory);
  }

  private void elementwise(
      MemorySegment code, Tensor a, Tensor b, Tensor y, int from, int to, CodeMemory memory) {
    memory.set(RowCode.A, at(a, from));
    memory.set(RowCode.B, at(b, from));
    memory.set(RowCode.Y, at(y, from));
    memory.set(RowCode.CONSTANTS, constants.address());
    steps(to - from, memory);
    Native.run(code, memory.arguments());
  }

  /// As [dev.kawi.kernel.Kernels#rmsNorm].
  public void rmsNorm(
      Tensor x, Tensor weight, float eps, Tensor y, int from, int to, CodeMemory memory) {
    int size = weight.cols();
    memory.set(RowCode.A, at(x, (long) from * size));
    memory.set(RowCode.B, at(weight, 0));
    memory.set(RowCode.Y, at(y, (long) from * size));
    memory.set(RowCode.CONSTANTS, constants.address());
    steps(size, memory);
    memory.set(RowCode.ROWS, to - from);
    memory.set(RowCode.STRIDE, 4L * size);
    memory.set(RowCode.FACTOR, eps);
    memory.set(RowCode.FACTOR_2, (float) size);
    Native.run(rmsNorm, memory.arguments());
  }

  /// Rounds the rows from `from` to `to` to BF16, which not every processor with AVX-512 can.
  public void roundToBf16(Tensor x, Bf16Rows rounded, int from, int to, CodeMemory memory) {
    int cols = x.cols();
    int left = cols % Bf16Rows.CHUNK;
    long rowBytes = Bf16Rows.rowBytes(cols);
    memory.set(RowCode.STEPS, cols / Bf16Rows.CHUNK);
    memory.set(RowCode.TAIL, (1 << Math.min(16, left)) - 1);
    memory.set(RowCode.TAIL_2, (1 << Math.max(0, left - 16)) - 1);
    for (int row = from; row < to; row++) {
      memory.set(RowCode.A, at(x, (long) row * cols));
      memory.set(RowCode.Y, rounded.data().address() + row * rowBytes);
      Native.run(roundToBf16, memory.arguments());
    }
  }

  /// Rounds the rows from `from` to `to`.
  public void round(Tensor x, RoundedRows rounded, int from, int to, CodeMemory memory) {
    long rowBytes = RoundedRows.rowBytes(x.cols());
    memory.set(RowCode.CONSTANTS, constants.address());
    memory.set(RowCode.STEPS, x.cols() / RoundedRows.BLOCK);
    for (int row = from; row < to; row++) {
      memory.set(RowCode.A, at(x, (long) row * x.cols()));
      memory.set(RowCode.Y, rounded.data().address() + row * rowBytes);
      Native.run(round, memory.arguments());
    }
  }

  /// Rows of scores become scale * score, with a soft cap if it is not 0, less the slope of their
  /// head times the distance if there are slopes.
  ///
  /// @param scores address of the first row
  /// @param stride bytes from row to row
  void scale(long scores, long stride, AttentionJob job, CodeMemory memory) {
    memory.set(RowCode.A, scores);
    memory.set(RowCode.ROWS, job.numHeads);
    memory.set(RowCode.STRIDE, stride);
    memory.set(RowCode.CONSTANTS, constants.address());
    steps(job.to - job.from, memory);
    memory.set(RowCode.FACTOR, job.scale);
    memory.set(RowCode.FACTOR_2, job.softCap);
    boolean capped = job.softCap > 0;
    if (job.slopes == null) {
      Native.run(capped ? cappedScale : scale, memory.arguments());
    } else {
      memory.set(RowCode.B, distances(job, memory));
      memory.set(RowCode.Y, job.slopes.address() + job.headOffset);
      Native.run(capped ? cappedSloped : sloped, memory.arguments());
    }
  }

  private static long distances(AttentionJob job, CodeMemory memory) {
    MemorySegment columns = memory.columns();
    for (int i = 0; i < 16; i++) {
      columns.setAtIndex(ValueLayout.JAVA_FLOAT, i, job.from + i - job.position);
    }
    columns.setAtIndex(ValueLayout.JAVA_FLOAT, 16, 16);
    return columns.address();
  }

  /// Rows of scores become softmax(scale * score), with a soft cap if it is not 0.
  ///
  /// @param scores address of the first row
  /// @param stride bytes from row to row
  void softmax(
      long scores, long stride, int rows, int count, float scale, float cap, CodeMemory memory) {
    memory.set(RowCode.A, scores);
    memory.set(RowCode.ROWS, rows);
    memory.set(RowCode.STRIDE, stride);
    memory.set(RowCode.CONSTANTS, constants.address());
    steps(count, memory);
    memory.set(RowCode.FACTOR, scale);
    memory.set(RowCode.FACTOR_2, cap);
    Native.run(cap > 0 ? cappedSoftmax : softmax, memory.arguments());
  }
}
