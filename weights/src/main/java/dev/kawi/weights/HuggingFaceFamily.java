package dev.kawi.weights;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

// How it works. Most publishers name tensors as Llama does, so a family is that table with a few
// lines of its own before it. A line maps what stands after `model.layers.N.` (or its like) to what
// stands after `blk.N.`; the tensors outside of layers have a table of their own.

/// How a kind of `config.json` maps to an architecture of GGUF: the one place that knows the names
/// of tensors in both. Source: the tensor mapping of llama.cpp's conversion scripts, and the models
/// of Hugging Face transformers.
enum HuggingFaceFamily {
  JINA_BERT2("bert", "jina-bert-v2", Rope.AS_IN_GGUF, Activation.GELU),
  BERT("bert", "bert", Rope.AS_IN_GGUF, Activation.GELU),
  JINA_BERT3("xlm-roberta", "jina-bert-v3", Rope.AS_IN_GGUF, Activation.GELU),
  XLM_ROBERTA("xlm-roberta", "bert", Rope.AS_IN_GGUF, Activation.GELU),
  ROBERTA("roberta", "bert", Rope.AS_IN_GGUF, Activation.GELU),
  CAMEMBERT("camembert", "bert", Rope.AS_IN_GGUF, Activation.GELU),
  DISTILBERT("distilbert", "bert", Rope.AS_IN_GGUF, Activation.GELU),
  NOMIC_BERT_MOE("nomic_bert", "nomic-bert-moe", Rope.AS_IN_GGUF, Activation.GELU),
  NOMIC_BERT("nomic_bert", "nomic-bert", Rope.AS_IN_GGUF, Activation.SILU),
  MODERN_BERT("modernbert", "modern-bert", Rope.AS_IN_GGUF, Activation.EITHER),
  LLAMA("llama", "llama", Rope.HALVES, Activation.SILU),
  MISTRAL("mistral", "llama", Rope.HALVES, Activation.SILU),
  MIXTRAL("mixtral", "llama", Rope.HALVES, Activation.SILU),
  INTERNLM("internlm", "llama", Rope.HALVES, Activation.SILU),
  INTERNLM3("internlm3", "llama", Rope.HALVES, Activation.SILU),
  SKYWORK("skywork", "llama", Rope.HALVES, Activation.SILU),
  BAICHUAN("baichuan", "baichuan", Rope.HALVES, Activation.SILU),
  QWEN2("qwen2", "qwen2", Rope.AS_IN_GGUF, Activation.SILU),
  QWEN2_MOE("qwen2_moe", "qwen2moe", Rope.AS_IN_GGUF, Activation.SILU),
  QWEN3("qwen3", "qwen3", Rope.AS_IN_GGUF, Activation.SILU),
  QWEN3_MOE("qwen3_moe", "qwen3moe", Rope.AS_IN_GGUF, Activation.SILU),
  GEMMA("gemma", "gemma", Rope.AS_IN_GGUF, Activation.GELU),
  GEMMA2("gemma2", "gemma2", Rope.AS_IN_GGUF, Activation.GELU),
  GEMMA_EMBEDDING("gemma3_text", "gemma-embedding", Rope.AS_IN_GGUF, Activation.GELU),
  GEMMA3("gemma3_text", "gemma3", Rope.AS_IN_GGUF, Activation.GELU),
  PHI3("phi3", "phi3", Rope.AS_IN_GGUF, Activation.SILU),
  STARCODER2("starcoder2", "starcoder2", Rope.AS_IN_GGUF, Activation.GELU),
  GRANITE("granite", "granite", Rope.HALVES, Activation.SILU),
  GRANITE_MOE("granitemoe", "granitemoe", Rope.HALVES, Activation.SILU),
  GRANITE_MOE_SHARED("granitemoeshared", "granitemoe", Rope.HALVES, Activation.SILU),
  HUNYUAN("hunyuan_v1_dense", "hunyuan-dense", Rope.AS_IN_GGUF, Activation.SILU),
  HUNYUAN_MOE("hunyuan_v1_moe", "hunyuan-moe", Rope.AS_IN_GGUF, Activation.SILU),
  DEEPSEEK("deepseek", "deepseek", Rope.HALVES, Activation.SILU),
  DEEPSEEK2("deepseek_v2", "deepseek2", Rope.AS_IN_GGUF, Activation.SILU),
  DEEPSEEK3("deepseek_v3", "deepseek2", Rope.AS_IN_GGUF, Activation.SILU),
  KIMI2("kimi_k2", "deepseek2", Rope.AS_IN_GGUF, Activation.SILU),
  MINICPM3("minicpm3", "minicpm3", Rope.AS_IN_GGUF, Activation.SILU),
  INTERNLM2("internlm2", "internlm2", Rope.HALVES, Activation.SILU),
  FALCON("falcon", "falcon", Rope.AS_IN_GGUF, Activation.GELU),
  GPT2("gpt2", "gpt2", Rope.AS_IN_GGUF, Activation.GELU),
  GPT_OSS("gpt_oss", "gpt-oss", Rope.AS_IN_GGUF, Activation.SILU),
  OLMO2("olmo2", "olmo2", Rope.AS_IN_GGUF, Activation.SILU),
  SMOLLM3("smollm3", "smollm3", Rope.HALVES, Activation.SILU),
  GLM4("glm4", "glm4", Rope.AS_IN_GGUF, Activation.SILU),
  COHERE("cohere", "command-r", Rope.AS_IN_GGUF, Activation.SILU),
  COHERE2("cohere2", "cohere2", Rope.AS_IN_GGUF, Activation.SILU),
  MINICPM("minicpm", "minicpm", Rope.HALVES, Activation.SILU),
  QWEN("qwen", "qwen", Rope.AS_IN_GGUF, Activation.SILU),
  CHATGLM1("chatglm", "chatglm1", Rope.AS_IN_GGUF, Activation.GELU),
  CHATGLM("chatglm", "chatglm", Rope.AS_IN_GGUF, Activation.SILU),
  CODESHELL("codeshell", "codeshell", Rope.AS_IN_GGUF, Activation.GELU),
  GPT_BIGCODE("gpt_bigcode", "starcoder", Rope.AS_IN_GGUF, Activation.GELU),
  BLOOM("bloom", "bloom", Rope.AS_IN_GGUF, Activation.GELU),
  GPT_NEOX("gpt_neox", "gptneox", Rope.AS_IN_GGUF, Activation.GELU),
  MPT("mpt", "mpt", Rope.AS_IN_GGUF, Activation.GELU),
  PHI("phi", "phi2", Rope.AS_IN_GGUF, Activation.GELU),
  STABLELM("stablelm", "stablelm", Rope.AS_IN_GGUF, Activation.SILU),
  OLMO("olmo", "olmo", Rope.HALVES, Activation.SILU);

