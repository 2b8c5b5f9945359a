package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import dev.kawi.weights.AdapterFile.Change;
import dev.kawi.weights.AdapterFile.Kind;
import dev.kawi.weights.HuggingFaceFamily.Layout;
import dev.kawi.weights.HuggingFaceFamily.Trait;
import dev.kawi.weights.PublishedLayout.Laid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

// How it works. What a conversion does to the rows of W it does to the rows of B, since W + B A is
// converted as a whole, and what it does to the columns of W to the columns of A. So B goes through
// the layout of the weight that it changes, under that weight's name. Two orders of the rows of
// query and key remain: halves of a head, as publishers have them, and neighbours, as GGUF has
// them; a base model has either, whatever file the adapter came from.

/// How a low-rank change lies as the base model's weights lie: the third place, after
/// [HuggingFaceFamily] and [PublishedLayout], that knows both layouts. Source of the value heads:
/// `_reorder_v_heads` in llama.cpp's conversion of Qwen3.5.
final class AdapterLayout {
  /// The rows of a query or key head.
  private enum Order {
    HALVES,
    NEIGHBOURS
  }

  /// The value heads of a gated delta net: all of one key head side by side, or one of each key
  /// head, then the next of each.
  private enum ValueHeads {
    GROUPED,
    TILED
  }

  private final Metadata base;
  private final String architecture;
  private final Order ofBase;
  private final ValueHeads valuesOfBase;

  /// The layout of a base model.
  AdapterLayout(Metadata base) {
    this.base = base;
    this.architecture =
        base.string("general.architecture")
            .orElseThrow(
                () -> new ModelFormatException("adapter: the model does not say its architecture"));
    this.ofBase = base.has(HuggingFaceFolder.ROPE_LAYOUT) ? Order.HALVES : Order.NEIGHBOURS;
    boolean tiled = architecture.startsWith("qwen35") && !base.has(HuggingFaceFolder.VALUE_HEADS);
    this.valuesOfBase = tiled ? ValueHeads.TILED : ValueHeads.GROUPED;
  }

  /// The architecture of the base model.
  String architecture() {
    return architecture;
  }

  /// A change in the layout of GGUF as one of the base model's.
  Change ofGguf(Change change) {
    boolean tiled = architecture.startsWith("qwen35");
    return withValues(
        ordered(change, Order.NEIGHBOURS), tiled ? ValueHeads.TILED : ValueHeads.GROUPED);
  }

  /// A change of a publisher's module as changes of the base model's tensors.
  List<Change> published(String module, Change change) {
    for (HuggingFaceFamily family : HuggingFaceFamily.ofArchitecture(architecture)) {
      Optional<String> name = family.ggufName(module + ".weight");
      if (name.isPresent()) {
        return published(family, name.get(), change);
      }
    }
    throw new ModelFormatException(
        "adapter: %s is changed, which is no module of the architecture %s; was the adapter made for this model?"
            .formatted(module, architecture));
  }

  private List<Change> published(HuggingFaceFamily family, String name, Change change) {
    if (change.kind() == Kind.TABLE) {
      return List.of(change.with(plain(name), change.b()));
    }
    if (family.layout() == Layout.UNIT_ROWS_OF_BAICHUAN2 && name.equals("output.weight")) {
      throw new ModelFormatException(
          "adapter: LoRA of the head of Baichuan, whose rows are scaled to length 1, is not served");
    }
    Tensor b = change.b();
    List<Long> shape = List.of((long) b.rows(), (long) b.cols());
    PublishedLayout layout = new PublishedLayout(family, base, Arena.ofAuto());
    return layout.rowsInGguf(new Laid(name, StorageType.F32, shape, b::data)).stream()
        .map(laid -> change.with(plain(laid.name()), tensor(laid)))
        .map(laid -> ordered(laid, family.has(Trait.ROPE_OF_HALVES) ? Order.HALVES : ofBase))
        .map(laid -> withValues(laid, ValueHeads.GROUPED))
        .toList();
  }

