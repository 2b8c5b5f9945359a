package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.MetadataType;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.TensorInfo;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What can be said about a model file without running it.
///
/// @param files its files; several when it is split
/// @param format the name of the format, such as `GGUF 3`
/// @param sizeBytes the size of all files
/// @param architecture what kind of model it is, such as `llama`
/// @param name what its makers call it
/// @param parameters the number of all weights
/// @param bitsPerWeight the bytes of all tensors by the number of weights, in bits
/// @param storage how much is stored as each type, the largest share first
/// @param metadata all pairs, long arrays shortened
/// @param tensors all tensors in file order
/// @param chatTemplate the model's own Jinja template
/// @param memory what running it takes, if the file says enough
public record Inspection(
    List<String> files,
    String format,
    long sizeBytes,
    Optional<String> architecture,
    Optional<String> name,
    long parameters,
    double bitsPerWeight,
    List<Storage> storage,
    List<Entry> metadata,
    List<Tensor> tensors,
    Optional<String> chatTemplate,
    Optional<MemoryNeed> memory) {
  /// Elements of an array that are shown.
  private static final int SHOWN_ELEMENTS = 8;

  /// Copies the lists.
  public Inspection {
    files = List.copyOf(files);
    storage = List.copyOf(storage);
    metadata = List.copyOf(metadata);
    tensors = List.copyOf(tensors);
  }

  /// How much is stored as one type.
  ///
  /// @param readable whether Kawi can compute with it
  public record Storage(String type, int tensors, long parameters, long bytes, boolean readable) {}

  /// A pair of metadata.
  ///
  /// @param type its type in the file, such as `u32` or `string[512]`
  /// @param value a number, boolean or string; of an array, a list of the first elements
  public record Entry(String key, String type, Object value) {}

  /// A tensor.
  ///
  /// @param shape outermost first
  public record Tensor(String name, String type, List<Long> shape, long bytes) {
    /// Copies the shape.
    public Tensor {
      shape = List.copyOf(shape);
    }
  }

  /// Inspects a model for the context length that it was made for.
  public static Inspection of(ModelFile file) {
    return of(file, MemoryNeed.of(file));
  }

  /// Inspects a model for a context of this many tokens.
  public static Inspection of(ModelFile file, int contextLength) {
    return of(file, MemoryNeed.of(file, contextLength));
  }

  private static Inspection of(ModelFile file, Optional<MemoryNeed> memory) {
    Metadata metadata = file.metadata();
    List<Tensor> tensors = file.tensors().stream().map(Inspection::tensor).toList();
    long parameters = file.tensors().stream().mapToLong(TensorInfo::elements).sum();
    long bytes = tensors.stream().mapToLong(Tensor::bytes).sum();
    return new Inspection(
        file.paths().stream().map(Path::toString).toList(),
        file.format(),
        file.sizeBytes(),
        metadata.string("general.architecture"),
        metadata.string("general.name"),
        parameters,
        parameters == 0 ? 0 : 8.0 * bytes / parameters,
        storage(file.tensors()),
        entries(metadata),
        tensors,
        metadata.string("tokenizer.chat_template"),
        memory);
  }

  private static Tensor tensor(TensorInfo tensor) {
    return new Tensor(
        tensor.name(), tensor.typeName(), tensor.shape(), tensor.storedBytes().orElse(0));
  }

  private static List<Storage> storage(List<TensorInfo> tensors) {
    Map<String, Storage> byType = new LinkedHashMap<>();
    for (TensorInfo tensor : tensors) {
      Storage one =
          new Storage(
              tensor.typeName(),
              1,
              tensor.elements(),
              tensor.storedBytes().orElse(0),
              tensor.readable());
      byType.merge(one.type(), one, Inspection::sum);
    }
    List<Storage> shares = new ArrayList<>(byType.values());
    shares.sort(java.util.Comparator.comparingLong(Storage::bytes).reversed());
    return shares;
  }

  private static Storage sum(Storage a, Storage b) {
    return new Storage(
        a.type, a.tensors + b.tensors, a.parameters + b.parameters, a.bytes + b.bytes, a.readable);
  }

  private static List<Entry> entries(Metadata metadata) {
    List<Entry> entries = new ArrayList<>();
    metadata
        .asMap()
        .forEach((key, value) -> {
          String type = metadata.typeOf(key).map(MetadataType::toString).orElse("");
          entries.add(entry(key, type.toLowerCase(java.util.Locale.ROOT), value));
        });
    return entries;
  }

  private static Entry entry(String key, String type, Object value) {
    if (value instanceof List<?> list) {
      List<Object> shown = new ArrayList<>(list.subList(0, Math.min(SHOWN_ELEMENTS, list.size())));
      shown.replaceAll(element -> element instanceof String text ? text : "[...]");
      return new Entry(key, type + "[" + list.size() + "]", List.copyOf(shown));
    }
    if (!value.getClass().isArray()) {
      return new Entry(key, type, value);
    }
    int length = Array.getLength(value);
    List<Object> shown = new ArrayList<>();
    for (int i = 0; i < Math.min(SHOWN_ELEMENTS, length); i++) {
      shown.add(Array.get(value, i));
    }
    return new Entry(key, type + "[" + length + "]", shown);
  }
}
