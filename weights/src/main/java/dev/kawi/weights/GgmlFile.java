package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// A LLaMA in one of the formats before GGUF: a magic number and perhaps a version, seven sizes,
/// the vocabulary, then tensors to the end of the file, each with dimensions (innermost first),
/// type, name and data. Query and key rows lie in interleaved rotary order, as GGUF's `llama` wants
/// them.
///
/// The file does not say the width of the MLP or the number of key-value heads: both are seen in
/// shapes of tensors. Source: `convert_llama_ggml_to_gguf.py` of ggml-org/llama.cpp.
///
/// @param name the file's, for messages
/// @param tensors by the names that Meta gave them
record GgmlFile(
    String name,
    GgmlFormat format,
    Header header,
    LlamaVocabulary vocabulary,
    Map<String, GgmlTensor> tensors) {
  private static final int MAX_SIZE = 1 << 20;
  private static final int MAX_LAYERS = 1 << 12;
  private static final int MAX_FILE_TYPE = 1 << 16;

  /// The names of the weights of a layer, Meta's and then GGUF's.
  private static final Map<String, String> LAYER_NAMES = layerNames();

  /// What the file says of itself.
  ///
  /// @param fileType how most weights are stored, by GGUF's `general.file_type`
  record Header(int vocabSize, int hiddenSize, int numHeads, int numLayers, int fileType) {
    static Header read(GgmlReader reader) {
      int vocabSize = reader.size("the number of tokens", 3, 1 << 24);
      int hiddenSize = reader.size("the width", 2, MAX_SIZE);
      reader.i32("the multiple of the MLP's width");
      int numHeads = reader.size("the number of heads", 1, MAX_SIZE);
      int numLayers = reader.size("the number of layers", 1, MAX_LAYERS);
      int rotary = reader.size("the number of rotated elements", 2, MAX_SIZE);
      int fileType = reader.size("the file type", 0, MAX_FILE_TYPE);
      if (hiddenSize % numHeads != 0 || rotary != hiddenSize / numHeads || rotary % 2 != 0) {
        throw reader.error(
            "has width %d, %d heads and %d rotated elements, which no LLaMA has; Kawi converts only LLaMAs from this format"
                .formatted(hiddenSize, numHeads, rotary));
      }
      return new Header(vocabSize, hiddenSize, numHeads, numLayers, fileType);
    }
  }

  /// A weight of the model under GGUF's name.
  record Weight(String name, GgmlTensor tensor) {}

  private static Map<String, String> layerNames() {
    Map<String, String> names = new LinkedHashMap<>();
    names.put("attention_norm", "attn_norm");
    names.put("attention.wq", "attn_q");
    names.put("attention.wk", "attn_k");
    names.put("attention.wv", "attn_v");
    names.put("attention.wo", "attn_output");
    names.put("ffn_norm", "ffn_norm");
    names.put("feed_forward.w1", "ffn_gate");
    names.put("feed_forward.w2", "ffn_down");
    names.put("feed_forward.w3", "ffn_up");
    return names;
  }

  static GgmlFile parse(MemorySegment file, String name) {
    GgmlReader reader = new GgmlReader(file, name);
    GgmlFormat format = GgmlFormat.read(reader);
    Header header = Header.read(reader);
    LlamaVocabulary vocabulary = GgmlVocabulary.read(reader, format, header.vocabSize());
    Map<String, GgmlTensor> tensors = new LinkedHashMap<>();
    while (reader.left() > 0) {
      GgmlTensor tensor = GgmlTensor.read(reader, format);
      if (tensors.put(tensor.name(), tensor) != null) {
        throw reader.error("has the tensor " + tensor.name() + " twice; is the file damaged?");
      }
    }
    return new GgmlFile(name, format, header, vocabulary, tensors);
  }

  /// The dimensions; `contextLength` is not in the file.
  LlamaSizes sizes(int contextLength) {
    return new LlamaSizes(
        header.hiddenSize(),
        rows("layers.0.feed_forward.w1.weight"),
        header.numLayers(),
        header.numHeads(),
        numKvHeads(),
        header.vocabSize(),
        contextLength,
        !tensors.containsKey("output.weight"));
  }

  private int rows(String tensor) {
    List<Long> shape = find(tensor).shape();
    return Math.toIntExact(shape.getFirst());
  }

  private int numKvHeads() {
    int headDim = header.hiddenSize() / header.numHeads();
    int rows = rows("layers.0.attention.wk.weight");
    int heads = Math.max(1, rows / headDim);
    if (heads * headDim != rows || header.numHeads() % heads != 0) {
      throw error(
          "has %d rows of keys; expected a number of heads of %d rows that divides %d heads%s"
              .formatted(rows, headDim, header.numHeads(), partHint()));
    }
    return heads;
  }

  /// All weights of the model, in GGUF's usual order, once their shapes are right.
  List<Weight> weights(LlamaSizes sizes) {
    List<Weight> weights = new ArrayList<>();
    List<Long> vocabulary = List.of((long) sizes.vocabSize(), (long) sizes.hiddenSize());
    weights.add(weight("token_embd", "tok_embeddings", vocabulary));
    weights.add(weight("output_norm", "norm", List.of((long) sizes.hiddenSize())));
    if (!sizes.tiedEmbeddings()) {
      weights.add(weight("output", "output", vocabulary));
    }
    for (int i = 0; i < sizes.numLayers(); i++) {
      String from = "layers." + i + ".";
      String to = "blk." + i + ".";
      LAYER_NAMES.forEach(
          (meta, gguf) -> weights.add(weight(to + gguf, from + meta, shape(meta, sizes))));
    }
    requireNothingElse(weights);
    return weights;
  }

  private static List<Long> shape(String name, LlamaSizes sizes) {
    long hidden = sizes.hiddenSize();
    long intermediate = sizes.intermediateSize();
    return switch (name) {
      case "attention_norm", "ffn_norm" -> List.of(hidden);
      case "attention.wk", "attention.wv" -> List.of((long) sizes.kvSize(), hidden);
      case "feed_forward.w1", "feed_forward.w3" -> List.of(intermediate, hidden);
      case "feed_forward.w2" -> List.of(hidden, intermediate);
      default -> List.of(hidden, hidden);
    };
  }

  private Weight weight(String gguf, String meta, List<Long> shape) {
    GgmlTensor tensor = find(meta + ".weight");
    if (!tensor.shape().equals(shape)) {
      throw error(
          "has %s of shape %s, the header needs %s%s"
              .formatted(tensor.name(), tensor.shape(), shape, partHint()));
    }
    return new Weight(gguf + ".weight", tensor);
  }

  private GgmlTensor find(String tensor) {
    return Optional.ofNullable(tensors.get(tensor))
        .orElseThrow(() ->
            error("has no tensor %s; is it a LLaMA, and the download complete?".formatted(tensor)));
  }

  /// Rotary tables of old converters are not needed; anything else would be lost.
  private void requireNothingElse(List<Weight> weights) {
    Set<String> others = new LinkedHashSet<>(tensors.keySet());
    weights.forEach(weight -> others.remove(weight.tensor().name()));
    others.removeIf(tensor -> tensor.endsWith("rope.freqs"));
    if (!others.isEmpty()) {
      throw error(
          "has tensors that no LLaMA has: %s; Kawi converts only LLaMAs from this format"
              .formatted(others.stream().limit(3).collect(Collectors.joining(", "))));
    }
  }

  /// Large models of the first two formats came in parts, each with a slice of every matrix.
  private String partHint() {
    return format.isAligned()
        ? "; is the file damaged?"
        : "; is it one of several parts (.bin, .bin.1, ...)? Kawi converts models of one file";
  }

  private ModelFormatException error(String what) {
    return GgmlFormat.error(name, what);
  }
}
