package dev.kawi.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every tier equals its scalar twin bit for bit.
@SuppressWarnings("MustBeClosedChecker") // freeOperands() does
class KernelsTest {
  private static final int[] SIZES = {1, 2, 4, 6, 8, 13, 32, 33, 64, 100, 256, 896, 2048, 4098};
  private static final float[] ODD = {
    0f, -0f, 1e-40f, -1e-40f, 3e38f, -3e38f, 88.4f, -87.4f, -104f, 1e-30f, Float.NEGATIVE_INFINITY
  };

  private final Kernels scalar = new ScalarKernels();
  private final Workspace workspace = new Workspace();
  private Arena arena = Arena.ofConfined();

  @AfterEach
  void freeOperands() {
    arena.close();
    arena = Arena.ofConfined();
  }

  private final Random random = new Random(7);

  static Stream<Kernels> tiers() {
    return KernelProvider.available().stream().skip(1);
  }

  static Stream<Arguments> tiersAndTypes() {
    return tiers().flatMap(t -> Stream.of(StorageType.values()).map(s -> Arguments.of(t, s)));
  }

  static Stream<Arguments> tiersAndCaches() {
    return tiers()
        .flatMap(t ->
            Stream.of(StorageType.F32, StorageType.F16, StorageType.Q8_0)
                .map(s -> Arguments.of(t, s)));
  }

