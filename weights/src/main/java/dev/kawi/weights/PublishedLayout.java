package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.Dequantize;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.HuggingFaceFamily.Layout;
import dev.kawi.weights.HuggingFaceFamily.Trait;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

// How it works. A published tensor goes in and comes out as GGUF files have it: most as they are,
// some as slices of it, few as a copy. Copies are made when the bytes are asked for, so that
// opening
// a folder costs nothing.

/// How publishers store the tensors that GGUF files have in another form; a [HuggingFaceFamily]
/// says which of these forms it has. Source: `modify_tensors` in llama.cpp's conversion scripts.
final class PublishedLayout {
  /// The vocabulary by which Baichuan 2 is known; its head has rows of length 1 only when used.
  private static final int VOCABULARY_OF_BAICHUAN2 = 125696;

  /// RoBERTa counts positions from the number of its padding token, 1, and one more.
  static final int UNUSED_POSITIONS = 2;

  private final HuggingFaceFamily family;
  private final Metadata metadata;
  private final boolean headOfUnitRows;
  private final Arena arena;
  private final Map<String, Mxfp4Halves.Half> halves = new HashMap<>();

  /// A tensor under a name of GGUF.
  ///
  /// @param name the name
  /// @param type how it is stored
  /// @param shape sizes, outermost first
  /// @param data its bytes; a call may compute them
  record Laid(String name, StorageType type, List<Long> shape, Supplier<MemorySegment> data) {
    /// Copies the shape.
    Laid {
      shape = List.copyOf(shape);
    }

    TensorInfo info() {
      return new TensorInfo(name, type.ggmlId(), shape, 0, 0);
    }

    private int rows() {
      return info().rows();
    }

    private int cols() {
      return info().cols();
    }
  }

  /// The layout of a model.
  ///
  /// @param metadata its sizes
  /// @param arena where copies go
  PublishedLayout(
      HuggingFaceConfig config, HuggingFaceFamily family, Metadata metadata, Arena arena) {
    this(
        family,
        metadata,
        arena,
        family.layout() == Layout.UNIT_ROWS_OF_BAICHUAN2
            && config.integer("vocab_size").orElse(0) == VOCABULARY_OF_BAICHUAN2);
  }

  /// The layout of the rows of a model's matrices.
  PublishedLayout(HuggingFaceFamily family, Metadata metadata, Arena arena) {
    this(family, metadata, arena, false);
  }

  private PublishedLayout(
      HuggingFaceFamily family, Metadata metadata, Arena arena, boolean headOfUnitRows) {
    this.family = family;
    this.metadata = metadata;
    this.arena = arena;
    this.headOfUnitRows = headOfUnitRows;
  }

  /// A matrix whose rows are those of the weight of this name, and whose columns are something
  /// else, with rows as GGUF files have them; or several, where GGUF has several weights.
  List<Laid> rowsInGguf(Laid rows) {
    return switch (family.layout()) {
      case QKV_BY_KV_HEAD ->
          rows.name().contains(".attn_qkv.") ? List.of(ungrouped(rows)) : List.of(rows);
      case GATE_UP_HALVES, GATED_DELTA_NET -> halved(rows);
      case TRANSPOSED, GPT_OSS, NOMIC_EXPERTS, UP_AND_GATE, AS_IN_GGUF, UNIT_ROWS_OF_BAICHUAN2 ->
          List.of(rows);
    };
  }

  /// The tensor, or the tensors, as GGUF files have them.
  List<Laid> inGguf(Laid published) {
    String name = published.name();
    if (published.shape().isEmpty()) {
      return List.of(published);
    }
    if (name.endsWith("ffn_gate_inp_shexp.weight") && published.shape().getFirst() == 1) {
      return List.of(row(published));
    }
    if (family.hasNormsLessOne()
        && name.endsWith("norm.weight")
        && !name.endsWith("ssm_norm.weight")
        && published.shape().size() == 1) {
      return List.of(plusOne(published));
    }
    if (family.has(Trait.UNUSED_POSITIONS) && name.equals("position_embd.weight")) {
      return List.of(rowsFrom(published, UNUSED_POSITIONS));
    }
    if (headOfUnitRows && name.equals("output.weight")) {
      return List.of(unitRows(published));
    }
    return switch (family.layout()) {
      case QKV_BY_KV_HEAD ->
          name.contains(".attn_qkv.") ? List.of(ungrouped(published)) : List.of(published);
      case TRANSPOSED ->
          isLinearOfLayer(published) ? List.of(transposed(published)) : List.of(published);
      case GATE_UP_HALVES -> halved(published);
      case GATED_DELTA_NET -> ofDeltaNet(published);
      case GPT_OSS -> ofGptOss(published);
      case NOMIC_EXPERTS -> List.of(ofNomic(published));
      case UP_AND_GATE -> upAndGate(published);
      case AS_IN_GGUF, UNIT_ROWS_OF_BAICHUAN2 -> List.of(published);
    };
  }

