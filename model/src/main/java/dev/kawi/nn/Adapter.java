package dev.kawi.nn;

import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

// How it works. An adapter never becomes a part of a model: a step says which of its sequences has
// which adapter, and the executor adds the low-rank products to the rows of those sequences. So one
// batch serves many adapters and the model as it is. What is served as one adapter may come from
// several files: a sum of products of ranks r and s is one product of rank r + s.

/// Changes of a model's linear maps that are served beside its weights (LoRA). Immutable; its
/// memory ends when nobody holds it any more, so that it can be given up while a sequence still
/// uses it.
public final class Adapter {
  /// The model as it is.
  public static final Adapter NONE = new Adapter("", Map.of(), Map.of());

  private final String name;
  private final SequencedMap<String, LowRank> linears;
  private final SequencedMap<String, LowRank.OfTable> tables;
  private final byte[] hash;

  /// An adapter of these changes.
  ///
  /// @param name what people call it
  /// @param linears by the name of the linear map
  /// @param tables by the name of the table of embeddings
  public Adapter(String name, Map<String, LowRank> linears, Map<String, LowRank.OfTable> tables) {
    this(name, sorted(linears), sorted(tables), digest(sorted(linears), sorted(tables)));
  }

  private Adapter(
      String name,
      SequencedMap<String, LowRank> linears,
      SequencedMap<String, LowRank.OfTable> tables,
      byte[] hash) {
    this.name = name;
    this.linears = linears;
    this.tables = tables;
    this.hash = hash;
  }

  private static <T> SequencedMap<String, T> sorted(Map<String, T> map) {
    return Collections.unmodifiableSequencedMap(new TreeMap<>(map));
  }

  /// What people call it.
  public String name() {
    return name;
  }

  /// The changes of linear maps, by their names.
  public SequencedMap<String, LowRank> linears() {
    return linears;
  }

  /// The changes of embeddings, by their names.
  public SequencedMap<String, LowRank.OfTable> tables() {
    return tables;
  }

  /// SHA-256 of all that it computes, whatever its name: what the keys and values of a sequence
  /// depend on beside its tokens. Empty for one that changes nothing.
  public byte[] hash() {
    return hash.clone();
  }

  @Nullable LowRank of(Linear linear) {
    return linears.get(linear.name());
  }

  LowRank.@Nullable OfTable of(Embedding table) {
    return tables.get(table.name());
  }

  /// The same under another name.
  public Adapter named(String other) {
    return new Adapter(other, linears, tables, hash);
  }

  /// The same with another strength.
  public Adapter scaled(float factor) {
    if (!Float.isFinite(factor)) {
      throw new IllegalArgumentException(
          "adapter %s: the scale must be a finite number, found %s".formatted(name, factor));
    }
    TreeMap<String, LowRank> maps = new TreeMap<>();
    linears.forEach((key, x) -> maps.put(key, new LowRank(x.a(), x.b(), factor * x.scale())));
    TreeMap<String, LowRank.OfTable> scaledTables = new TreeMap<>();
    tables.forEach(
        (key, x) -> scaledTables.put(key, new LowRank.OfTable(x.a(), x.b(), factor * x.scale())));
    return new Adapter(name, maps, scaledTables);
  }

  /// Several adapters at once, as one; [#NONE] of none.
  public static Adapter sum(List<Adapter> adapters) {
    if (adapters.size() < 2) {
      return adapters.isEmpty() ? NONE : adapters.getFirst();
    }
    TreeMap<String, List<LowRank>> maps = new TreeMap<>();
    TreeMap<String, List<LowRank.OfTable>> ofTables = new TreeMap<>();
    for (Adapter adapter : adapters) {
      adapter.linears.forEach((key, x) -> maps.computeIfAbsent(key, k -> new ArrayList<>()).add(x));
      adapter.tables.forEach(
          (key, x) -> ofTables.computeIfAbsent(key, k -> new ArrayList<>()).add(x));
    }
    TreeMap<String, LowRank> linears = new TreeMap<>();
    maps.forEach((key, all) -> linears.put(key, sumOfMaps(all)));
    TreeMap<String, LowRank.OfTable> tables = new TreeMap<>();
    ofTables.forEach((key, all) -> tables.put(key, sumOfTables(all)));
    return new Adapter(
        String.join(" + ", adapters.stream().map(Adapter::name).toList()), linears, tables);
  }