  /// Which elements of a head form pairs in the publisher's weights.
  enum Rope {
    /// As in GGUF files of the architecture.
    AS_IN_GGUF,
    /// Halves of a head, where GGUF files have neighbours.
    HALVES
  }

  /// The function of the feed-forward layer.
  enum Activation {
    SILU,
    GELU,
    EITHER
  }

  private static final List<String> SILUS = List.of("silu", "swish");
  private static final List<String> GELUS = List.of("gelu_pytorch_tanh", "gelu_new", "gelu");
  private static final Pattern LAYER =
      Pattern.compile(
          "(?:model\\.layers|(?:transformer\\.)?h|transformer\\.(?:encoder\\.)?layers"
              + "|transformer\\.blocks|gpt_neox\\.layers)"
              + "\\.(\\d{1,4})\\.(.+)");

  /// Names in a model that was published without its head, as embedding models are.
  private static final Pattern BODY = Pattern.compile("(?:layers\\.\\d|embed_tokens\\.|norm\\.)");

  private static final Pattern MODULE = Pattern.compile("(.+)(\\.(?:weight|bias))");
  private static final Pattern EXPERT =
      Pattern.compile("(?:mlp|block_sparse_moe)\\.experts\\.(\\d{1,4})\\.(\\w+)");

  private static final Pattern HEAD_NORM =
      Pattern.compile("self_attn\\.([qk])_layernorm\\.norms\\.(\\d{1,4})");

  private final String modelType;
  private final String architecture;
  private final Rope rope;
  private final Activation activation;

  HuggingFaceFamily(String modelType, String architecture, Rope rope, Activation activation) {
    this.modelType = modelType;
    this.architecture = architecture;
    this.rope = rope;
    this.activation = activation;
  }