  private static boolean isLinearOfLayer(Laid tensor) {
    return tensor.name().startsWith("blk.") && tensor.shape().size() == 2;
  }

  /// The rows from this one on; nothing is copied.
  private static Laid rowsFrom(Laid matrix, int from) {
    long cols = matrix.cols();
    List<Long> shape = List.of(matrix.rows() - (long) from, cols);
    long skipped = from * matrix.type().bytes(cols);
    return new Laid(
        matrix.name(), matrix.type(), shape, () -> matrix.data().get().asSlice(skipped));
  }

  /// A matrix of one row as a vector.
  private static Laid row(Laid matrix) {
    return new Laid(matrix.name(), matrix.type(), List.of(matrix.shape().getLast()), matrix.data());
  }

  private Laid plusOne(Laid norm) {
    return computed(
        norm,
        row -> {
          for (int i = 0; i < row.length; i++) {
            row[i] += 1;
          }
        });
  }

  /// Rates as -exp of what is stored, convolutions without the axis of 1 in their middle, and
  /// experts one by one.
  private List<Laid> ofDeltaNet(Laid tensor) {
    if (tensor.name().endsWith(".ssm_a")) {
      return List.of(
          computed(
              tensor,
              row -> {
                for (int i = 0; i < row.length; i++) {
                  row[i] = (float) -StrictMath.exp(row[i]);
                }
              }));
    }
    List<Long> sizes = tensor.shape();
    if (tensor.name().endsWith(".ssm_conv1d.weight") && sizes.size() == 3) {
      if (sizes.get(1) != 1) {
        throw wrong(tensor, "[channels, 1, kernel]");
      }
      List<Long> shape = List.of(sizes.getFirst(), sizes.getLast());
      return List.of(new Laid(tensor.name(), tensor.type(), shape, tensor.data()));
    }
    return halved(tensor);
  }

  /// Each row divided by its length. Source: `NormHead` of Baichuan 2.
  private Laid unitRows(Laid matrix) {
    return computed(
        matrix,
        row -> {
          double squares = 0;
          for (float value : row) {
            squares += (double) value * value;
          }
          double length = Math.max(Math.sqrt(squares), 1e-12);
          for (int i = 0; i < row.length; i++) {
            row[i] = (float) (row[i] / length);
          }
        });
  }

  @FunctionalInterface
  private interface RowChange {
    void apply(float[] row);
  }

  /// A copy in F32 with each row changed.
  private Laid computed(Laid from, RowChange change) {
    Supplier<MemorySegment> copy =
        () -> {
          int cols = from.cols();
          long rowBytes = from.type().bytes(cols);
          MemorySegment stored = from.data().get();
          MemorySegment all = arena.allocate((long) from.rows() * cols * Float.BYTES, Float.BYTES);
          float[] row = new float[cols];
          for (long r = 0; r < from.rows(); r++) {
            Dequantize.row(from.type(), stored, r * rowBytes, MemorySegment.ofArray(row), 0, cols);
            change.apply(row);
            MemorySegment.copy(row, 0, all, ValueLayout.JAVA_FLOAT, r * cols * Float.BYTES, cols);
          }
          return all;
        };
    return new Laid(from.name(), StorageType.F32, from.shape(), copy);
  }

  // ---- rows in another order ----

