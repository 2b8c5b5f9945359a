package dev.kawi.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The vector tier equals its scalar twin bit for bit.
class VectorKernelsTest {
  private static final int[] SIZES = {1, 2, 4, 6, 8, 13, 16, 32, 33, 64, 100, 256, 896, 2048, 4098};
  private final Kernels scalar = new ScalarKernels();
  private final Kernels vector = new VectorKernels();
  private final Random random = new Random(7);

  private Tensor random(int rows, int cols) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * (i % 7 == 0 ? 8 : 1);
    }
    return Tensor.of(values, rows, cols);
  }

  private static Tensor like(Tensor x) {
    return Tensor.zeros(Arena.ofAuto(), x.rows(), x.cols());
  }

  private static void same(Tensor expected, Tensor actual, String what) {
    assertArrayEquals(expected.toArray(), actual.toArray(), what);
  }

  @ParameterizedTest
  @EnumSource(StorageType.class)
  void dequantize_equalsTwinOnAnyBits(StorageType type) {
    int count = 4 * 256;
    byte[] bytes = new byte[(int) type.bytes(count) + 3];
    random.nextBytes(bytes);
    MemorySegment from =
        Arena.ofAuto().allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    float[] expected = new float[count + 2];
    float[] actual = new float[count + 2];
    scalar.dequantize(type, from, 3, MemorySegment.ofArray(expected), 4, count);
    vector.dequantize(type, from, 3, MemorySegment.ofArray(actual), 4, count);
    assertArrayEquals(expected, actual);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 6, 8, 13, 32, 33, 64, 100, 256, 896, 4098})
  void rowsAndElements_equalTwin(int cols) {
    Tensor x = random(3, cols);
    Tensor other = random(3, cols);
    Tensor weight = random(1, cols);
    Tensor bias = random(1, cols);
    check(x, (k, y) -> k.rmsNorm(x, weight, 3e-4f, y, 0, 3));
    check(x, (k, y) -> k.layerNorm(x, weight, bias, 3e-4f, y, 0, 3));
    check(x, (k, y) -> k.layerNorm(x, weight, null, 3e-4f, y, 1, 2));
    check(x, (k, y) -> k.add(x, other, y, 1, 3 * cols));
    check(x, (k, y) -> k.multiply(x, other, y, 0, 3 * cols - 1));
    check(x, (k, y) -> k.scale(1.7f, x, y, 0, 3 * cols));
    check(x, (k, y) -> k.softCap(30, x, y, 0, 3 * cols));
    check(x, (k, y) -> k.addScaledRow(-0.3f, x, 1, y, 2));
    for (Activation f : Activation.values()) {
      check(x, (k, y) -> k.activate(f, x, y, 0, 3 * cols));
    }
  }

  private interface Operation {
    void run(Kernels kernels, Tensor y);
  }

  private void check(Tensor shape, Operation operation) {
    Tensor expected = like(shape);
    Tensor actual = like(shape);
    operation.run(scalar, expected);
    operation.run(vector, actual);
    same(expected, actual, shape.toString());
  }

  @Test
  void softmax_equalsTwin() {
    for (int count : SIZES) {
      float[] scores = random(1, count + 1).toArray();
      float[] expected = scores.clone();
      scalar.softmax(expected, 1, count);
      vector.softmax(scores, 1, count);
      assertArrayEquals(expected, scores, "count " + count);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "Q8_0"})
  void attend_equalsTwinOverPagesAndWindows(StorageType type) {
    for (int headDim : new int[] {32, 64, 96}) {
      for (int to : new int[] {1, 7, 8, 9, 40}) {
        attend(type, headDim, Math.max(0, to - 11), to, 0);
        attend(type, headDim, 0, to, 20);
      }
    }
  }

  private void attend(StorageType type, int headDim, int from, int to, float softCap) {
    int pageSize = 8;
    MemorySegment[] pages = new MemorySegment[6];
    for (int i = 0; i < pages.length; i++) {
      pages[i] = Arena.ofAuto().allocate(2 * type.bytes((long) pageSize * headDim));
      Tensor values = random(2 * pageSize, headDim);
      scalar.quantize(type, values.data(), 0, pages[i], 0, 2 * pageSize * headDim);
    }
    Tensor query = random(3, headDim);
    float[][] results = new float[2][];
    float[][] weights = new float[2][];
    for (int i = 0; i < 2; i++) {
      Tensor out = like(query);
      Tensor seen = Tensor.zeros(Arena.ofAuto(), 3, to);
      AttentionJob job = new AttentionJob();
      job.query = query.data();
      job.out = out.data();
      job.weights = seen.data();
      job.weightsStride = to;
      job.numHeads = 3;
      job.headDim = headDim;
      job.pages = pages;
      job.pageSize = pageSize;
      job.valueOffset = type.bytes((long) pageSize * headDim);
      job.type = type;
      job.from = from;
      job.to = to;
      job.scale = 0.1f;
      job.softCap = softCap;
      (i == 0 ? scalar : vector).attend(job, new Workspace());
      results[i] = out.toArray();
      weights[i] = seen.toArray();
    }
    assertArrayEquals(results[0], results[1]);
    assertArrayEquals(weights[0], weights[1]);
    double sum = 0;
    for (float w : weights[0]) {
      sum += w;
    }
    assertEquals(3, sum, 1e-5);
  }

  @Test
  void exp_isWithinTwoUlpAndNeverNegative() {
    for (int i = 0; i < 200_000; i++) {
      float x = -87 + i * (175f / 200_000);
      double exact = Math.exp(x);
      assertEquals(exact, Exp.exp(x), 2 * Math.ulp((float) exact), "exp(" + x + ")");
    }
    assertEquals(0, Exp.exp(-1000));
    assertEquals(0, Exp.exp(Float.NEGATIVE_INFINITY));
  }
}