  /// The family of this `model_type`; of two that share it, the first that it fits.
  static HuggingFaceFamily of(HuggingFaceConfig config) {
    String type = config.modelType();
    return Arrays.stream(values())
        .filter(family -> family.modelType.equals(type) && family.fits(config))
        .findFirst()
        .orElseThrow(() ->
            config.wrong(
                "model_type",
                "is \"%s\", supported are %s"
                    .formatted(
                        type,
                        Arrays.stream(values())
                            .map(family -> family.modelType)
                            .distinct()
                            .collect(Collectors.joining(", ")))));
  }

  /// Whether a configuration is of this family and not of the next one of its `model_type`.
  private boolean fits(HuggingFaceConfig config) {
    return switch (this) {
      case JINA_BERT2 -> config.text("position_embedding_type").filter("alibi"::equals).isPresent();
      case JINA_BERT3 ->
          config.text("position_embedding_type").filter("rotary"::equals).isPresent();
      case NOMIC_BERT_MOE -> config.integer("moe_every_n_layers").filter(n -> n > 0).isPresent();
      case CHATGLM1 -> config.integer("inner_hidden_size").isPresent();
      case GEMMA_EMBEDDING -> config.isOn("use_bidirectional_attention");
      default -> true;
    };
  }

  /// The name of the architecture in GGUF.
  String architecture() {
    return architecture;
  }

  /// Whether heads form pairs of halves where GGUF files have neighbours.
  boolean hasHalves() {
    return rope == Rope.HALVES;
  }

  /// Values of `hidden_act` that mean what Kawi computes.
  List<String> activations() {
    return switch (activation) {
      case SILU -> this == NOMIC_BERT ? List.of("swiglu") : SILUS;
      case GELU -> GELUS;
      case EITHER -> Stream.of(SILUS, GELUS).flatMap(List::stream).toList();
    };
  }

  /// The key of the function of the feed-forward layer.
  String activationKey() {
    return switch (this) {
      case GEMMA, GEMMA2, GEMMA3, GEMMA_EMBEDDING, MODERN_BERT -> "hidden_activation";
      case GPT2, CODESHELL, GPT_BIGCODE, NOMIC_BERT, NOMIC_BERT_MOE -> "activation_function";
      case FALCON, DISTILBERT -> "activation";
      default -> "hidden_act";
    };
  }

  /// What a configuration without that key means, where it is the exact GELU. That of Gemma (1) may
  /// say `gelu` under `hidden_act`, which its publisher's code does not read.
  Optional<String> usualActivation() {
    boolean exact = List.of(FALCON, GPT_NEOX, MPT).contains(this) || hasNamesOfBert();
    return exact ? Optional.of("gelu") : Optional.empty();
  }

  /// The size of a head that a configuration without it means, where it is a fixed one.
  Optional<Integer> usualHeadDim() {
    return switch (this) {
      case GEMMA, GEMMA2, GEMMA3, GEMMA_EMBEDDING -> Optional.of(256);
      case QWEN3, GLM4 -> Optional.of(128);
      case GPT_OSS -> Optional.of(64);
      default -> Optional.empty();
    };
  }

  /// The factor on logits, of a configuration that does not say it.
  Optional<Double> usualLogitScale() {
    return this == COHERE || this == COHERE2 ? Optional.of(0.0625) : Optional.empty();
  }

  /// The part of a head that turns, of a configuration that does not say it.
  double usualRotaryPart() {
    return switch (this) {
      case CHATGLM, CHATGLM1, GLM4, PHI -> 0.5;
      case GPT_NEOX, STABLELM -> 0.25;
      default -> 1;
    };
  }

  /// Of how many layers the last sees everything and the others a window; 0 where all are alike.
  int windowPeriod() {
    return switch (this) {
      case GEMMA2, GPT_OSS -> 2;
      case GEMMA3 -> 6;
      case COHERE2 -> 4;
      default -> 0;
    };
  }

  /// Whether a window is that of all layers.
  boolean hasWindowEverywhere() {
    return this == MISTRAL || this == MIXTRAL || this == PHI3 || this == STARCODER2;
  }

  /// Whether norms are stored less 1.
  boolean hasNormsLessOne() {
    return List.of(GEMMA, GEMMA2, GEMMA3, GEMMA_EMBEDDING).contains(this);
  }

  /// Whether a `dynamic` rope is one that stays as it is within the context length.
  boolean isInternLm() {
    return this == INTERNLM || this == INTERNLM2 || this == INTERNLM3;
  }

  /// Whether a `dynamic` rope has another base at any length.
  boolean isHunyuan() {
    return this == HUNYUAN || this == HUNYUAN_MOE;
  }

