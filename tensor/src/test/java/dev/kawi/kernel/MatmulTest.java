package dev.kawi.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.kernel.RandomBlocks.Kind;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The product of every storage type in every tier equals its scalar twin bit for bit, whatever the
/// size, and touches nothing beyond its operands: each ends at a page that cannot be accessed.
class MatmulTest {
  private static final int[] SIZES = {1, 2, 4, 6, 8, 13, 32, 33, 64, 100, 256, 896, 2048, 4098};

  private static final int RANDOM_PRODUCTS = 600;

  static Stream<Kernels> tiers() {
    return KernelProvider.available().stream().skip(1);
  }

  static Stream<Arguments> tiersAndTypes() {
    return tiers().flatMap(t -> Stream.of(StorageType.values()).map(s -> Arguments.of(t, s)));
  }

  private final SplittableRandom random = new SplittableRandom(5);

  @ParameterizedTest
  @MethodSource("tiersAndTypes")
  void products_equalTheirScalarTwin(Kernels tier, StorageType type) {
    for (int cols : SIZES) {
      if (cols % type.blockSize() == 0) {
        for (int rows : cols > 1000 ? new int[] {16, 35} : new int[] {1, 13, 16, 33}) {
          for (int tokens : cols > 1000 ? new int[] {1, 13} : new int[] {1, 2, 3, 12, 13, 70}) {
            check(tier, type, rows, cols, tokens, Kind.NORMAL, random);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tiersAndTypes")
  void unusualWeights_equalTheirScalarTwin(Kernels tier, StorageType type) {
    for (Kind kind : Kind.values()) {
      check(tier, type, 20, 256, 5, kind, random);
    }
  }

  @ParameterizedTest
  @MethodSource("tiersAndTypes")
  void unalignedWeights_areRead(Kernels tier, StorageType type) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix w = RandomBlocks.matrix(arena, type, 17, 256, Kind.NORMAL, random);
      MemorySegment odd = Native.guarded(arena, w.data().byteSize() + 1);
      MemorySegment.copy(w.data(), 0, odd, 0, w.data().byteSize());
      Matrix shifted = new Matrix(type, 17, 256, odd.asSlice(0, w.data().byteSize()));
      Tensor x = activations(arena, 3, 256, Kind.NORMAL, random);
      assertArrayEquals(
          product(new ScalarKernels(), w, x, null, 0, arena),
          product(tier, shifted, x, null, 16, arena));
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void rounding_equalsItsScalarTwin(Kernels tier) {
    for (Kind kind : Kind.values()) {
      Tensor x = activations(Arena.ofAuto(), 5, 320, kind, random);
      assertRoundedAlike(tier, x);
    }
    Tensor odd = activations(Arena.ofAuto(), 1, 32 * 4, Kind.NORMAL, random);
    odd.set(0, 3, Float.NaN);
    odd.set(0, 40, Float.NEGATIVE_INFINITY);
    for (int k = 64; k < 96; k++) {
      odd.set(0, k, (k - 80) * 0.5f); // ties
    }
    for (int k = 96; k < 128; k++) {
      odd.set(0, k, 1e-31f);
    }
    assertScalesAlike(tier, odd);
  }

  private static void assertRoundedAlike(Kernels tier, Tensor x) {
    assertArrayEquals(bytes(round(new ScalarKernels(), x)), bytes(round(tier, x)));
  }

  /// Levels of blocks that are not finite mean nothing.
  private static void assertScalesAlike(Kernels tier, Tensor x) {
    RoundedRows expected = round(new ScalarKernels(), x);
    RoundedRows actual = round(tier, x);
    for (int block = 0; block < 4; block++) {
      assertEquals(
          expected.f32(0, block, RoundedRows.SCALE), actual.f32(0, block, RoundedRows.SCALE));
      assertEquals(block < 2, Float.isNaN(actual.f32(0, block, RoundedRows.SCALE)));
    }
    for (int k = 64; k < 128; k++) {
      assertEquals(expected.level(0, k), actual.level(0, k));
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void activations_areRoundedToBf16ToNearestEven(Kernels tier) {
    int[] x = {
      0x3F800000, 0x3F808000, 0x3F818000, 0x3F808001, 0xBF808001, 0x7F7FFFFF, 0x00400000,
      0x80000001, 0, 0x00800000, 0x7F800000, 0xFF800000, 0x7FC00001, 0x3DCCCCCD
    };
    int[] expected = {
      0x3F80, 0x3F80, 0x3F82, 0x3F81, 0xBF81, 0x7F80, 0, 0, 0, 0x0080, 0x7F80, 0xFF80, 0x7FC0,
      0x3DCD
    };
    int cols = 45;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment identity = arena.allocate(2L * cols * cols);
      Tensor diagonal = Tensor.zeros(arena, cols, cols);
      for (int k = 0; k < cols; k++) {
        identity.setAtIndex(ValueLayout.JAVA_SHORT, (long) k * cols + k, (short) 0x3F80);
        diagonal.set(k, k, Float.intBitsToFloat(x[k % x.length]));
      }
      Matrix w = new Matrix(StorageType.BF16, cols, cols, identity);
      float[] y = product(tier, w, diagonal, null, 16, arena);
      for (int k = 0; k < cols; k++) {
        float wanted = Float.intBitsToFloat(expected[k % x.length] << 16);
        assertEquals(wanted, y[k * cols + k], tier.name() + " " + k);
      }
    }
  }

  private static byte[] bytes(RoundedRows rows) {
    return rows.data().toArray(ValueLayout.JAVA_BYTE);
  }

  @ParameterizedTest
  @MethodSource("tiersAndTypes")
  void packing_equalsItsScalarTwin(Kernels tier, StorageType type) {
    if (tier.packs(type)) {
      try (Arena arena = Arena.ofConfined()) {
        Matrix w = RandomBlocks.matrix(arena, type, 48, 768, Kind.NORMAL, random);
        MemorySegment expected = Native.guarded(arena, PackedMatrix.packedBytes(w));
        MemorySegment actual = Native.guarded(arena, PackedMatrix.packedBytes(w));
        PackedMatrix.pack(w, expected, 0, 3);
        tier.pack(w, actual, 0, 1, new Workspace());
        tier.pack(w, actual, 1, 3, new Workspace());
        assertEquals(-1, expected.mismatch(actual));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyKindOfWeight_isExpandedByTheSameScales(StorageType type) {
    if (BlockLayout.isPacked(type)) {
      try (Arena arena = Arena.ofConfined()) {
        Matrix w = RandomBlocks.matrix(arena, type, 1, 256, Kind.NORMAL, random);
        Tensor one = Tensor.zeros(arena, 1, 256);
        int k = random.nextInt(256);
        one.set(0, k, 127f);
        float[] row = new float[256];
        Dequantize.row(type, w.data(), 0, MemorySegment.ofArray(row), 0, 256);
        Tensor y = Tensor.zeros(arena, 1, 1);
        ScalarKernels scalar = new ScalarKernels();
        scalar.matmul(
            PackedMatrix.stored(w), one, round(scalar, one), null, y, 0, 1, new Workspace());
        assertEquals(row[k] * 127, y.get(0, 0), Math.abs(row[k]) * 1e-4f, type + " " + k);
      }
    }
  }

  /// Random shapes, types, kinds and splits.
  @ParameterizedTest
  @MethodSource("tiers")
  void randomProducts_equalTheirScalarTwin(Kernels tier) {
    SplittableRandom choice = new SplittableRandom(2026);
    for (int i = 0; i < RANDOM_PRODUCTS; i++) {
      StorageType type = pick(StorageType.values(), choice);
      int cols = type.blockSize() * (1 + choice.nextInt(Math.max(2, 700 / type.blockSize())));
      Kind kind = pick(Kind.values(), choice);
      check(tier, type, 1 + choice.nextInt(70), cols, 1 + choice.nextInt(40), kind, choice);
    }
  }

  private static <T> T pick(T[] all, SplittableRandom choice) {
    return all[choice.nextInt(all.length)];
  }

  static void check(
      Kernels tier,
      StorageType type,
      int rows,
      int cols,
      int tokens,
      Kind kind,
      SplittableRandom random) {
    try (Arena arena = Arena.ofConfined()) {
      Matrix w = RandomBlocks.matrix(arena, type, rows, cols, kind, random);
      Tensor x = activations(arena, tokens, cols, kind, random);
      Tensor bias = random.nextBoolean() ? activations(arena, 1, rows, kind, random) : null;
      int split = rows <= 16 ? 0 : 16 * random.nextInt(rows / 16 + 1);
      float[] expected = product(new ScalarKernels(), w, x, bias, rows, arena);
      float[] actual = product(tier, w, x, bias, split, arena);
      if (type == StorageType.BF16) {
        dropWhatMayBeLost(expected);
        dropWhatMayBeLost(actual);
      }
      assertArrayEquals(
          expected,
          actual,
          () -> "%s %s [%d, %d] x %d, %s".formatted(tier.name(), type, rows, cols, tokens, kind));
    }
  }

  /// A product of BF16 may take terms below 2^-126 for zero.
  private static void dropWhatMayBeLost(float[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] = Math.abs(sums[i]) < 0x1p-90f ? 0 : sums[i];
    }
  }

  static Tensor activations(Arena arena, int rows, int cols, Kind kind, SplittableRandom random) {
    Tensor x = new Tensor(Native.guarded(arena, 4L * rows * cols), rows, cols);
    for (int t = 0; t < rows; t++) {
      for (int k = 0; k < cols; k++) {
        float scale = kind == Kind.DENORMAL ? 1e-33f : kind == Kind.HUGE ? 1e4f : 1;
        x.set(t, k, (float) random.nextGaussian() * scale * (k % 37 == 0 ? 20 : 1));
      }
    }
    return x;
  }

  private static RoundedRows round(Kernels kernels, Tensor x) {
    RoundedRows rounded = RoundedRows.allocate(Arena.ofAuto(), x.rows(), x.cols());
    kernels.round(x, rounded, 0, x.rows(), new Workspace());
    return rounded;
  }

  private static float[] product(
      Kernels kernels, Matrix w, Tensor x, @Nullable Tensor bias, int split, Arena arena) {
    PackedMatrix packed = PackedMatrix.stored(w);
    if (kernels.packs(w.type())) {
      long bytes = PackedMatrix.packedBytes(w);
      packed = new PackedMatrix(w, Native.guarded(arena, bytes));
      kernels.pack(w, packed.packed(), 0, (int) PackedMatrix.groups(w), new Workspace());
    }
    Rounded rounded = null;
    if (BlockLayout.isPacked(w.type())) {
      long bytes = RoundedRows.bytes(x.rows(), x.cols());
      rounded = new RoundedRows(x.rows(), x.cols(), Native.guarded(arena, bytes));
    } else if (w.type() == StorageType.BF16) {
      long bytes = Bf16Rows.bytes(x.rows(), x.cols());
      rounded = new Bf16Rows(x.rows(), x.cols(), Native.guarded(arena, bytes));
    }
    if (rounded != null) {
      kernels.round(x, rounded, 0, x.rows(), new Workspace());
    }
    Tensor y = new Tensor(Native.guarded(arena, 4L * x.rows() * w.rows()), x.rows(), w.rows());
    Workspace workspace = new Workspace();
    kernels.matmul(packed, x, rounded, bias, y, 0, split, workspace);
    kernels.matmul(packed, x, rounded, bias, y, split, w.rows(), workspace);
    return y.toArray();
  }
}
