package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import dev.kawi.weights.AdapterFile.Change;
import dev.kawi.weights.AdapterFile.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// LoRA as PEFT saves it: `adapter_config.json` and `adapter_model.safetensors`, or
/// `adapter_model.bin`. Tensors are called `base_model.model.MODULE.lora_A.weight` [rank, in] and
/// `...lora_B.weight` [out, rank]; those of embeddings `...lora_embedding_A` [rank, vocabSize] and
/// `...lora_embedding_B` [hiddenSize, rank]. Where modules are targeted whose weights are [in, out]
/// (`fan_in_fan_out`), A and B are the same, and only their product is turned. Source:
/// `utils/save_and_load.py` and `tuners/lora/layer.py` of PEFT.
final class PeftFolder {
  private static final Pattern NAME =
      Pattern.compile("(.{1,500})\\.lora_(embedding_)?([AB])(\\.weight)?");
  private static final List<String> FILES =
      List.of("adapter_model.safetensors", "adapter_model.bin");

  private final Path folder;
  private final AdapterLayout layout;
  private final PeftConfig config;
  private final Map<String, Halves> modules = new LinkedHashMap<>();

  /// A and B of a module, as far as they were found.
  private static final class Halves {
    @Nullable Tensor a;
    @Nullable Tensor b;
    Kind kind = Kind.LINEAR;
  }

  private PeftFolder(Path folder, AdapterLayout layout) throws IOException {
    this.folder = folder.toAbsolutePath().normalize();
    this.layout = layout;
    this.config = PeftConfig.read(this.folder);
  }

  /// Reads a folder.
  static AdapterFile read(Path folder, AdapterLayout layout) throws IOException {
    return new PeftFolder(folder, layout).read();
  }

  private AdapterFile read() throws IOException {
    Path weights =
        FILES.stream()
            .map(folder::resolve)
            .filter(Files::isRegularFile)
            .findFirst()
            .orElseThrow(() ->
                new ModelFormatException(
                    "adapter: %s has neither %s; was it downloaded whole?"
                        .formatted(folder, String.join(" nor ", FILES))));
    try (PublishedFile file = PublishedFile.open(weights)) {
      file.tensors().forEach(tensor -> add(file, tensor));
    }
    List<Change> changes = new ArrayList<>();
    modules.forEach((module, halves) -> changes.addAll(changes(module, halves)));
    return new AdapterFile(String.valueOf(folder.getFileName()), changes);
  }

  private void add(PublishedFile file, PublishedFile.Stored stored) {
    String name = stored.name();
    if (name.endsWith(".base_layer.weight") || name.endsWith(".base_layer.bias")) {
      return; // of the base model, saved beside LoRA of embeddings
    }
    Matcher parts = NAME.matcher(name);
    boolean isEmbedding = parts.matches() && parts.group(2) != null;
    if (!parts.matches() || isEmbedding == (parts.group(4) != null)) {
      throw refused(name);
    }
    Tensor matrix = floats(file, stored);
    Halves halves = modules.computeIfAbsent(module(parts.group(1)), key -> new Halves());
    halves.kind = isEmbedding ? Kind.TABLE : Kind.LINEAR;
    if (parts.group(3).equals("A")) {
      halves.a = isEmbedding ? matrix.transposed() : matrix;
    } else {
      halves.b = matrix;
    }
  }

  private static ModelFormatException refused(String name) {
    if (name.contains("lora_magnitude_vector")) {
      return new ModelFormatException(
          "adapter: %s is of DoRA, which scales whole weights and cannot be served beside them; merge it into the model with PEFT (merge_and_unload) and run that"
              .formatted(name));
    }
    String what = name.endsWith(".lora_B.bias") ? "a bias (lora_bias)" : "a whole tensor";
    return new ModelFormatException(
        "adapter: %s is %s beside LoRA, as modules_to_save makes it, which is not served; merge it into the model with PEFT (merge_and_unload) and run that"
            .formatted(name, what));
  }

  private static Tensor floats(PublishedFile file, PublishedFile.Stored stored) {
    StorageType type =
        stored
            .type()
            .orElseThrow(() ->
                new ModelFormatException(
                    "adapter: %s of %s is stored as %s; Kawi reads F32, F16 and BF16"
                        .formatted(stored.name(), file.path(), stored.dtype())));
    if (stored.shape().contains(0L)) {
      throw new ModelFormatException(
          "adapter: %s is empty: %s".formatted(stored.name(), stored.shape()));
    }
    return AdapterFile.floats(stored.name(), type, stored.shape(), stored.data().get());
  }

  /// The name of a module in the model itself.
  private static String module(String saved) {
    String plain = saved.startsWith("base_model.model.") ? saved.substring(17) : saved;
    return plain.startsWith("model.language_model.") ? "model." + plain.substring(21) : plain;
  }

  private List<Change> changes(String module, Halves halves) {
    Tensor a = halves.a;
    Tensor b = halves.b;
    if (a == null || b == null) {
      throw new ModelFormatException(
          "adapter: %s has one of lora_A and lora_B of %s; is the file complete?"
              .formatted(folder, module));
    }
    float scale = config.scale(module, b.cols());
    return layout.published(module, new Change(module, halves.kind, a, b, scale));
  }
}
