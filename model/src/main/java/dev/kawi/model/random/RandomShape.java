package dev.kawi.model.random;

import java.util.List;
import java.util.Set;

/// The architecture and the sizes of a [RandomModel].
///
/// @param name what the file says it is
/// @param architecture the value of `general.architecture`
/// @param numLayers blocks
/// @param hiddenSize width of the residual stream
/// @param numHeads query heads
/// @param numKvHeads key and value heads
/// @param headDim width of a head
/// @param intermediateSize width of the feed-forward layer, of one expert where there are experts
/// @param vocabSize tokens
/// @param contextLength positions that the model claims
/// @param ropeTheta the rope base
/// @param normEps epsilon of the norms
/// @param features what else is unusual
public record RandomShape(
    String name,
    String architecture,
    int numLayers,
    int hiddenSize,
    int numHeads,
    int numKvHeads,
    int headDim,
    int intermediateSize,
    int vocabSize,
    int contextLength,
    float ropeTheta,
    float normEps,
    Set<Feature> features) {

  /// A variation of an architecture.
  public enum Feature {
    /// The output matrix is the embedding matrix.
    TIED,
    /// Biases where they are optional.
    BIASES,
    /// A `rope_freqs.weight` tensor, as Llama 3 has.
    ROPE_FREQS,
    /// Positions divided by a factor (by the global layers only, in Gemma 3).
    LINEAR_ROPE,
    /// YaRN over an original context that is shorter than the tests' prompt.
    YARN_ROPE,
    /// Rope over three quarters of a head.
    PARTIAL_ROPE,
    /// Long and short rope factors; any context is longer than the original one.
    LONG_FACTORS,
    /// Long and short rope factors; the original context is the model's.
    SHORT_FACTORS,
    /// Four experts, two of them used.
    EXPERTS,
    /// A norm for attention and another one for the feed-forward layer, as Falcon 40B has; in Jina
    /// Embeddings v2, two norms of each layer, and norms of queries and keys.
    TWO_NORMS,
    /// Attention and feed-forward side by side, where that is not so in every model.
    PARALLEL,
    /// A head that scores pairs of texts.
    SCORE_HEAD,
    /// Linear maps of the pooled state, as EmbeddingGemma has.
    PROJECTIONS,
    /// Layer norms of heads with weights for each, as Command R+ has.
    HEAD_NORMS,
    /// Latent attention with keys and values in one matrix, as older files of DeepSeek 2 have.
    LATENT,
    /// Latent attention with a matrix for keys and one for values.
    SPLIT_LATENT,
    /// Experts chosen by sigmoid, with a bias, in groups, as DeepSeek V3 has.
    SIGMOID_EXPERTS
  }

  /// Experts of a layer where there are some.
  public static final int NUM_EXPERTS = 4;

  /// Experts that a token uses.
  public static final int NUM_EXPERTS_USED = 2;

  /// Checks the sizes and copies the features.
  public RandomShape {
    features = Set.copyOf(features);
    if (numLayers < 1 || hiddenSize < 1 || intermediateSize < 1 || contextLength < 1) {
      throw new IllegalArgumentException("random model: %s has a size below 1".formatted(name));
    }
    if (headDim < 2 || headDim % 2 != 0 || numKvHeads < 1 || numHeads % numKvHeads != 0) {
      throw new IllegalArgumentException(
          "random model: %s has %d heads for %d key-value heads of %d; expected a multiple, and an even headDim"
              .formatted(name, numHeads, numKvHeads, headDim));
    }
    if (vocabSize < RandomTokenizer.SMALLEST) {
      throw new IllegalArgumentException(
          "random model: %s has a vocabulary of %d; the tokenizer needs %d"
              .formatted(name, vocabSize, RandomTokenizer.SMALLEST));
    }
  }

  /// The shape with this name; an error lists them all.
  public static RandomShape named(String name) {
    return KnownShapes.named(name);
  }

  /// The names that [#named] knows.
  public static List<String> names() {
    return KnownShapes.names();
  }

  /// Whether the architecture varies so.
  public boolean has(Feature feature) {
    return features.contains(feature);
  }

  /// The query of a token: all heads.
  public int querySize() {
    return numHeads * headDim;
  }

  /// The key of a token, or the value: all heads.
  public int kvSize() {
    return numKvHeads * headDim;
  }

  /// Whether attention is latent.
  public boolean latent() {
    return has(Feature.LATENT) || has(Feature.SPLIT_LATENT);
  }

  /// Elements of a value where attention is latent.
  public int latentValueDim() {
    return headDim * 3 / 4;
  }

  /// Elements of a head that the rope rotates.
  public int ropeDimensions() {
    if (latent() || architecture.equals("chatglm1")) {
      return headDim / 2;
    }
    return has(Feature.PARTIAL_ROPE) ? headDim * 3 / 4 : headDim;
  }

  boolean hasRopeFactors() {
    return has(Feature.LONG_FACTORS) || has(Feature.SHORT_FACTORS);
  }
}
