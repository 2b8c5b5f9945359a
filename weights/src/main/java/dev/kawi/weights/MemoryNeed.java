package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFile;
import dev.kawi.tensor.StorageType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The memory that a model takes to run: its weights once, and keys and values for each token of
/// context, whose rows are `headCountKv` times `keyLength` (and `valueLength`) long in each layer.
/// What a step computes with comes on top and is small.
///
/// @param contextLength tokens
/// @param weightBytes the weights as they are stored
/// @param keyValues the bytes of keys and values, for each way to store them
public record MemoryNeed(int contextLength, long weightBytes, List<KeyValues> keyValues) {
  private static final int MAX_LAYERS = 100_000;

  /// Copies the list.
  public MemoryNeed {
    keyValues = List.copyOf(keyValues);
  }

  /// The bytes of keys and values in this storage type, and those of the weights with them.
  public record KeyValues(StorageType type, long bytes, long totalBytes) {}

  /// For the context length that the model was made for; empty when the file doesn't say enough.
  public static Optional<MemoryNeed> of(ModelFile file) {
    return key(file.metadata(), "context_length")
        .flatMap(file.metadata()::integer)
        .flatMap(length -> of(file, length));
  }

  /// For this context length; empty when the file doesn't say enough.
  public static Optional<MemoryNeed> of(ModelFile file, int contextLength) {
    if (contextLength < 1) {
      throw new IllegalArgumentException(
          "inspect: the context must hold at least one token, found " + contextLength);
    }
    long weights =
        file.tensors().stream().mapToLong(tensor -> tensor.storedBytes().orElse(0)).sum();
    return elementsPerToken(file)
        .map(elements ->
            new MemoryNeed(
                contextLength,
                weights,
                Stream.of(StorageType.F32, StorageType.F16, StorageType.Q8_0)
                    .map(type -> keyValues(type, elements * contextLength, weights))
                    .toList()));
  }

  private static KeyValues keyValues(StorageType type, double elements, long weights) {
    long bytes = Math.round(elements / type.blockSize() * type.blockBytes());
    return new KeyValues(type, bytes, weights + bytes);
  }

  /// In floating point, so that absurd sizes give an absurd number and not an overflow.
  private static Optional<Double> elementsPerToken(ModelFile file) {
    Metadata metadata = file.metadata();
    Optional<Integer> layers = key(metadata, "block_count").flatMap(metadata::integer);
    Optional<int[]> heads = key(metadata, "attention.head_count").map(k -> integers(metadata, k));
    Optional<Integer> hidden = key(metadata, "embedding_length").flatMap(metadata::integer);
    if (layers.isEmpty() || heads.isEmpty() || hidden.isEmpty()) {
      return Optional.empty();
    }
    int numLayers = layers.get();
    int[] kvHeads =
        key(metadata, "attention.head_count_kv")
            .map(k -> integers(metadata, k))
            .orElse(heads.get());
    int maxHeads = Arrays.stream(heads.get()).max().orElse(0);
    boolean fits = kvHeads.length == 1 || kvHeads.length == numLayers;
    if (numLayers < 1 || numLayers > MAX_LAYERS || maxHeads < 1 || !fits) {
      return Optional.empty();
    }
    int headDim = hidden.get() / maxHeads;
    double perHead = length(metadata, "key", headDim) + length(metadata, "value", headDim);
    double sum = Arrays.stream(kvHeads).asDoubleStream().sum();
    return Optional.of(perHead * (kvHeads.length == 1 ? sum * numLayers : sum));
  }

  private static double length(Metadata metadata, String what, int headDim) {
    return key(metadata, "attention." + what + "_length")
        .flatMap(metadata::integer)
        .orElse(headDim);
  }

  /// The numbers at a key that holds one for all layers or one for each.
  private static int[] integers(Metadata metadata, String key) {
    return metadata.asMap().get(key) instanceof Number
        ? new int[] {metadata.integer(key).orElseThrow()}
        : metadata.integers(key).orElseThrow();
  }

  /// The key with the architecture before it, if it is there.
  private static Optional<String> key(Metadata metadata, String name) {
    return metadata.string("general.architecture").map(a -> a + "." + name).filter(metadata::has);
  }
}