  /// Query, key and value, which are stored by key-value head, as all queries, all keys, all
  /// values.
  private Laid ungrouped(Laid fused) {
    long kvHeads = size("attention.head_count_kv");
    long group = size("attention.head_count") / Math.max(1, kvHeads);
    int headDim = metadata.integer(key("attention.key_length")).orElseGet(this::usualHeadDim);
    long rows = fused.shape().getFirst();
    if (rows < 1 || rows != kvHeads * (group + 2) * headDim) {
      throw wrong(fused, "%d groups of %d heads of %d rows".formatted(kvHeads, group + 2, headDim));
    }
    long rowBytes = fused.type().bytes(fused.info().elements() / rows);
    long head = headDim * rowBytes;
    return copied(
        fused,
        fused.name(),
        fused.shape(),
        (from, to) -> {
          for (long g = 0; g < kvHeads; g++) {
            long at = g * (group + 2) * head;
            long key = kvHeads * group * head;
            MemorySegment.copy(from, at, to, g * group * head, group * head);
            MemorySegment.copy(from, at + group * head, to, key + g * head, head);
            MemorySegment.copy(from, at + (group + 1) * head, to, key + (kvHeads + g) * head, head);
          }
        });
  }

  private int usualHeadDim() {
    return size("embedding_length") / Math.max(1, size("attention.head_count"));
  }

  private int size(String ending) {
    return metadata
        .integer(key(ending))
        .orElseThrow(() -> new ModelFormatException("model: %s is missing".formatted(key(ending))));
  }

  private String key(String ending) {
    return family.architecture() + "." + ending;
  }

  private Laid transposed(Laid matrix) {
    Turn turn =
        new Turn(matrix.shape().get(0), matrix.shape().get(1), 1, matrix.type().blockBytes());
    List<Long> shape = List.of(turn.outputs(), turn.inputs());
    return copied(matrix, matrix.name(), shape, (from, to) -> turn.copy(from, 0, to, 0));
  }

  /// From [inputs, outputs * step] to [outputs, inputs], with each `step`-th output.
  private record Turn(long inputs, long outputs, long step, long bytes) {
    /// @param first the first element that is read
    /// @param start the first element that is written
    void copy(MemorySegment from, long first, MemorySegment to, long start) {
      for (long out = 0; out < outputs; out++) {
        for (long in = 0; in < inputs; in++) {
          long at = (first + (in * outputs + out) * step) * bytes;
          MemorySegment.copy(from, at, to, (start + out * inputs + in) * bytes, bytes);
        }
      }
    }
  }

  // ---- experts ----

  /// Gates and ups, which are stored one after the other for each expert, as slices.
  private static List<Laid> halved(Laid both) {
    if (!both.name().contains("ffn_gate_up_")) {
      return List.of(both);
    }
    List<Long> sizes = both.shape();
    if (sizes.size() < 2 || sizes.contains(0L) || sizes.get(sizes.size() - 2) % 2 != 0) {
      throw wrong(both, "gates and as many ups");
    }
    long inner = sizes.get(sizes.size() - 2) / 2;
    boolean one = sizes.size() == 2;
    long experts = one ? 1 : sizes.getFirst();
    long bytes = both.type().bytes(inner * sizes.getLast());
    List<Laid> slices = new ArrayList<>();
    for (long e = 0; e < experts; e++) {
      String suffix = one ? ".weight" : "." + e + ".weight";
      long at = 2 * e * bytes;
      List<Long> shape = List.of(inner, sizes.getLast());
      slices.add(slice(both, named(both, "gate", suffix), shape, at, bytes));
      slices.add(slice(both, named(both, "up", suffix), shape, at + bytes, bytes));
    }
    return slices;
  }

  /// Ups and then gates of Jina Embeddings v2 for code, as slices.
  private static List<Laid> upAndGate(Laid both) {
    if (!both.name().endsWith("ffn_up_gate.weight")) {
      return List.of(both);
    }
    List<Long> sizes = both.shape();
    if (sizes.size() != 2 || sizes.contains(0L) || sizes.getFirst() % 2 != 0) {
      throw wrong(both, "ups and as many gates");
    }
    List<Long> shape = List.of(sizes.getFirst() / 2, sizes.getLast());
    long bytes = both.type().bytes(shape.getFirst() * shape.getLast());
    return List.of(
        slice(both, both.name().replace("ffn_up_gate", "ffn_up"), shape, 0, bytes),
        slice(both, both.name().replace("ffn_up_gate", "ffn_gate"), shape, bytes, bytes));
  }

  /// Experts, whose matrices are stored in one, both as [experts * inner, hiddenSize].
  private Laid ofNomic(Laid tensor) {
    if (!tensor.name().endsWith("_exps.weight")) {
      return tensor;
    }
    long experts = size("expert_count");
    List<Long> sizes = tensor.shape();
    if (sizes.size() != 2 || sizes.getFirst() % experts != 0) {
      throw wrong(tensor, "%d experts below each other".formatted(experts));
    }
    List<Long> shape = List.of(experts, sizes.getFirst() / experts, sizes.getLast());
    Laid stack = new Laid(tensor.name(), tensor.type(), shape, tensor.data());
    return tensor.name().contains("ffn_down_") ? everyOther(stack, stack.name(), 0, 1) : stack;
  }

