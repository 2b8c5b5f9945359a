package dev.kawi.model;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.nn.Attention.Heads;

/// The sizes of a decoder, by Hugging Face's names. The one place where GGUF keys become them.
///
/// @param architecture the name in the file, such as `qwen2`
/// @param hiddenSize width of the residual stream
/// @param intermediateSize width of the feed-forward layer
/// @param numLayers layers
/// @param heads attention heads
/// @param contextLength tokens that the model was trained for
/// @param normEps epsilon of the norms
/// @param ropeTheta base of the rotary frequencies
/// @param ropeDims elements of a head that rope rotates
public record ModelConfig(
    String architecture,
    int hiddenSize,
    int intermediateSize,
    int numLayers,
    Heads heads,
    int contextLength,
    float normEps,
    float ropeTheta,
    int ropeDims) {

  private static final int MAX_LAYERS = 4096;
  private static final int MAX_SIZE = 1 << 24;

  /// Checks what no file may get wrong.
  public ModelConfig {
    require(hiddenSize > 0 && hiddenSize < MAX_SIZE, "embedding_length", hiddenSize);
    require(
        intermediateSize > 0 && intermediateSize < MAX_SIZE,
        "feed_forward_length",
        intermediateSize);
    require(numLayers > 0 && numLayers <= MAX_LAYERS, "block_count", numLayers);
    require(contextLength > 0, "context_length", contextLength);
    require(
        ropeDims >= 0 && ropeDims % 2 == 0 && ropeDims <= heads.headDim(),
        "rope.dimension_count",
        ropeDims);
    require(normEps >= 0 && normEps < 1, "the epsilon of the norms", normEps);
    require(ropeTheta > 0 && Float.isFinite(ropeTheta), "rope.freq_base", ropeTheta);
  }

  private static void require(boolean holds, String key, Number found) {
    if (!holds) {
      throw new ModelFormatException(
          "gguf: %s is %s, which no decoder can have; is the file damaged?".formatted(key, found));
    }
  }

  /// Reads the sizes of the architecture that the file names.
  public static ModelConfig of(Metadata metadata) {
    String arch =
        metadata
            .string("general.architecture")
            .orElseThrow(() ->
                new ModelFormatException(
                    "gguf: general.architecture is missing; is this a model?"));
    int hiddenSize = needed(metadata, arch + ".embedding_length");
    int numHeads = perLayer(metadata, arch + ".attention.head_count", -1);
    int numKvHeads = perLayer(metadata, arch + ".attention.head_count_kv", numHeads);
    int headDim =
        metadata
            .integer(arch + ".attention.key_length")
            .orElse(numHeads > 0 ? hiddenSize / numHeads : 0);
    int valueDim = metadata.integer(arch + ".attention.value_length").orElse(headDim);
    boolean latent = metadata.has(arch + ".attention.kv_lora_rank");
    if (valueDim != headDim && !latent) {
      throw new ModelFormatException(
          "gguf: %s has keys of %d and values of %d elements; Kawi needs them equal"
              .formatted(arch, headDim, valueDim));
    }
    if (headDim > MAX_SIZE || numHeads > MAX_SIZE || (long) numHeads * headDim > MAX_SIZE) {
      throw new ModelFormatException(
          "gguf: %s has %d heads of %d elements, which no decoder has; is the file damaged?"
              .formatted(arch, numHeads, headDim));
    }
    Heads heads;
    try {
      heads = new Heads(numHeads, numKvHeads, headDim);
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException("gguf: " + e.getMessage(), e);
    }
    return new ModelConfig(
        arch,
        hiddenSize,
        perLayer(metadata, arch + ".feed_forward_length", 4 * hiddenSize),
        numLayers(metadata, arch),
        heads,
        metadata.integer(arch + ".context_length").orElse(2048),
        metadata
            .number(arch + ".attention.layer_norm_rms_epsilon")
            .or(() -> metadata.number(arch + ".attention.layer_norm_epsilon"))
            .orElse(1e-5f),
        metadata.number(arch + ".rope.freq_base").orElse(10000f),
        metadata.integer(arch + ".rope.dimension_count").orElse(headDim));
  }

  /// Blocks without those at the end that predict tokens further ahead, which are not run.
  private static int numLayers(Metadata metadata, String arch) {
    int ahead = metadata.integer(arch + ".nextn_predict_layers").orElse(0);
    return needed(metadata, arch + ".block_count") - Math.max(0, ahead);
  }

  private static int needed(Metadata metadata, String key) {
    return metadata
        .integer(key)
        .orElseThrow(() ->
            new ModelFormatException(
                "gguf: the key " + key + " is missing; is this a whole model?"));
  }

  /// A number that some files give for each layer; Kawi needs all layers equal.
  private static int perLayer(Metadata metadata, String key, int otherwise) {
    Object value = metadata.asMap().get(key);
    if (value == null) {
      if (otherwise >= 0) {
        return otherwise;
      }
      return needed(metadata, key);
    }
    if (value instanceof Number) {
      return needed(metadata, key);
    }
    int[] all = metadata.integers(key).orElseThrow();
    for (int one : all) {
      if (one != all[0]) {
        throw new ModelFormatException(
            "gguf: %s differs from layer to layer (%d and %d), which Kawi does not support"
                .formatted(key, all[0], one));
      }
    }
    if (all.length == 0) {
      throw new ModelFormatException("gguf: " + key + " is an empty array");
    }
    return all[0];
  }
}