  private static LowRank sumOfMaps(List<LowRank> all) {
    return all.size() == 1
        ? all.getFirst()
        : new LowRank(
            below(all.stream().map(LowRank::a).toList()),
            beside(
                all.stream().map(LowRank::b).toList(), all.stream().map(LowRank::scale).toList()),
            1);
  }

  private static LowRank.OfTable sumOfTables(List<LowRank.OfTable> all) {
    List<Float> ones = all.stream().map(x -> 1f).toList();
    return all.size() == 1
        ? all.getFirst()
        : new LowRank.OfTable(
            beside(all.stream().map(LowRank.OfTable::a).toList(), ones),
            beside(
                all.stream().map(LowRank.OfTable::b).toList(),
                all.stream().map(LowRank.OfTable::scale).toList()),
            1);
  }

  /// Matrices in F32 one below the other.
  private static Matrix below(List<Matrix> parts) {
    int rows = parts.stream().mapToInt(Matrix::rows).sum();
    int cols = parts.getFirst().cols();
    MemorySegment all = Arena.ofAuto().allocate((long) rows * cols * Float.BYTES, 64);
    long at = 0;
    for (Matrix part : parts) {
      MemorySegment.copy(part.data(), 0, all, at, part.data().byteSize());
      at += part.data().byteSize();
    }
    return new Matrix(StorageType.F32, rows, cols, all);
  }

  /// Matrices in F32 side by side, each times its factor.
  private static Matrix beside(List<Matrix> parts, List<Float> factors) {
    int rows = parts.getFirst().rows();
    int cols = parts.stream().mapToInt(Matrix::cols).sum();
    Tensor all = Tensor.zeros(Arena.ofAuto(), rows, cols);
    int at = 0;
    for (int p = 0; p < parts.size(); p++) {
      Matrix part = parts.get(p);
      Tensor from = new Tensor(part.data(), part.rows(), part.cols());
      for (int row = 0; row < rows; row++) {
        for (int col = 0; col < part.cols(); col++) {
          all.set(row, at + col, factors.get(p) * from.get(row, col));
        }
      }
      at += part.cols();
    }
    return new Matrix(StorageType.F32, rows, cols, all.data());
  }

  /// The model with the changes added to its weights, which become F32 where they change.
  public Decoder mergedInto(Decoder decoder) {
    Decoder merged =
        decoder.map(linear -> {
          LowRank change = of(linear);
          return change == null ? linear : change.mergedInto(linear);
        });
    LowRank.OfTable change = of(decoder.embedding());
    return change == null ? merged : merged.with(change.mergedInto(decoder.embedding()));
  }

  private static byte[] digest(Map<String, LowRank> linears, Map<String, LowRank.OfTable> tables) {
    if (linears.isEmpty() && tables.isEmpty()) {
      return new byte[0];
    }
    MessageDigest sha;
    try {
      sha = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("Bug: every Java platform has SHA-256", e);
    }
    linears.forEach((key, x) -> update(sha, key, "linear", List.of(x.a(), x.b()), x.scale()));
    tables.forEach((key, x) -> update(sha, key, "table", List.of(x.a(), x.b()), x.scale()));
    return sha.digest();
  }

  private static void update(
      MessageDigest sha, String key, String kind, List<Matrix> matrices, float scale) {
    byte[] text = (kind + " " + key).getBytes(StandardCharsets.UTF_8);
    sha.update(ByteBuffer.allocate(8).putInt(text.length).putFloat(scale).array());
    sha.update(text);
    for (Matrix matrix : matrices) {
      sha.update(ByteBuffer.allocate(8).putInt(matrix.rows()).putInt(matrix.cols()).array());
      for (int row = 0; row < matrix.rows(); row++) {
        long rowBytes = matrix.rowBytes();
        sha.update(matrix.data().asSlice(row * rowBytes, rowBytes).asByteBuffer());
      }
    }
  }

  @Override
  public String toString() {
    return "Adapter[" + name + ", " + (linears.size() + tables.size()) + " changes]";
  }
}