  /// Whether layers of experts follow dense ones, and the experts' choice is described.
  boolean isDeepSeek() {
    return this == DEEPSEEK || architecture.equals("deepseek2");
  }

  /// Whether experts are chosen by sigmoid unless the configuration says otherwise.
  boolean hasSigmoidExperts() {
    return this == DEEPSEEK3 || this == KIMI2;
  }

  /// Whether keys and values are remembered as one latent vector.
  boolean hasLatentAttention() {
    return architecture.equals("deepseek2") || this == MINICPM3;
  }

  /// Whether it reads texts and writes none.
  boolean isEncoder() {
    return this == GEMMA_EMBEDDING || hasNamesOfBert();
  }

  private boolean hasNamesOfBert() {
    return switch (this) {
      case BERT,
          XLM_ROBERTA,
          ROBERTA,
          CAMEMBERT,
          DISTILBERT,
          JINA_BERT2,
          JINA_BERT3,
          NOMIC_BERT,
          NOMIC_BERT_MOE,
          MODERN_BERT ->
          true;
      default -> false;
    };
  }

  /// Whether positions begin after those of padding, as RoBERTa's do.
  boolean hasUnusedPositions() {
    return List.of(XLM_ROBERTA, ROBERTA, CAMEMBERT, JINA_BERT3).contains(this);
  }

  /// The name in GGUF of a tensor; empty for one that no forward pass needs.
  Optional<String> ggufName(String name) {
    if (hasNamesOfBert()) {
      // the classifier of DistilBERT has a function of its own
      return HuggingFaceEncoder.ggufName(name)
          .filter(own -> this != DISTILBERT || !own.startsWith("cls"));
    }
    String whole = name.startsWith("language_model.") ? name.substring(15) : name;
    String plain = BODY.matcher(whole).lookingAt() ? "model." + whole : whole;
    return Optional.ofNullable(OUTSIDE.get(plain)).or(() -> ofLayer(plain));
  }

  private Optional<String> ofLayer(String name) {
    Matcher layer = LAYER.matcher(name);
    return layer.matches()
        ? inLayer(layer.group(2)).map(tail -> "blk." + layer.group(1) + "." + tail)
        : Optional.empty();
  }

  private Optional<String> inLayer(String name) {
    Matcher module = MODULE.matcher(name);
    Optional<String> whole = Optional.ofNullable(OF_NO_MODULE.get(name));
    return whole.isEmpty() && module.matches()
        ? module(module.group(1)).map(tail -> tail + module.group(2))
        : whole;
  }

  private Optional<String> module(String name) {
    Matcher expert = EXPERT.matcher(name);
    if (expert.matches()) {
      return Optional.ofNullable(EXPERTS.get(expert.group(2)))
          .map(matrix -> matrix + "." + expert.group(1));
    }
    Matcher norm = HEAD_NORM.matcher(name);
    if (norm.matches()) {
      return Optional.of("attn_%s_norm.%s".formatted(norm.group(1), norm.group(2)));
    }
    return Optional.ofNullable(ownNames().getOrDefault(name, COMMON.get(name)));
  }

  private static final Map<String, String> OUTSIDE =
      Map.ofEntries(
          Map.entry("model.embed_tokens.weight", "token_embd.weight"),
          Map.entry("model.tok_embeddings.weight", "token_embd.weight"),
          Map.entry("transformer.wte.weight", "token_embd.weight"),
          Map.entry("wte.weight", "token_embd.weight"),
          Map.entry("transformer.word_embeddings.weight", "token_embd.weight"),
          Map.entry("transformer.embedding.word_embeddings.weight", "token_embd.weight"),
          Map.entry("transformer.wpe.weight", "position_embd.weight"),
          Map.entry("wpe.weight", "position_embd.weight"),
          Map.entry("embed_tokens.weight", "token_embd.weight"),
          Map.entry("norm.weight", "output_norm.weight"),
          Map.entry("model.norm.weight", "output_norm.weight"),
          Map.entry("model.norm.bias", "output_norm.bias"),
          Map.entry("transformer.ln_f.weight", "output_norm.weight"),
          Map.entry("transformer.ln_f.bias", "output_norm.bias"),
          Map.entry("ln_f.weight", "output_norm.weight"),
          Map.entry("ln_f.bias", "output_norm.bias"),
          Map.entry("transformer.encoder.final_layernorm.weight", "output_norm.weight"),
          Map.entry("word_embeddings.weight", "token_embd.weight"),
          Map.entry("word_embeddings_layernorm.weight", "token_embd_norm.weight"),
          Map.entry("word_embeddings_layernorm.bias", "token_embd_norm.bias"),
          Map.entry("transformer.word_embeddings_layernorm.weight", "token_embd_norm.weight"),
          Map.entry("transformer.word_embeddings_layernorm.bias", "token_embd_norm.bias"),
          Map.entry("gpt_neox.embed_in.weight", "token_embd.weight"),
          Map.entry("gpt_neox.final_layer_norm.weight", "output_norm.weight"),
          Map.entry("gpt_neox.final_layer_norm.bias", "output_norm.bias"),
          Map.entry("embed_out.weight", "output.weight"),
          Map.entry("transformer.norm_f.weight", "output_norm.weight"),
          Map.entry("transformer.norm_f.bias", "output_norm.bias"),
          Map.entry("model.final_layernorm.weight", "output_norm.weight"),
          Map.entry("model.final_layernorm.bias", "output_norm.bias"),
          Map.entry("transformer.final_layernorm.weight", "output_norm.weight"),
          Map.entry("transformer.final_layernorm.bias", "output_norm.bias"),
          Map.entry("lm_head.weight", "output.weight"),
          Map.entry("lm_head.bias", "output.bias"),
          Map.entry("output.weight", "output.weight"),
          Map.entry("transformer.output_layer.weight", "output.weight"));