  /// With the value heads of gated delta nets in the base model's order: in rows of B, and of the
  /// output projection in columns of A.
  private Change withValues(Change change, ValueHeads order) {
    if (order == valuesOfBase) {
      return change;
    }
    int keyHeads = size("ssm.group_count");
    int heads = size("ssm.time_step_rank");
    int width = heads < 1 ? 0 : size("ssm.inner_size") / heads;
    String tensor = change.tensor();
    return switch (tensor.substring(tensor.lastIndexOf('.') + 1)) {
      case "attn_qkv" -> {
        int from = 2 * keyHeads * size("ssm.state_size");
        yield change.with(tensor, withValues(change.b(), from, keyHeads, heads, width));
      }
      case "attn_gate" -> change.with(tensor, withValues(change.b(), 0, keyHeads, heads, width));
      case "ssm_alpha", "ssm_beta" ->
          change.with(tensor, withValues(change.b(), 0, keyHeads, heads, 1));
      case "ssm_out" -> {
        Tensor columns = withValues(change.a().transposed(), 0, keyHeads, heads, width);
        yield new Change(tensor, change.kind(), columns.transposed(), change.b(), change.scale());
      }
      default -> change;
    };
  }

  /// Rows from `from` on, `width` for each value head, in the base model's order.
  private Tensor withValues(Tensor rows, int from, int keyHeads, int heads, int width) {
    if (keyHeads < 1 || heads % keyHeads != 0 || rows.rows() != from + (long) heads * width) {
      throw new ModelFormatException(
          "adapter: %d rows cannot be those of %d value heads of %d behind %d others; was the adapter made for this model?"
              .formatted(rows.rows(), heads, width, from));
    }
    Tensor ordered = Tensor.zeros(Arena.ofAuto(), rows.rows(), rows.cols());
    MemorySegment.copy(rows.data(), 0, ordered.data(), 0, rows.data().byteSize());
    int group = heads / keyHeads;
    long bytes = (long) width * rows.cols() * Float.BYTES;
    long start = (long) from * rows.cols() * Float.BYTES;
    for (int key = 0; key < keyHeads; key++) {
      for (int i = 0; i < group; i++) {
        long grouped = start + (key * group + i) * bytes;
        long tiled = start + (i * keyHeads + key) * bytes;
        switch (valuesOfBase) {
          case TILED -> MemorySegment.copy(rows.data(), grouped, ordered.data(), tiled, bytes);
          case GROUPED -> MemorySegment.copy(rows.data(), tiled, ordered.data(), grouped, bytes);
        }
      }
    }
    return ordered;
  }

  private static Tensor tensor(Laid laid) {
    int rows = Math.toIntExact(laid.shape().getFirst());
    return new Tensor(laid.data().get(), rows, Math.toIntExact(laid.shape().getLast()));
  }

  private static String plain(String name) {
    return name.endsWith(".weight") ? name.substring(0, name.length() - 7) : name;
  }

  /// With the rows of queries and keys in the base model's order.
  private Change ordered(Change change, Order order) {
    if (order == ofBase) {
      return change;
    }
    int heads = size("attention.head_count");
    int kvHeads = base.integer(key("attention.head_count_kv")).orElse(heads);
    String tensor = change.tensor();
    String last = tensor.substring(tensor.lastIndexOf('.') + 1);
    return switch (last) {
      case "attn_q" -> change.with(tensor, ordered(change, heads, heads));
      case "attn_k" -> change.with(tensor, ordered(change, kvHeads, kvHeads));
      case "attn_qkv" -> change.with(tensor, ordered(change, heads + kvHeads, heads + 2 * kvHeads));
      default -> change;
    };
  }

  /// Rows of B with those of the first `turned` of `all` heads in the base model's order.
  private Tensor ordered(Change change, int turned, int all) {
    Tensor b = change.b();
    int size = all < 1 ? 0 : b.rows() / all;
    if (size < 2 || size % 2 != 0 || size * all != b.rows()) {
      throw new ModelFormatException(
          "adapter: B of %s has %d rows, expected %d heads of an even size; was the adapter made for this model?"
              .formatted(change.tensor(), b.rows(), all));
    }
    Tensor ordered = Tensor.zeros(Arena.ofAuto(), b.rows(), b.cols());
    long bytes = (long) b.cols() * Float.BYTES;
    for (int row = 0; row < b.rows(); row++) {
      int head = row / size;
      int to = head < turned ? head * size + place(row % size, size) : row;
      MemorySegment.copy(b.data(), row * bytes, ordered.data(), to * bytes, bytes);
    }
    return ordered;
  }

  /// Where row i of a head of the other order is in the base model's.
  private int place(int i, int size) {
    return switch (ofBase) {
      case NEIGHBOURS -> i % (size / 2) * 2 + i / (size / 2);
      case HALVES -> i % 2 * (size / 2) + i / 2;
    };
  }

  private int size(String ending) {
    return base.integer(key(ending))
        .orElseThrow(() -> new ModelFormatException("adapter: the model has no " + key(ending)));
  }

  private String key(String ending) {
    return architecture + "." + ending;
  }
}
