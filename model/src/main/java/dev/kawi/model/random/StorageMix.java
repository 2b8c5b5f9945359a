package dev.kawi.model.random;

import dev.kawi.tensor.StorageType;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which storage type each matrix of a [RandomModel] gets. What is stored as F32 whatever the type
/// of the file (norms, biases, routers) is not asked for.
@FunctionalInterface
public interface StorageMix {
  /// The type that the tensor should have.
  StorageType typeOf(String tensorName);

  /// One type for all.
  static StorageMix uniform(StorageType type) {
    return _ -> type;
  }

  /// The mix of the files named Q4_K_M: Q6_K for the output matrix and, in some layers, for values
  /// and the second matrix of the feed-forward part; Q4_K for the rest.
  static StorageMix mediumQ4K(int numLayers) {
    Pattern block =
        Pattern.compile("blk\\.(\\d+)\\.(attn_v|attn_qkv|ffn_down|ffn_down_exps)\\.weight");
    return name -> {
      Matcher matcher = block.matcher(name);
      boolean finer =
          matcher.matches()
              ? needsMoreBits(Integer.parseInt(matcher.group(1)), numLayers)
              : name.startsWith("output") || name.startsWith("token_embd");
      return finer ? StorageType.Q6_K : StorageType.Q4_K;
    };
  }

  private static boolean needsMoreBits(int layer, int numLayers) {
    int eighth = numLayers / 8;
    return layer < eighth || layer >= 7 * numLayers / 8 || (layer - eighth) % 3 == 2;
  }

  /// The type for rows of this length: types of blocks of 256 give way to a type of blocks of 32 of
  /// about the same size, and those to F16.
  static StorageType fitting(StorageType type, long cols) {
    if (cols % type.blockSize() == 0) {
      return type;
    }
    if (cols % 32 != 0) {
      return StorageType.F16;
    }
    return switch (type) {
      case Q4_K -> StorageType.Q5_0;
      case Q5_K -> StorageType.Q5_1;
      case Q6_K -> StorageType.Q8_0;
      default -> StorageType.IQ4_NL;
    };
  }
}
