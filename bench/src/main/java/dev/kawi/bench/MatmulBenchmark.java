package dev.kawi.bench;

import dev.kawi.kernel.Bf16Rows;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.Native;
import dev.kawi.kernel.PackedMatrix;
import dev.kawi.kernel.Rounded;
import dev.kawi.kernel.RoundedRows;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.kernel.Workspace;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The product of a matrix of [rows, cols] and some tokens. Each call takes another matrix of a set
/// that is larger than the caches, as the layers of a model are.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@State(Scope.Benchmark)
public class MatmulBenchmark {
  /// Rows of the matrix: the feed-forward layer of Qwen2.5-0.5B, rounded to whole blocks.
  static final int ROWS = 4864;

  /// Columns of the matrix.
  static final int COLS = 1024;

  private static final long SET_BYTES = 256L << 20;

  /// The tier: scalar, vector or generated.
  @Param({"vector", "generated"})
  public String kernels = "generated";

  /// How the matrix is stored.
  @Param({"Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q4_K", "Q5_K", "Q6_K", "F16", "BF16", "F32"})
  public String type = "Q8_0";

  /// Tokens: 1 for generation, 512 for a prompt.
  @Param({"1", "32", "512"})
  public int tokens = 1;

  /// Threads of the team.
  @Param({"1", "2"})
  public int threads = 1;

  private final List<PackedMatrix> matrices = new ArrayList<>();
  private @Nullable Arena arena;
  private @Nullable ThreadTeam team;
  private @Nullable Kernels tier;
  private @Nullable Tensor x;
  private @Nullable Tensor y;
  private @Nullable Rounded rounded;
  private int next;

  /// Makes the matrices.
  @Setup(Level.Trial)
  @SuppressWarnings("MustBeClosedChecker") // close() does
  public void open() {
    System.setProperty("kawi.kernels", kernels);
    Kernels chosen = KernelProvider.choose().kernels();
    Arena memory = Arena.ofShared();
    SplittableRandom random = new SplittableRandom(1);
    StorageType storage = StorageType.valueOf(type);
    long bytes = storage.bytes(COLS) * ROWS;
    for (long made = 0; made < SET_BYTES; made += bytes) {
      matrices.add(matrix(chosen, storage, bytes, memory, random));
    }
    Tensor rows = Tensor.zeros(memory, tokens, COLS);
    for (int t = 0; t < tokens; t++) {
      for (int k = 0; k < COLS; k++) {
        rows.set(t, k, (float) random.nextGaussian());
      }
    }
    Rounded records =
        storage == StorageType.BF16
            ? Bf16Rows.allocate(memory, tokens, COLS)
            : RoundedRows.allocate(memory, tokens, COLS);
    chosen.round(rows, records, 0, tokens, new Workspace());
    arena = memory;
    tier = chosen;
    x = rows;
    rounded = records;
    y = Tensor.zeros(memory, tokens, ROWS);
    team = new ThreadTeam(threads);
  }

  /// Bytes that are small numbers in every type.
  private static PackedMatrix matrix(
      Kernels kernels, StorageType type, long bytes, Arena arena, SplittableRandom random) {
    MemorySegment data = arena.allocate(bytes, 64);
    data.fill((byte) (0x11 + random.nextInt(4)));
    Matrix matrix = new Matrix(type, ROWS, COLS, data);
    if (!kernels.packs(type)) {
      return PackedMatrix.stored(matrix);
    }
    MemorySegment packed = Native.allocatePages(arena, PackedMatrix.packedBytes(matrix));
    kernels.pack(matrix, packed, 0, (int) PackedMatrix.groups(matrix), new Workspace());
    return new PackedMatrix(matrix, packed);
  }

  /// One product.
  @Benchmark
  public @Nullable Tensor matmul() {
    PackedMatrix w = matrices.get(next++ % matrices.size());
    ThreadTeam workers = team;
    Kernels kernels = tier;
    Tensor in = x;
    Tensor out = y;
    if (workers == null || kernels == null || in == null || out == null) {
      throw new IllegalStateException("Bug: the benchmark is not open");
    }
    Rounded records = rounded;
    workers.run(
        ROWS / Kernels.GROUP_ROWS,
        1,
        (from, to, worker) ->
            kernels.matmul(
                w,
                in,
                records,
                null,
                out,
                from * Kernels.GROUP_ROWS,
                to * Kernels.GROUP_ROWS,
                workers.workspace(worker)));
    return out;
  }

  /// Frees the matrices.
  @TearDown(Level.Trial)
  public void close() {
    if (team != null && arena != null) {
      team.close();
      arena.close();
    }
  }
}