  private static Laid slice(Laid all, String name, List<Long> shape, long at, long bytes) {
    return new Laid(name, all.type(), shape, () -> all.data().get().asSlice(at, bytes));
  }

  /// The name of a half of `ffn_gate_up_*.weight`.
  private static String named(Laid both, String half, String suffix) {
    String name = both.name().replace("ffn_gate_up_", "ffn_" + half + "_");
    return name.substring(0, name.lastIndexOf('.')) + suffix;
  }

  private List<Laid> ofGptOss(Laid tensor) {
    String name = tensor.name();
    if (name.endsWith("ffn_down_exps.weight")) {
      return List.of(everyOther(tensor, name, 0, 1));
    }
    if (name.endsWith("ffn_gate_up_exps.weight")) {
      return List.of(
          everyOther(tensor, named(tensor, "gate", ".weight"), 0, 2),
          everyOther(tensor, named(tensor, "up", ".weight"), 1, 2));
    }
    if (name.endsWith("ffn_gate_up_exps.bias") && tensor.shape().size() == 2) {
      Laid rows = new Laid(name, tensor.type(), withOne(tensor.shape()), tensor.data());
      return List.of(
          bias(everyOther(rows, named(tensor, "gate", ".bias"), 0, 2)),
          bias(everyOther(rows, named(tensor, "up", ".bias"), 1, 2)));
    }
    return List.of(tensor);
  }

  /// [experts, size] as [experts, 1, size].
  private static List<Long> withOne(List<Long> shape) {
    return List.of(shape.getFirst(), 1L, shape.getLast());
  }

  /// [experts, size, 1] as [experts, size].
  private static Laid bias(Laid tensor) {
    return new Laid(tensor.name(), tensor.type(), tensor.shape().subList(0, 2), tensor.data());
  }

  /// The matrices [experts, inputs, outputs * step] as [experts, outputs, inputs], with each
  /// `step`-th output from `first` on.
  private Laid everyOther(Laid stack, String name, long first, long step) {
    List<Long> sizes = stack.shape();
    if (sizes.size() != 3 || sizes.getLast() % step != 0) {
      throw wrong(stack, "[experts, inputs, %s outputs]".formatted(step == 1 ? "" : "2 *"));
    }
    Turn turn = new Turn(sizes.get(1), sizes.get(2) / step, step, stack.type().blockBytes());
    List<Long> shape = List.of(sizes.getFirst(), turn.outputs(), turn.inputs());
    return copied(
        stack,
        name,
        shape,
        (from, to) -> {
          for (long e = 0; e < sizes.getFirst(); e++) {
            long expert = e * turn.inputs() * turn.outputs();
            turn.copy(from, expert * step + first, to, expert);
          }
        });
  }

  // ---- experts in MXFP4 ----

  /// Whether a tensor is one of two that make a tensor in MXFP4.
  static boolean isPacked(String name) {
    return name.endsWith(".blocks") || name.endsWith(".scales");
  }

  /// The tensors of levels and scales in MXFP4, once both are there.
  List<Laid> packed(String name, List<Long> shape, MemorySegment data) {
    Mxfp4Halves.Half half = new Mxfp4Halves.Half(name, shape, data);
    Mxfp4Halves.Half other = halves.putIfAbsent(half.tensor(), half);
    return other == null ? List.of() : Mxfp4Halves.of(half, other).tensors(arena);
  }

  // ---- copies ----

  @FunctionalInterface
  private interface Copy {
    void apply(MemorySegment from, MemorySegment to);
  }

  private Laid copied(Laid from, String name, List<Long> shape, Copy copy) {
    return new Laid(
        name,
        from.type(),
        shape,
        () -> {
          long elements = shape.stream().reduce(1L, Math::multiplyExact);
          MemorySegment to = arena.allocate(from.type().bytes(elements), Long.BYTES);
          copy.apply(from.data().get(), to);
          return to;
        });
  }

  private static ModelFormatException wrong(Laid tensor, String expected) {
    return new ModelFormatException(
        "safetensors: %s is %s, expected %s; is the file complete?"
            .formatted(tensor.name(), tensor.shape(), expected));
  }
}
