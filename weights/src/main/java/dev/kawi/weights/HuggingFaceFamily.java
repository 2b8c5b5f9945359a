package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/// How a kind of `config.json` maps to an architecture of GGUF. [HuggingFaceFamilies] lists them
/// all; a family that is like Llama is one line there.
///
/// @param modelType the `model_type` of the configuration
/// @param architecture the name of the architecture in GGUF
/// @param condition what distinguishes it from the next family of its `model_type`
/// @param activation the function of the feed-forward layer
/// @param defaults what a configuration means that does not say it
/// @param windowPeriod of how many layers the last attends to all positions and the others to a
///   window; 0 where all are alike
/// @param layout how tensors are stored in another way than in GGUF
/// @param traits what else distinguishes it
/// @param ownNames names of modules in layers, in addition to the common ones
/// @param positionKind the supported value of `position_embedding_type`
/// @param contextKeys the first keys that may hold the context length
/// @param contextLength positions that can be used, from the configuration and those that it claims
/// @param kvHeads reads the number of key and value heads, where that is not under the usual keys
/// @param check refuses what Kawi does not compute
/// @param keys writes the keys that only this architecture has
record HuggingFaceFamily(
    String modelType,
    String architecture,
    Predicate<HuggingFaceConfig> condition,
    Activation activation,
    Defaults defaults,
    int windowPeriod,
    Layout layout,
    Set<Trait> traits,
    Map<String, String> ownNames,
    String positionKind,
    List<String> contextKeys,
    ContextLength contextLength,
    Optional<ToIntFunction<HuggingFaceConfig>> kvHeads,
    Consumer<HuggingFaceConfig> check,
    Keys keys) {

  /// What families have or do not have.
  enum Trait {
    /// Rope rotates pairs of halves of a head, where GGUF files of the architecture have
    /// neighbours.
    ROPE_OF_HALVES,
    /// A window, where there is one, is that of all layers.
    WINDOW_IN_ALL_LAYERS,
    /// Norms are stored less 1.
    NORMS_LESS_ONE,
    /// Layers have gated delta nets between those that have attention.
    GATED_DELTA_NETS,
    /// Keys and values are computed from one latent vector, which is what the cache holds.
    LATENT_ATTENTION,
    /// Layers of experts follow dense ones, and the choice of experts is described.
    DEEPSEEK_EXPERTS,
    /// Experts are chosen by sigmoid unless the configuration says otherwise.
    SIGMOID_EXPERTS,
    /// Dense, although its configuration counts experts.
    NO_EXPERTS,
    /// Embeds or scores texts, and generates none.
    ENCODER,
    /// Tensors have the names of BERT.
    NAMES_OF_BERT,
    /// Its classifier is left out: its function is not that of BERT's.
    UNSUPPORTED_CLASSIFIER,
    /// Positions begin after those of padding, as RoBERTa's do.
    UNUSED_POSITIONS,
    /// A `dynamic` rope is the usual one within the context length.
    DYNAMIC_ROPE_BEYOND_CONTEXT,
    /// A `dynamic` rope has a base that follows from `alpha`, at any length.
    DYNAMIC_ROPE_OF_ALPHA,
    /// Each token has two positions.
    POSITIONS_OF_TWO_AXES,
    /// The epsilon of RMS norms is under a key of layer norms.
    RMS_EPSILON_AS_OF_LAYER_NORM,
    /// The feed-forward layer is four times as wide as the hidden state, unless said otherwise.
    FOURFOLD_FEED_FORWARD
  }

  /// How tensors are stored in another way than in GGUF; [PublishedLayout] has the work of it.
  enum Layout {
    AS_IN_GGUF,
    /// Query, key and value in one matrix, by key-value head.
    QKV_BY_KV_HEAD,
    /// Matrices of layers are [inputs, outputs].
    TRANSPOSED,
    /// Gates and ups in one tensor, one after the other for each expert.
    GATE_UP_HALVES,
    /// Rates of decay by their logarithms, convolutions with an axis of 1, and gates and ups of
    /// experts in one tensor, one after the other.
    GATED_DELTA_NET,
    /// Gates and ups in one tensor, alternating, with biases, in MXFP4 or not.
    GPT_OSS,
    /// All experts of a layer in one matrix, that of the second map transposed.
    NOMIC_EXPERTS,
    /// Up and gate in one matrix, in either order.
    UP_AND_GATE,
    /// Rows of the output matrix, of the second version of Baichuan, are divided by their lengths.
    UNIT_ROWS_OF_BAICHUAN2
  }

  /// The function of the feed-forward layer.
  ///
  /// @param key its key in the configuration
  /// @param values those that mean what Kawi computes
  /// @param otherwise what a configuration without that key means, where it is the exact GELU
  record Activation(String key, List<String> values, Optional<String> otherwise) {
    static final List<String> SILU = List.of("silu", "swish");
    static final List<String> GELU = List.of("gelu_pytorch_tanh", "gelu_new", "gelu");

    static Activation silu() {
      return new Activation("hidden_act", SILU, Optional.empty());
    }

    static Activation gelu() {
      return new Activation("hidden_act", GELU, Optional.empty());
    }

    /// Under another key.
    Activation under(String otherKey) {
      return new Activation(otherKey, values, otherwise);
    }

    /// With the exact GELU where the configuration names no function.
    Activation exact() {
      return new Activation(key, values, Optional.of("gelu"));
    }
  }

  /// What a configuration means that does not say it.
  ///
  /// @param headDim elements of a head, where that is not the hidden size over the number of heads
  /// @param logitScale the factor on logits
  /// @param rotaryPart the part of a head that rope rotates
  /// @param layerNormEpsilon of layer norms
  record Defaults(
      Optional<Integer> headDim,
      Optional<Double> logitScale,
      double rotaryPart,
      double layerNormEpsilon) {}

  /// Positions that can be used.
  @FunctionalInterface
  interface ContextLength {
    int of(HuggingFaceConfig config, int claimed);
  }

  /// Writes keys of an architecture.
  @FunctionalInterface
  interface Keys {
    void write(HuggingFaceConfig config, Metadata.Builder all);
  }

  HuggingFaceFamily {
    traits = Set.copyOf(traits);
    ownNames = Map.copyOf(ownNames);
    contextKeys = List.copyOf(contextKeys);
  }

  /// The family of this `model_type`; of several that share it, the first that it fits.
  static HuggingFaceFamily of(HuggingFaceConfig config) {
    String type = config.modelType();
    return HuggingFaceFamilies.ALL.stream()
        .filter(family -> family.modelType.equals(type) && family.condition.test(config))
        .findFirst()
        .orElseThrow(() ->
            config.wrong(
                "model_type",
                "is \"%s\", supported are %s"
                    .formatted(
                        type,
                        HuggingFaceFamilies.ALL.stream()
                            .map(HuggingFaceFamily::modelType)
                            .distinct()
                            .collect(Collectors.joining(", ")))));
  }

  /// The families that are this architecture in GGUF; none for one that is not published so.
  static List<HuggingFaceFamily> ofArchitecture(String architecture) {
    return HuggingFaceFamilies.ALL.stream()
        .filter(family -> family.architecture.equals(architecture))
        .toList();
  }

  boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /// Whether it embeds or scores texts, and generates none.
  boolean isEncoder() {
    return has(Trait.ENCODER);
  }

  /// Whether the head is the embedding in a configuration that does not say it.
  boolean isTied() {
    return hasNormsLessOne() && !has(Trait.GATED_DELTA_NETS);
  }

  /// Whether norms are stored less 1; of gated delta nets, those of the residual stream and of
  /// queries and keys of attention.
  boolean hasNormsLessOne() {
    return has(Trait.NORMS_LESS_ONE);
  }

  /// Whether keys and values are computed from one latent vector.
  boolean hasLatentAttention() {
    return has(Trait.LATENT_ATTENTION);
  }

  /// The name in GGUF of a tensor; empty for one that no forward pass needs.
  Optional<String> ggufName(String name) {
    return has(Trait.NAMES_OF_BERT)
        ? HuggingFaceEncoder.ggufName(name).filter(this::isComputed)
        : HuggingFaceNames.ggufName(name, ownNames);
  }

  private boolean isComputed(String name) {
    return !has(Trait.UNSUPPORTED_CLASSIFIER) || !name.startsWith("cls");
  }

  /// A family like Llama, but for what the builder is told.
  static Builder builder(String modelType, String architecture) {
    return new Builder(modelType, architecture);
  }

  /// Collects what distinguishes a family.
  static final class Builder {
    private final String modelType;
    private final String architecture;
    private Predicate<HuggingFaceConfig> condition = _ -> true;
    private Activation activation = Activation.silu();
    private Optional<Integer> headDim = Optional.empty();
    private Optional<Double> logitScale = Optional.empty();
    private double rotaryPart = 1;
    private double layerNormEpsilon = 1e-5;
    private int windowPeriod;
    private Layout layout = Layout.AS_IN_GGUF;
    private final Set<Trait> traits = EnumSet.noneOf(Trait.class);
    private Map<String, String> ownNames = Map.of();
    private String positionKind = "absolute";
    private List<String> contextKeys = List.of();
    private ContextLength contextLength = (_, claimed) -> claimed;
    private Optional<ToIntFunction<HuggingFaceConfig>> kvHeads = Optional.empty();
    private Consumer<HuggingFaceConfig> check = _ -> {};
    private Keys keys = (_, _) -> {};

    private Builder(String modelType, String architecture) {
      this.modelType = modelType;
      this.architecture = architecture;
    }

    Builder onlyIf(Predicate<HuggingFaceConfig> value) {
      condition = value;
      return this;
    }

    Builder activation(Activation value) {
      activation = value;
      return this;
    }

    Builder headDim(int value) {
      headDim = Optional.of(value);
      return this;
    }

    Builder logitScale(double value) {
      logitScale = Optional.of(value);
      return this;
    }

    Builder rotaryPart(double value) {
      rotaryPart = value;
      return this;
    }

    Builder layerNormEpsilon(double value) {
      layerNormEpsilon = value;
      return this;
    }

    Builder windowPeriod(int value) {
      windowPeriod = value;
      return this;
    }

    Builder layout(Layout value) {
      layout = value;
      return this;
    }

    Builder with(Trait... values) {
      traits.addAll(List.of(values));
      return this;
    }

    Builder names(Map<String, String> value) {
      ownNames = value;
      return this;
    }

    Builder positionKind(String value) {
      positionKind = value;
      return this;
    }

    Builder contextKeys(String... value) {
      contextKeys = List.of(value);
      return this;
    }

    Builder contextLength(ContextLength value) {
      contextLength = value;
      return this;
    }

    Builder kvHeads(ToIntFunction<HuggingFaceConfig> value) {
      kvHeads = Optional.of(value);
      return this;
    }

    Builder check(Consumer<HuggingFaceConfig> value) {
      check = value;
      return this;
    }

    Builder keys(Keys value) {
      keys = value;
      return this;
    }

    HuggingFaceFamily build() {
      return new HuggingFaceFamily(
          modelType,
          architecture,
          condition,
          activation,
          new Defaults(headDim, logitScale, rotaryPart, layerNormEpsilon),
          windowPeriod,
          layout,
          traits,
          ownNames,
          positionKind,
          contextKeys,
          contextLength,
          kvHeads,
          check,
          keys);
    }
  }
}