  private Tensor random(int rows, int cols) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * (i % 7 == 0 ? 8 : 1);
    }
    return guarded(values, rows, cols);
  }

  private Tensor guarded(float[] values, int rows, int cols) {
    MemorySegment memory = Native.guarded(arena, 4L * values.length);
    memory.copyFrom(MemorySegment.ofArray(values));
    return new Tensor(memory, rows, cols);
  }

  /// Zeros in memory that ends where a page ends that must not be touched.
  private Tensor like(Tensor x) {
    return new Tensor(Native.guarded(arena, 4 * x.size()), x.rows(), x.cols());
  }

  private static void same(Tensor expected, Tensor actual, String what) {
    assertArrayEquals(expected.toArray(), actual.toArray(), what);
  }

  @ParameterizedTest
  @MethodSource("tiersAndTypes")
  void dequantize_equalsTwinOnAnyBits(Kernels tier, StorageType type) {
    int count = 4 * 256;
    byte[] bytes = new byte[(int) type.bytes(count) + 3];
    random.nextBytes(bytes);
    MemorySegment from =
        Arena.ofAuto().allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    float[] expected = new float[count + 2];
    float[] actual = new float[count + 2];
    scalar.dequantize(type, from, 3, MemorySegment.ofArray(expected), 4, count);
    tier.dequantize(type, from, 3, MemorySegment.ofArray(actual), 4, count);
    assertArrayEquals(expected, actual);
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void rowsAndElements_equalTwin(Kernels tier) {
    for (int cols : SIZES) {
      rowsAndElements(tier, cols, random(3, cols));
      freeOperands();
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void unusualValues_equalTwin(Kernels tier) {
    float[] values = new float[3 * 37];
    for (int i = 0; i < values.length; i++) {
      values[i] = ODD[random.nextInt(ODD.length)];
    }
    rowsAndElements(tier, 37, guarded(values, 3, 37));
  }

  private void rowsAndElements(Kernels tier, int cols, Tensor x) {
    Tensor other = random(3, cols);
    Tensor weight = random(1, cols);
    Tensor bias = random(1, cols);
    Workspace ws = workspace;
    check(tier, x, (k, y) -> k.rmsNorm(x, weight, 3e-4f, y, 0, 3, ws));
    check(tier, x, (k, y) -> k.rmsNorm(x, weight, 3e-4f, y, 1, 2, ws));
    check(tier, x, (k, y) -> k.layerNorm(x, weight, bias, 3e-4f, y, 0, 3));
    check(tier, x, (k, y) -> k.layerNorm(x, weight, null, 3e-4f, y, 1, 2));
    check(tier, x, (k, y) -> k.layerNorm(x, other, null, 3e-4f, y, 1, 3));
    check(tier, x, (k, y) -> k.add(x, other, y, 1, 3 * cols, ws));
    check(tier, x, (k, y) -> k.multiply(x, other, y, 0, 3 * cols - 1, ws));
    check(tier, x, (k, y) -> k.scale(1.7f, x, y, 0, 3 * cols));
    check(tier, x, (k, y) -> k.softCap(30, x, y, 0, 3 * cols));
    check(tier, x, (k, y) -> k.addScaledRow(-0.3f, x, 1, y, 2));
    check(
        tier, x, (k, y) -> k.multiplyAdd(x.data(), 4, other.data(), 0, y.data(), 8, 3 * cols - 2));
    for (Activation f : Activation.values()) {
      check(tier, x, (k, y) -> k.activate(f, x, y, 0, 3 * cols, ws));
      check(tier, x, (k, y) -> k.gate(f, x, other, y, 1, 3 * cols, ws));
    }
  }

  /// At -6 to 6, against the series of the normal distribution around 0 in double.
  @Test
  void exactGelu_isXTimesTheNormalDistribution() {
    int count = 24001;
    Tensor x = Tensor.zeros(arena, 1, count);
    Tensor y = Tensor.zeros(arena, 1, count);
    for (int i = 0; i < count; i++) {
      x.set(0, i, (i - 12000) / 2000f);
    }
    scalar.activate(Activation.GELU_EXACT, x, y, 0, count, workspace);
    for (int i = 0; i < count; i++) {
      double at = x.get(0, i);
      assertEquals(at * normalDistribution(at), y.get(0, i), 4e-7, "at " + at);
    }
  }

  private static double normalDistribution(double x) {
    double term = x;
    double sum = x;
    for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
      term *= x * x / i;
      sum += term;
    }
    return 0.5 + Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) * sum;
  }

  private interface Operation {
    void run(Kernels kernels, Tensor y);
  }

  private void check(Kernels tier, Tensor shape, Operation operation) {
    Tensor expected = like(shape);
    Tensor actual = like(shape);
    operation.run(scalar, expected);
    operation.run(tier, actual);
    same(expected, actual, tier.name() + " " + shape);
  }

  @ParameterizedTest
  @MethodSource("tiersAndCaches")
  void attend_equalsTwinOverPagesAndWindows(Kernels tier, StorageType type) {
    for (int pageSize : new int[] {8, 16, 64}) {
      for (int headDim : new int[] {32, 64, 96, 128}) {
        for (int to : new int[] {1, 7, 8, 9, 16, 17, 40, 130}) {
          attend(tier, type, 3, pageSize, headDim, Math.max(0, to - 11), to, 0);
          attend(tier, type, 1, pageSize, headDim, 0, to, 20);
        }
      }
      attend(tier, type, 9, pageSize, 64, 3, 100, 0);
    }
  }

  @ParameterizedTest
  @MethodSource("tiersAndCaches")
  void attend_withSlopesAndSinks_equalsTwin(Kernels tier, StorageType type) {
    Tensor ofHeads = Tensor.of(new float[] {9, 0.5f, 0.25f, 0.125f}, 1, 4);
    Consumer<AttentionJob> sloped =
        job -> {
          job.slopes = ofHeads.data();
          job.headOffset = 4;
          job.position = job.to - 1;
        };
    Consumer<AttentionJob> sunk =
        job -> {
          job.sinks = ofHeads.data();
          job.headOffset = 4;
        };
    Consumer<AttentionJob> capped = job -> job.softCap = 20;
    for (int to : new int[] {1, 9, 16, 40, 64, 130}) {
      attend(tier, type, 3, 16, 64, Math.max(0, to - 50), to, sloped);
      attend(tier, type, 3, 16, 64, 0, to, sloped.andThen(capped));
      attend(tier, type, 3, 16, 64, Math.max(0, to - 16), to, sunk.andThen(capped));
      attend(tier, type, 3, 16, 64, 0, to, sloped.andThen(sunk));
      double seen = attend(tier, type, 3, 16, 64, 0, to, sunk);
      assertTrue(seen < 3, "sinks take their share: " + seen);
    }
  }

  @Test
  void attend_withSlopes_prefersNearPositions() {
    float[] slope = {0.5f};
    AttentionJob job = new AttentionJob();
    job.from = 2;
    job.to = 5;
    job.position = 4;
    job.slopes = Tensor.of(slope, 1, 1).data();
    float[] scores = {1, 1, 1};

    job.addSlopes(0, scores, 0);

    assertArrayEquals(new float[] {0, 0.5f, 1}, scores);
  }

  @Test
  void attend_withSlopes_prefersNearPositionsOnBothSides() {
    float[] slope = {0.5f};
    AttentionJob job = new AttentionJob();
    job.from = 2;
    job.to = 6;
    job.position = 3;
    job.slopes = Tensor.of(slope, 1, 1).data();
    float[] scores = {1, 1, 1, 1};

    job.addSlopes(0, scores, 0);

    assertArrayEquals(new float[] {0.5f, 1, 0.5f, 0}, scores);
  }

  @ParameterizedTest
  @MethodSource("tiersAndCaches")
  void attend_withSlopesOnBothSides_equalsTwin(Kernels tier, StorageType type) {
    Tensor ofHeads = Tensor.of(new float[] {0.5f, 0.25f, 0.125f}, 1, 3);
    for (int position : new int[] {0, 20, 77}) {
      attend(
          tier,
          type,
          3,
          16,
          64,
          Math.max(0, position - 30),
          78,
          job -> {
            job.slopes = ofHeads.data();
            job.position = position;
          });
    }
  }

  private void attend(
      Kernels tier,
      StorageType type,
      int heads,
      int pageSize,
      int headDim,
      int from,
      int to,
      float softCap) {
    double seen =
        attend(tier, type, heads, pageSize, headDim, from, to, job -> job.softCap = softCap);
    assertEquals(heads, seen, 1e-5);
  }

  /// Compares the tier with its twin; the sum of the attention weights.
  private double attend(
      Kernels tier,
      StorageType type,
      int heads,
      int pageSize,
      int headDim,
      int from,
      int to,
      Consumer<AttentionJob> particulars) {
    MemorySegment[] pages = new MemorySegment[Math.ceilDiv(to, pageSize)];
    long plane = type.bytes((long) pageSize * headDim);
    for (int i = 0; i < pages.length; i++) {
      pages[i] = Native.guarded(arena, 2 * plane);
      Tensor values = random(pageSize, headDim);
      scalar.quantize(type, values.data(), 0, pages[i], plane, pageSize * headDim);
      for (int slot = 0; slot < pageSize; slot++) {
        KeyPage.store(type, random(1, headDim).data(), 0, headDim, pages[i], 0, pageSize, slot);
      }
    }
    Tensor query = random(heads, headDim);
    float[][] results = new float[2][];
    float[][] weights = new float[2][];
    for (int i = 0; i < 2; i++) {
      Tensor out = like(query);
      Tensor seen = Tensor.zeros(Arena.ofAuto(), heads, to);
      AttentionJob job = new AttentionJob();
      job.query = query.data();
      job.out = out.data();
      job.weights = seen.data();
      job.weightsStride = to;
      job.numHeads = heads;
      job.headDim = headDim;
      job.pages = pages;
      job.pageSize = pageSize;
      job.valueOffset = plane;
      job.type = type;
      job.from = from;
      job.to = to;
      job.scale = 0.1f;
      particulars.accept(job);
      (i == 0 ? scalar : tier).attend(job, workspace);
      results[i] = out.toArray();
      weights[i] = seen.toArray();
    }
    assertArrayEquals(results[0], results[1]);
    assertArrayEquals(weights[0], weights[1]);
    double sum = 0;
    for (float w : weights[0]) {
      sum += w;
    }
    freeOperands();
    return sum;
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
