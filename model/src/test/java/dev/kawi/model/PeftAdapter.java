package dev.kawi.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

// How it works. PEFT's own definition is all that is used here: the weight of a module, as its
// publisher has it, becomes W + alpha / r * B A (its transpose where weights are [in, out]). So the
// merged folder knows nothing of how llama.cpp or Kawi lay out anything.

/// A random LoRA adapter of a published model, as PEFT saves it, and the model into which it is
/// merged. Source: `LoraLayer.get_delta_weight` of PEFT.
final class PeftAdapter {
  private final Path model;
  private final boolean fanInFanOut;
  private final Map<String, Written> base = new LinkedHashMap<>();
  private final Map<String, Written> merged;
  private final Map<String, Written> tensors = new LinkedHashMap<>();
  private final Map<String, Object> config = new LinkedHashMap<>();

  /// An adapter without tensors for a folder of [PublishedFolder].
  PeftAdapter(Path model) throws IOException {
    this.model = model;
    for (int part = 1; part <= 2; part++) {
      Written.read(model.resolve("model-0000%d-of-00002.safetensors".formatted(part)), base);
    }
    merged = new LinkedHashMap<>(base);
    fanInFanOut = Files.readString(model.resolve("config.json")).contains("\"gpt2\"");
    config.put("peft_type", "\"LORA\"");
    config.put("base_model_name_or_path", "\"somewhere/base\"");
    config.put("lora_alpha", 8);
    config.put("r", 4);
    config.put("fan_in_fan_out", fanInFanOut);
    config.put("bias", "\"none\"");
    config.put("modules_to_save", null);
    config.put("target_modules", "[\"q_proj\"]");
    config.put("rank_pattern", "{}");
    config.put("alpha_pattern", "{}");
    config.put("use_dora", false);
  }

  /// Sets a field of the configuration to a value in JSON.
  PeftAdapter with(String key, Object value) {
    config.put(key, value);
    return this;
  }

  /// Adds A and B of all matrices whose names this pattern finds.
  ///
  /// @param scale what the configuration makes of alpha and rank
  PeftAdapter change(String modules, int rank, float scale, long seed) {
    Pattern pattern = Pattern.compile(modules);
    base.forEach((name, weight) -> {
      if (weight.shape().size() == 2 && name.endsWith(".weight") && pattern.matcher(name).find()) {
        change(name.substring(0, name.length() - 7), weight, rank, scale, seed);
      }
    });
    return this;
  }

  private void change(String module, Written weight, int rank, float scale, long seed) {
    boolean turns = fanInFanOut && module.startsWith("h."); // PEFT leaves nn.Linear as it is
    List<Long> sizes = turns ? weight.shape().reversed() : weight.shape();
    SplittableRandom random = new SplittableRandom(seed + module.hashCode());
    Written a = random(random, rank, sizes.getLast(), 2 / Math.sqrt(sizes.getLast()));
    Written b = random(random, sizes.getFirst(), rank, 0.3);
    tensors.put("base_model.model." + module + ".lora_A.weight", a);
    tensors.put("base_model.model." + module + ".lora_B.weight", b);
    String name = module + ".weight";
    Written turned = turns ? weight.transposed() : weight;
    Written sum = turned.plus(scale, b, a);
    merged.put(name, turns ? sum.transposed() : sum);
  }

  /// Adds A and B of a table of embeddings [vocabSize, hiddenSize].
  PeftAdapter changeTable(String module, int rank, float scale, long seed) {
    Written weight = base.get(module + ".weight");
    SplittableRandom random = new SplittableRandom(seed);
    Written a = random(random, rank, weight.shape().getFirst(), 1);
    Written b = random(random, weight.shape().getLast(), rank, 0.3);
    tensors.put("base_model.model." + module + ".lora_embedding_A", a);
    tensors.put("base_model.model." + module + ".lora_embedding_B", b);
    tensors.put("base_model.model." + module + ".base_layer.weight", weight);
    merged.put(module + ".weight", weight.transposed().plus(scale, b, a).transposed());
    return this;
  }

  /// Adds a tensor that belongs to no LoRA.
  PeftAdapter add(String name, Written tensor) {
    tensors.put(name, tensor);
    return this;
  }

  /// A and B so far, by their names.
  Map<String, Written> tensors() {
    return tensors;
  }

  private static Written random(SplittableRandom random, long rows, long cols, double size) {
    float[] values = new float[Math.toIntExact(rows * cols)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (size * random.nextDouble(-1, 1));
    }
    return new Written(List.of(rows, cols), values);
  }

  /// Writes the adapter into a new folder.
  Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    StringBuilder json = new StringBuilder();
    config.forEach((key, value) ->
        json.append(json.isEmpty() ? "{" : ",").append("\"%s\":%s".formatted(key, value)));
    Files.writeString(folder.resolve("adapter_config.json"), json.append('}'));
    Written.write(folder.resolve("adapter_model.safetensors"), tensors);
    return folder;
  }

  /// Writes the model with the adapter merged into it into a new folder.
  Path writeMerged(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.copy(model.resolve("config.json"), folder.resolve("config.json"));
    Written.write(folder.resolve("model.safetensors"), merged);
    return folder;
  }
}