  /// Tensors of a layer that are no module's weight or bias. What ends in `gate_up_exps`, in
  /// `blocks` or in `scales` is no name of GGUF; [PublishedLayout] makes such names of it.
  private static final Map<String, String> OF_NO_MODULE =
      Map.ofEntries(
          Map.entry("mlp.gate.e_score_correction_bias", "exp_probs_b.bias"),
          Map.entry("self_attn.sinks", "attn_sinks.weight"),
          Map.entry("mlp.experts.gate_up_proj", "ffn_gate_up_exps.weight"),
          Map.entry("mlp.experts.gate_up_proj_bias", "ffn_gate_up_exps.bias"),
          Map.entry("mlp.experts.gate_up_proj_blocks", "ffn_gate_up_exps.blocks"),
          Map.entry("mlp.experts.gate_up_proj_scales", "ffn_gate_up_exps.scales"),
          Map.entry("mlp.experts.down_proj", "ffn_down_exps.weight"),
          Map.entry("mlp.experts.down_proj_bias", "ffn_down_exps.bias"),
          Map.entry("mlp.experts.down_proj_blocks", "ffn_down_exps.blocks"),
          Map.entry("mlp.experts.down_proj_scales", "ffn_down_exps.scales"));

  private static final Map<String, String> EXPERTS =
      Map.of(
          "gate_proj", "ffn_gate_exps",
          "up_proj", "ffn_up_exps",
          "down_proj", "ffn_down_exps",
          "w1", "ffn_gate_exps",
          "w3", "ffn_up_exps",
          "w2", "ffn_down_exps");

  private static final Map<String, String> COMMON = common();

  private static Map<String, String> common() {
    Map<String, String> names = new LinkedHashMap<>();
    names.put("input_layernorm", "attn_norm");
    names.put("self_attn.q_proj", "attn_q");
    names.put("self_attn.k_proj", "attn_k");
    names.put("self_attn.v_proj", "attn_v");
    names.put("self_attn.qkv_proj", "attn_qkv");
    names.put("self_attn.W_pack", "attn_qkv");
    names.put("self_attn.o_proj", "attn_output");
    names.put("self_attn.q_norm", "attn_q_norm");
    names.put("self_attn.k_norm", "attn_k_norm");
    names.put("post_attention_layernorm", "ffn_norm");
    names.put("mlp.gate_proj", "ffn_gate");
    names.put("mlp.up_proj", "ffn_up");
    names.put("mlp.gate_up_proj", "ffn_up");
    names.put("mlp.down_proj", "ffn_down");
    names.put("mlp.c_fc", "ffn_up");
    names.put("mlp.c_proj", "ffn_down");
    names.put("mlp.gate", "ffn_gate_inp");
    names.put("block_sparse_moe.gate", "ffn_gate_inp");
    names.put("mlp.shared_expert.gate_proj", "ffn_gate_shexp");
    names.put("mlp.shared_expert.up_proj", "ffn_up_shexp");
    names.put("mlp.shared_expert.down_proj", "ffn_down_shexp");
    names.put("mlp.shared_expert_gate", "ffn_gate_inp_shexp");
    names.put("mlp.router", "ffn_gate_inp");
    for (String shared : List.of("mlp.shared_experts.", "mlp.shared_mlp.")) {
      names.put(shared + "gate_proj", "ffn_gate_shexp");
      names.put(shared + "up_proj", "ffn_up_shexp");
      names.put(shared + "down_proj", "ffn_down_shexp");
    }
    names.put("self_attn.q_a_proj", "attn_q_a");
    names.put("self_attn.q_a_layernorm", "attn_q_a_norm");
    names.put("self_attn.q_b_proj", "attn_q_b");
    names.put("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa");
    names.put("self_attn.kv_a_layernorm", "attn_kv_a_norm");
    names.put("self_attn.kv_b_proj", "attn_kv_b");
    names.put("self_attention.query_key_value", "attn_qkv");
    names.put("self_attention.dense", "attn_output");
    names.put("mlp.dense_h_to_4h", "ffn_up");
    names.put("mlp.dense_4h_to_h", "ffn_down");
    return names;
  }

