package dev.kawi.weights;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.tensor.Tensor;
import dev.kawi.weights.AdapterFile.Change;
import dev.kawi.weights.AdapterFile.Kind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// LoRA in GGUF: for each tensor that it changes NAME.lora_a [rank, in] and NAME.lora_b [out,
/// rank], of experts [experts, rank, in] and [experts, out, rank], and of the token embeddings
/// lora_a [vocabSize, rank]. The scale is alpha / rank; without alpha it is 1. Source:
/// `llama-adapter.cpp` and `convert_lora_to_gguf.py` of llama.cpp.
final class GgufAdapter {
  private static final String A = ".weight.lora_a";
  private static final String B = ".weight.lora_b";
  private static final String EMBEDDING = "token_embd";

  private final GgufFile file;
  private final AdapterLayout layout;

  private GgufAdapter(GgufFile file, AdapterLayout layout) {
    this.file = file;
    this.layout = layout;
  }

  /// Reads a file.
  static AdapterFile read(Path path, AdapterLayout layout) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      return new GgufAdapter(file, layout).read();
    }
  }

  private AdapterFile read() {
    Metadata metadata = file.metadata();
    require("general.type", "adapter");
    require("adapter.type", "lora");
    require("general.architecture", layout.architecture());
    if (metadata.has("adapter.alora.invocation_tokens")) {
      throw refused("is an activated LoRA (adapter.alora.invocation_tokens), which is not served");
    }
    float alpha = metadata.number("adapter.lora.alpha").orElse(0f);
    List<Change> changes = new ArrayList<>();
    for (TensorInfo tensor : file.tensors()) {
      if (tensor.name().endsWith(A)) {
        changes.addAll(changes(tensor, alpha));
      } else if (!tensor.name().endsWith(B)) {
        throw refused("changes %s by more than LoRA, which is not served".formatted(tensor.name()));
      } else {
        other(tensor, B, A);
      }
    }
    String name =
        metadata
            .string("general.name")
            .filter(text -> !text.isBlank())
            .orElseGet(() -> file.path().getFileName().toString());
    return new AdapterFile(name, changes);
  }

  private void require(String key, String expected) {
    Optional<String> found = file.metadata().string(key);
    if (!found.equals(Optional.of(expected))) {
      throw refused(
          "has %s %s, expected %s"
              .formatted(key, found.map(text -> "\"" + text + "\"").orElse("missing"), expected));
    }
  }

  private ModelFormatException refused(String what) {
    return new ModelFormatException("adapter: %s %s".formatted(file.path(), what));
  }

  private TensorInfo other(TensorInfo tensor, String suffix, String otherSuffix) {
    String name = tensor.name();
    String other = name.substring(0, name.length() - suffix.length()) + otherSuffix;
    return file.tensor(other)
        .orElseThrow(() -> refused("has %s and no %s; is it complete?".formatted(name, other)));
  }

  private List<Change> changes(TensorInfo a, float alpha) {
    TensorInfo b = other(a, A, B);
    String name = a.name().substring(0, a.name().length() - A.length());
    float scale = alpha == 0 ? 1 : alpha / b.cols();
    if (name.equals(EMBEDDING)) {
      return List.of(new Change(name, Kind.TABLE, matrix(a), matrix(b), scale));
    }
    if (b.shape().size() == 3) {
      return ofExperts(name, a, b, scale);
    }
    return List.of(layout.ofGguf(new Change(name, Kind.LINEAR, matrix(a), matrix(b), scale)));
  }

  private Tensor matrix(TensorInfo tensor) {
    return AdapterFile.floats(tensor.name(), tensor.type(), tensor.shape(), file.data(tensor));
  }

  /// One change for each expert; A may be one for all.
  private List<Change> ofExperts(String name, TensorInfo a, TensorInfo b, float scale) {
    long experts = b.shape().getFirst();
    if (a.shape().size() != 3 || (a.shape().getFirst() != experts && a.shape().getFirst() != 1)) {
      throw refused(
          "has %s of %s and %s of %s, expected as many experts"
              .formatted(a.name(), a.shape(), b.name(), b.shape()));
    }
    List<Change> changes = new ArrayList<>();
    for (int e = 0; e < experts; e++) {
      Tensor ofA = slice(a, a.shape().getFirst() == 1 ? 0 : e);
      changes.add(new Change(name + "." + e, Kind.LINEAR, ofA, slice(b, e), scale));
    }
    return changes;
  }

  private Tensor slice(TensorInfo stack, int index) {
    List<Long> shape = stack.shape().subList(1, 3);
    long bytes = stack.type().bytes(Math.multiplyExact(shape.getFirst(), shape.getLast()));
    MemorySegment data = file.data(stack).asSlice(index * bytes, bytes);
    return AdapterFile.floats(stack.name(), stack.type(), shape, data);
  }
}
