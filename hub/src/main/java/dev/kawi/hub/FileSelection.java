package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Chooses the files of a repository that a reference means: one quantization of a GGUF repository,
/// or what a model in safetensors, or in PyTorch's own files, needs to run.
final class FileSelection {
  /// What is taken when nothing is asked for: Q4_K_M, or the nearest to it in bits that Kawi reads,
  /// of two equally near the better one.
  private static final List<String> DEFAULT_QUANTIZATIONS =
      List.of(
          "Q4_K_M", "Q4_K_XL", "Q4_K_L", "Q4_K", "Q4_1", "Q4_K_S", "Q4_0", "IQ4_NL", "IQ4_XS",
          "MXFP4", "Q5_K_S", "Q5_K_M", "Q5_K", "Q5_0", "Q5_1", "Q5_K_XL", "Q5_K_L", "Q3_K_L",
          "Q3_K_XL", "Q6_K", "Q6_K_L", "Q3_K_M", "Q3_K", "Q3_K_S", "Q2_K", "Q2_K_L", "Q8_0", "BF16",
          "F16", "F32");

  private static final Pattern SPLIT = Pattern.compile("(.*)-\\d{5}-of-\\d{5}\\.gguf");
  private static final Pattern WEIGHTS =
      Pattern.compile(
          "(?:.*/)?(?:model.*|pytorch_model.*)\\.(?:safetensors|bin)(?:\\.index\\.json)?");
  private static final Pattern COMPANION =
      Pattern.compile(
          "(?:config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens"
              + "|vocab|chat_template|preprocessor_config|configuration|quantize_config|quant_config"
              + "|quantization_config|modules|sentence_bert_config|config_sentence_transformers)\\.json"
              + "|merges\\.txt|vocab\\.txt|qwen\\.tiktoken|.*\\.model|chat_template\\.jinja|additional_chat_templates/[^/]+\\.jinja"
              + "|1_Pooling/config\\.json"
              + "|\\d_Dense/(?:config\\.json|model\\.safetensors|pytorch_model\\.bin)|LICEN[CS]E.*|README\\.md",
          Pattern.CASE_INSENSITIVE);

  private FileSelection() {}

  /// The paths among these that the reference means.
  ///
  /// @throws HubException if there is none, or more than one could be meant
  static List<String> of(ModelReference reference, List<String> paths) throws HubException {
    if (reference.file().isPresent()) {
      String file = reference.file().get();
      if (!paths.contains(file)) {
        throw missing(reference, "no file " + file, paths);
      }
      return withSplits(file, paths);
    }
    List<String> gguf = paths.stream().filter(FileSelection::isModelInGguf).toList();
    if (reference.quantization().isPresent()) {
      String wanted = reference.quantization().get();
      return quantized(wanted, gguf)
          .orElseThrow(() -> missing(reference, "no GGUF file of " + wanted, gguf));
    }
    List<String> folder = folder(paths);
    if (!folder.isEmpty()) {
      return folder;
    }
    for (String quantization : DEFAULT_QUANTIZATIONS) {
      Optional<List<String>> found = quantized(quantization, gguf);
      if (found.isPresent()) {
        return found.get();
      }
    }
    if (gguf.isEmpty()) {
      throw missing(reference, "neither GGUF files nor config.json with weights", paths);
    }
    return withSplits(gguf.getFirst(), paths);
  }

  private static HubException missing(ModelReference reference, String what, List<String> paths) {
    String there =
        String.join(", ", paths.stream().filter(p -> !p.startsWith(".")).limit(12).toList());
    return new HubException(
        Reason.NOT_FOUND,
        "%s has %s; it has %s%s"
            .formatted(reference.repository(), what, there, paths.size() > 12 ? ", ..." : ""));
  }

  private static boolean isModelInGguf(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    return name.endsWith(".gguf") && !name.startsWith("mmproj") && !name.contains("imatrix");
  }

  /// The files whose name, or folder, has this quantization between separators.
  private static Optional<List<String>> quantized(String quantization, List<String> gguf) {
    Pattern pattern =
        Pattern.compile(
            "(?:^|[-._/])" + Pattern.quote(quantization) + "(?:[-./]|$)", Pattern.CASE_INSENSITIVE);
    return gguf.stream()
        .filter(path -> pattern.matcher(path).find())
        .findFirst()
        .map(path -> withSplits(path, gguf));
  }

  /// All parts of a split file, or the file.
  private static List<String> withSplits(String path, List<String> paths) {
    Matcher split = SPLIT.matcher(path);
    if (!split.matches()) {
      return List.of(path);
    }
    String stem = split.group(1);
    return paths.stream()
        .filter(other -> {
          Matcher matcher = SPLIT.matcher(other);
          return matcher.matches() && matcher.group(1).equals(stem);
        })
        .sorted()
        .toList();
  }

  /// Weights, configuration and tokenizer of a model as its publisher ships it; PyTorch's own
  /// format only where there are no safetensors.
  private static List<String> folder(List<String> paths) {
    List<String> weights =
        paths.stream().filter(p -> !p.contains("/") && WEIGHTS.matcher(p).matches()).toList();
    boolean safe = weights.stream().anyMatch(p -> p.endsWith(".safetensors"));
    List<String> chosen = weights.stream().filter(p -> !safe || p.contains("safetensors")).toList();
    if (chosen.isEmpty() || !paths.contains("config.json")) {
      return List.of();
    }
    Stream<String> companions =
        paths.stream().filter(p -> COMPANION.matcher(p).matches() && !chosen.contains(p));
    return Stream.concat(companions, chosen.stream()).toList();
  }
}