  private Map<String, String> ownNames() {
    return switch (this) {
      case GEMMA2, GEMMA3, GEMMA_EMBEDDING ->
          Map.of(
              "post_attention_layernorm", "post_attention_norm",
              "pre_feedforward_layernorm", "ffn_norm",
              "post_feedforward_layernorm", "post_ffw_norm");
      case OLMO2 ->
          Map.of(
              "post_attention_layernorm", "post_attention_norm",
              "post_feedforward_layernorm", "post_ffw_norm");
      case GLM4 ->
          Map.of(
              "post_self_attn_layernorm", "post_attention_norm",
              "post_mlp_layernorm", "post_ffw_norm");
      case QWEN ->
          Map.of(
              "ln_1", "attn_norm",
              "attn.c_attn", "attn_qkv",
              "attn.c_proj", "attn_output",
              "ln_2", "ffn_norm",
              "mlp.w1", "ffn_up",
              "mlp.w2", "ffn_gate");
      case CODESHELL, GPT2, GPT_BIGCODE ->
          Map.of(
              "ln_1", "attn_norm",
              "attn.c_attn", "attn_qkv",
              "attn.c_proj", "attn_output",
              "ln_2", "ffn_norm");
      case GRANITE_MOE, GRANITE_MOE_SHARED ->
          Map.of(
              "block_sparse_moe.router.layer", "ffn_gate_inp",
              "block_sparse_moe.input_linear", "ffn_gate_up_exps",
              "block_sparse_moe.output_linear", "ffn_down_exps",
              "shared_mlp.input_linear", "ffn_gate_up_shexp",
              "shared_mlp.output_linear", "ffn_down_shexp");
      case HUNYUAN, HUNYUAN_MOE ->
          Map.of(
              "self_attn.query_layernorm", "attn_q_norm",
              "self_attn.key_layernorm", "attn_k_norm",
              "mlp.gate.wg", "ffn_gate_inp");
      case INTERNLM2 ->
          Map.of(
              "attention_norm", "attn_norm",
              "attention.wqkv", "attn_qkv",
              "attention.wo", "attn_output",
              "ffn_norm", "ffn_norm",
              "feed_forward.w1", "ffn_gate",
              "feed_forward.w3", "ffn_up",
              "feed_forward.w2", "ffn_down");
      case CHATGLM1 ->
          Map.of(
              "attention.query_key_value", "attn_qkv",
              "attention.dense", "attn_output");
      case FALCON -> Map.of("ln_mlp", "attn_norm", "ln_attn", "attn_norm_2");
      case GPT_NEOX ->
          Map.of("attention.query_key_value", "attn_qkv", "attention.dense", "attn_output");
      case MPT ->
          Map.of(
              "norm_1", "attn_norm",
              "attn.Wqkv", "attn_qkv",
              "attn.q_ln", "attn_q_norm",
              "attn.k_ln", "attn_k_norm",
              "attn.out_proj", "attn_output",
              "norm_2", "ffn_norm",
              "ffn.up_proj", "ffn_up",
              "ffn.down_proj", "ffn_down");
      case PHI ->
          Map.of("self_attn.dense", "attn_output", "mlp.fc1", "ffn_up", "mlp.fc2", "ffn_down");
      case GPT_OSS -> Map.of("post_attention_layernorm", "post_attention_norm");
      default -> Map.of();
    };
  }
}
