package dev.kawi.cli;

import dev.kawi.gguf.Metadata;
import dev.kawi.tensor.StorageType;
import java.util.Arrays;
import java.util.Optional;

/// The memory that keys and values of a context take: for each token, layer and key-value head one
/// key and one value.
///
/// @param contextLength tokens that the model was trained for
/// @param elementsPerToken numbers kept for a token over all layers
record ContextMemory(int contextLength, long elementsPerToken) {

  /// Reads the sizes; nothing when the file isn't a model with attention.
  static Optional<ContextMemory> of(Metadata metadata) {
    String prefix = metadata.string("general.architecture").orElse("") + ".";
    Optional<Integer> layers = metadata.integer(prefix + "block_count");
    Optional<Integer> hiddenSize = metadata.integer(prefix + "embedding_length");
    int[] heads = perLayer(metadata, prefix + "attention.head_count", layers.orElse(0), new int[0]);
    if (layers.isEmpty() || hiddenSize.isEmpty() || heads.length == 0 || heads[0] <= 0) {
      return Optional.empty();
    }
    int[] kvHeads = perLayer(metadata, prefix + "attention.head_count_kv", layers.get(), heads);
    long headDim = hiddenSize.get() / heads[0];
    long keyLength =
        metadata.integer(prefix + "attention.key_length").map(Long::valueOf).orElse(headDim);
    long valueLength =
        metadata.integer(prefix + "attention.value_length").map(Long::valueOf).orElse(headDim);
    long elements = Arrays.stream(kvHeads).asLongStream().sum() * (keyLength + valueLength);
    int contextLength = metadata.integer(prefix + "context_length").orElse(2048);
    return Optional.of(new ContextMemory(contextLength, elements));
  }

  /// Bytes for a context of this many tokens, stored so. A part of a block counts as a whole one.
  long bytes(long tokens, StorageType type) {
    long blocks = Math.ceilDiv(Math.multiplyExact(tokens, elementsPerToken), type.blockSize());
    return Math.multiplyExact(blocks, type.blockBytes());
  }

  private static int[] perLayer(Metadata metadata, String key, int layers, int[] otherwise) {
    if (metadata.asMap().get(key) instanceof Number) {
      int[] same = new int[Math.clamp(layers, 0, 1 << 16)];
      Arrays.fill(same, metadata.integer(key).orElse(0));
      return same;
    }
    return metadata.has(key) ? metadata.integers(key).orElse(otherwise) : otherwise;
  }
}
