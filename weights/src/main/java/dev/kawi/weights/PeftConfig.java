package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

// How it works. PEFT adds fields with every version. Those that change nothing of what is computed
// are listed; any other that is set is refused by its name, so that nothing is left out silently.

/// The `adapter_config.json` of PEFT: the scale of each module, or why the adapter is not served.
/// Source: `LoraConfig` (`tuners/lora/config.py`) of PEFT.
final class PeftConfig {
  private static final String FILE = "adapter_config.json";

  /// Fields that say how an adapter was made or to what it belongs, which its tensors tell, too.
  private static final Set<String> OF_NO_EFFECT =
      Set.of(
          "alpha_pattern",
          "auto_mapping",
          "base_model_name_or_path",
          "bias",
          "corda_config",
          "eva_config",
          "exclude_modules",
          "fan_in_fan_out",
          "inference_mode",
          "init_lora_weights",
          "layers_pattern",
          "layers_to_transform",
          "loftq_config",
          "lora_alpha",
          "lora_dropout",
          "lora_ga_config",
          "megatron_core",
          "peft_type",
          "peft_version",
          "qalora_group_size",
          "r",
          "rank_pattern",
          "revision",
          "runtime_config",
          "target_modules",
          "task_type",
          "use_rslora",
          "velora_config");

  /// Ways to begin that leave the weights of the base model alone.
  private static final Set<String> INITIALIZATIONS =
      Set.of("true", "false", "gaussian", "eva", "orthogonal", "mica");

  private static final int MAX_PATTERNS = 10_000;
  private static final int MAX_PATTERN = 500;

  /// Patterns that are names, or ends of names: PEFT compares them as regular expressions.
  private static final Pattern PLAIN = Pattern.compile("\\^?(?:[A-Za-z0-9_.-]|\\\\\\.)+\\$?");

  private final HuggingFaceConfig config;
  private final double alpha;
  private final int rank;
  private final boolean rankStabilized;

  private PeftConfig(HuggingFaceConfig config) {
    this.config = config;
    String type = config.text("peft_type").orElse("LORA");
    if (!type.equals("LORA")) {
      throw config.wrong("peft_type", "is %s; LORA is served".formatted(type));
    }
    rank = config.needed("r");
    alpha = config.number("lora_alpha").orElseThrow(() -> config.wrong("lora_alpha", "is missing"));
    rankStabilized = config.isOn("use_rslora");
    refuse();
  }

  /// Reads the file of a folder.
  static PeftConfig read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new ModelFormatException(
          "adapter: %s has no %s; is it the folder of an adapter?".formatted(folder, FILE));
    }
    return new PeftConfig(new HuggingFaceConfig(file, PublishedJson.read(file)));
  }

  private void refuse() {
    if (config.isOn("use_dora")) {
      throw config.wrong(
          "use_dora",
          "is true: DoRA scales whole weights and cannot be served beside them; merge it into the model with PEFT (merge_and_unload) and run that");
    }
    if (isSet("modules_to_save")) {
      throw config.wrong(
          "modules_to_save",
          "names modules that were trained whole, which are not served; merge them into the model with PEFT (merge_and_unload) and run that");
    }
    if (!config.text("bias").orElse("none").equals("none")) {
      throw config.wrong("bias", "is %s, served is none".formatted(config.root().get("bias")));
    }
    String initialization = config.root().path("init_lora_weights").asString("true");
    if (!INITIALIZATIONS.contains(initialization)) {
      throw config.wrong(
          "init_lora_weights",
          "is \"%s\", which changes the weights of the base model; convert it to LoRA with PEFT (path_initial_model_for_weight_conversion)"
              .formatted(initialization));
    }
    for (String key : List.of("rank_pattern", "alpha_pattern")) {
      if (config.root().path(key).size() > MAX_PATTERNS) {
        throw config.wrong(key, "has more than %d patterns".formatted(MAX_PATTERNS));
      }
    }
    for (String key : config.root().propertyNames()) {
      if (!OF_NO_EFFECT.contains(key) && isSet(key)) {
        throw config.wrong(key, "is %s, which is not served".formatted(config.root().get(key)));
      }
    }
  }

  /// Whether a field says anything.
  private boolean isSet(String key) {
    JsonNode node = config.root().path(key);
    return switch (node.getNodeType()) {
      case MISSING, NULL -> false;
      case BOOLEAN -> node.booleanValue();
      case ARRAY, OBJECT -> !node.isEmpty();
      default -> true;
    };
  }

  /// The factor on the product of a module.
  ///
  /// @param found the rank of its matrices
  float scale(String module, int found) {
    double expected = pattern("rank_pattern", module).orElse((double) rank);
    if (found != expected) {
      throw config.wrong(
          "r", "gives %s the rank %s, its matrices have %d".formatted(module, expected, found));
    }
    double numerator = pattern("alpha_pattern", module).orElse(alpha);
    return (float) (numerator / (rankStabilized ? Math.sqrt(found) : found));
  }

  /// What the first pattern that fits a module says.
  private Optional<Double> pattern(String key, String module) {
    for (var entry : config.root().path(key).properties()) {
      if (fits(key, entry.getKey(), module)) {
        if (!entry.getValue().isNumber()) {
          throw config.wrong(key, "holds %s, expected a number".formatted(entry.getValue()));
        }
        return Optional.of(entry.getValue().doubleValue());
      }
    }
    return Optional.empty();
  }

  private boolean fits(String key, String pattern, String module) {
    if (pattern.length() > MAX_PATTERN || !PLAIN.matcher(pattern).matches()) {
      throw config.wrong(
          key, "has the pattern \"%s\"; names and their ends are served".formatted(pattern));
    }
    boolean whole = pattern.startsWith("^");
    String name = pattern.substring(whole ? 1 : 0).replace("\\.", ".").replaceFirst("\\$$", "");
    return module.equals(name) || (!whole && module.endsWith("." + name));
  }
}
