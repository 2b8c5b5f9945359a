package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.weights.HuggingFaceFamily.Activation;
import dev.kawi.weights.HuggingFaceFamily.Keys;
import dev.kawi.weights.HuggingFaceFamily.Layout;
import dev.kawi.weights.HuggingFaceFamily.Trait;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// All families, one entry each: what a publisher's folder has in another way than Llama's. Source:
/// the tensor mapping of llama.cpp's conversion scripts, and the models of Hugging Face
/// transformers.
final class HuggingFaceFamilies {
  private static final int POSITIONS_OF_NOMIC_MOE = 512;
  private static final int MAX_SHARED_EXPERTS = 64;

  private static final Map<String, String> HUNYUAN_NAMES =
      Map.of(
          "self_attn.query_layernorm", "attn_q_norm",
          "self_attn.key_layernorm", "attn_k_norm",
          "mlp.gate.wg", "ffn_gate_inp");

  private static final Map<String, String> GEMMA_NAMES =
      Map.of(
          "post_attention_layernorm", "post_attention_norm",
          "pre_feedforward_layernorm", "ffn_norm",
          "post_feedforward_layernorm", "post_ffw_norm");

  private static final Map<String, String> GRANITE_NAMES =
      Map.of(
          "block_sparse_moe.router.layer", "ffn_gate_inp",
          "block_sparse_moe.input_linear", "ffn_gate_up_exps",
          "block_sparse_moe.output_linear", "ffn_down_exps",
          "shared_mlp.input_linear", "ffn_gate_up_shexp",
          "shared_mlp.output_linear", "ffn_down_shexp");

  private static final Map<String, String> DELTA_NET_NAMES =
      Map.of(
          "post_attention_layernorm", "post_attention_norm",
          "linear_attn.in_proj_qkvz", "ssm_in",
          "linear_attn.in_proj_ba", "ssm_ba",
          "linear_attn.in_proj_qkv", "attn_qkv",
          "linear_attn.in_proj_z", "attn_gate",
          "linear_attn.in_proj_b", "ssm_beta",
          "linear_attn.in_proj_a", "ssm_alpha",
          "linear_attn.conv1d", "ssm_conv1d",
          "linear_attn.norm", "ssm_norm",
          "linear_attn.out_proj", "ssm_out");

  private static final Map<String, String> GPT_NAMES =
      Map.of(
          "ln_1", "attn_norm",
          "attn.c_attn", "attn_qkv",
          "attn.c_proj", "attn_output",
          "ln_2", "ffn_norm");

  private static final Map<String, String> GLM_NAMES =
      Map.of("attention.query_key_value", "attn_qkv", "attention.dense", "attn_output");

  /// All, those that fit fewer configurations before others of their `model_type`.
  static final List<HuggingFaceFamily> ALL =
      Stream.of(encoders(), likeLlama(), gemmas(), experts(), deltaNets(), likeGpt(), others())
          .flatMap(List::stream)
          .map(HuggingFaceFamily.Builder::build)
          .toList();

  private HuggingFaceFamilies() {}

  // ---- encoders ----

  private static List<HuggingFaceFamily.Builder> encoders() {
    return List.of(
        bert("bert", "jina-bert-v2")
            .onlyIf(config -> hasPositions(config, "alibi"))
            .positionKind("alibi")
            .layout(Layout.UP_AND_GATE)
            .check(config -> config.requireOneOf("feed_forward_type", List.of("geglu"))),
        bert("bert", "bert"),
        roberta("xlm-roberta", "jina-bert-v3")
            .onlyIf(config -> hasPositions(config, "rotary"))
            .positionKind("rotary"),
        roberta("xlm-roberta", "bert"),
        roberta("roberta", "bert"),
        roberta("camembert", "bert"),
        bert("distilbert", "bert")
            .activation(Activation.gelu().exact().under("activation"))
            .layerNormEpsilon(1e-12)
            .with(Trait.UNSUPPORTED_CLASSIFIER),
        bert("nomic_bert", "nomic-bert-moe")
            .onlyIf(config -> config.integer("moe_every_n_layers").filter(n -> n > 0).isPresent())
            .activation(Activation.gelu().exact().under("activation_function"))
            .layout(Layout.NOMIC_EXPERTS)
            .contextLength((_, claimed) -> Math.min(claimed, POSITIONS_OF_NOMIC_MOE))
            .check(HuggingFaceFamilies::checkNomic)
            .keys(HuggingFaceFamilies::nomicExperts),
        bert("nomic_bert", "nomic-bert")
            .activation(
                new Activation("activation_function", List.of("swiglu"), Optional.of("gelu")))
            .contextLength((config, claimed) ->
                Math.min(claimed, config.integer("max_trained_positions").orElse(claimed)))
            .check(HuggingFaceFamilies::checkNomic),
        bert("modernbert", "modern-bert")
            .activation(
                new Activation(
                    "hidden_activation",
                    Stream.concat(Activation.SILU.stream(), Activation.GELU.stream()).toList(),
                    Optional.of("gelu")))
            .check(config -> config.requireOneOf("classifier_activation", List.of("gelu")))
            .keys(HuggingFaceEncoder::modernBert));
  }

  private static HuggingFaceFamily.Builder bert(String modelType, String architecture) {
    return HuggingFaceFamily.builder(modelType, architecture)
        .activation(Activation.gelu().exact())
        .with(Trait.ENCODER, Trait.NAMES_OF_BERT);
  }

  /// Its first two positions are those of padding.
  private static HuggingFaceFamily.Builder roberta(String modelType, String architecture) {
    return bert(modelType, architecture)
        .with(Trait.UNUSED_POSITIONS)
        .contextLength((_, claimed) -> claimed - PublishedLayout.UNUSED_POSITIONS);
  }

  private static boolean hasPositions(HuggingFaceConfig config, String kind) {
    return config.text("position_embedding_type").filter(kind::equals).isPresent();
  }

  private static void checkNomic(HuggingFaceConfig config) {
    config.requireOff("prenorm", "rotary_emb_interleaved", "use_rms_norm", "causal");
    config.requireNumber("rotary_emb_fraction", 1);
  }

  private static void nomicExperts(HuggingFaceConfig config, Metadata.Builder all) {
    all.u32("nomic-bert-moe.moe_every_n_layers", config.needed("moe_every_n_layers"));
    config.requireOff("moe_normalize_expert_weights", "expert_choice_router");
    config.requireNumber("num_shared_experts", 0);
  }

  // ---- like Llama ----

  private static List<HuggingFaceFamily.Builder> likeLlama() {
    return List.of(
        llama("llama", "llama"),
        llama("mistral", "llama").with(Trait.WINDOW_IN_ALL_LAYERS),
        llama("mixtral", "llama").with(Trait.WINDOW_IN_ALL_LAYERS),
        llama("internlm", "llama").with(Trait.DYNAMIC_ROPE_BEYOND_CONTEXT),
        llama("internlm3", "llama").with(Trait.DYNAMIC_ROPE_BEYOND_CONTEXT),
        llama("skywork", "llama"),
        llama("baichuan", "baichuan").layout(Layout.UNIT_ROWS_OF_BAICHUAN2),
        family("qwen2", "qwen2"),
        family("qwen3", "qwen3").headDim(128),
        family("phi3", "phi3").with(Trait.WINDOW_IN_ALL_LAYERS),
        llama("granite", "granite"),
        family("hunyuan_v1_dense", "hunyuan-dense")
            .with(Trait.DYNAMIC_ROPE_OF_ALPHA, Trait.NO_EXPERTS)
            .names(HUNYUAN_NAMES),
        llama("internlm2", "internlm2")
            .with(Trait.DYNAMIC_ROPE_BEYOND_CONTEXT)
            .layout(Layout.QKV_BY_KV_HEAD)
            .names(
                Map.of(
                    "attention_norm", "attn_norm",
                    "attention.wqkv", "attn_qkv",
                    "attention.wo", "attn_output",
                    "ffn_norm", "ffn_norm",
                    "feed_forward.w1", "ffn_gate",
                    "feed_forward.w3", "ffn_up",
                    "feed_forward.w2", "ffn_down")),
        family("olmo2", "olmo2")
            .names(
                Map.of(
                    "post_attention_layernorm", "post_attention_norm",
                    "post_feedforward_layernorm", "post_ffw_norm")),
        llama("smollm3", "smollm3").check(HuggingFaceFamilies::checkLayersWithoutRope),
        llama("minicpm", "minicpm").keys(HuggingFaceFamilies::miniCpm),
        llama("olmo", "olmo"));
  }

  private static HuggingFaceFamily.Builder family(String modelType, String architecture) {
    return HuggingFaceFamily.builder(modelType, architecture);
  }

  private static HuggingFaceFamily.Builder llama(String modelType, String architecture) {
    return family(modelType, architecture).with(Trait.ROPE_OF_HALVES);
  }

  /// Every fourth layer has none.
  private static void checkLayersWithoutRope(HuggingFaceConfig config) {
    config.requireNumber("no_rope_layer_interval", 4);
    float[] hasRope = config.numbers("no_rope_layers").orElse(new float[0]);
    for (int i = 0; i < hasRope.length; i++) {
      float expected = (i + 1) % 4 == 0 ? 0 : 1;
      if (hasRope[i] != expected) {
        throw config.wrong(
            "no_rope_layers",
            "says %s of layer %d, supported is %s".formatted(hasRope[i], i, expected));
      }
    }
  }

  private static void miniCpm(HuggingFaceConfig config, Metadata.Builder all) {
    int hidden = HuggingFaceMetadata.hiddenSize(config);
    double depth = config.number("scale_depth").orElse(1.0);
    int base = config.integer("dim_model_base").filter(b -> b > 0).orElse(hidden);
    all.f32("minicpm.embedding_scale", config.number("scale_emb").orElse(1.0).floatValue());
    all.f32(
        "minicpm.residual_scale",
        (float) (depth / Math.sqrt(HuggingFaceMetadata.numLayers(config))));
    all.f32("minicpm.logit_scale", (float) hidden / base);
  }

  // ---- Gemma ----

  private static List<HuggingFaceFamily.Builder> gemmas() {
    return List.of(
        gemma("gemma", "gemma"),
        gemma("gemma2", "gemma2").names(GEMMA_NAMES).windowPeriod(2).keys(slidingWindow("gemma2")),
        gemma("gemma3_text", "gemma-embedding")
            .onlyIf(config -> config.isOn("use_bidirectional_attention"))
            .with(Trait.ENCODER)
            .names(GEMMA_NAMES)
            .keys(HuggingFaceEncoder::embeddingGemma),
        gemma("gemma3_text", "gemma3")
            .names(GEMMA_NAMES)
            .windowPeriod(6)
            .keys(slidingWindow("gemma3")));
  }

  /// Gemma 1 may say `gelu` under `hidden_act`, which its publisher's code does not read.
  private static HuggingFaceFamily.Builder gemma(String modelType, String architecture) {
    return family(modelType, architecture)
        .activation(Activation.gelu().under("hidden_activation"))
        .headDim(256)
        .with(Trait.NORMS_LESS_ONE);
  }

  private static Keys slidingWindow(String architecture) {
    return (config, all) ->
        all.u32(
            architecture + ".attention.sliding_window", config.integer("sliding_window").orElse(0));
  }

  // ---- experts, latent attention ----

  private static List<HuggingFaceFamily.Builder> experts() {
    return List.of(
        family("qwen2_moe", "qwen2moe").check(config -> config.requireOff("norm_topk_prob")),
        family("qwen3_moe", "qwen3moe").check(HuggingFaceFamilies::checkNormalizedExperts),
        llama("granitemoe", "granitemoe").layout(Layout.GATE_UP_HALVES).names(GRANITE_NAMES),
        llama("granitemoeshared", "granitemoe").layout(Layout.GATE_UP_HALVES).names(GRANITE_NAMES),
        family("hunyuan_v1_moe", "hunyuan-moe")
            .with(Trait.DYNAMIC_ROPE_OF_ALPHA)
            .names(HUNYUAN_NAMES)
            .keys(HuggingFaceFamilies::hunyuanExperts),
        llama("deepseek", "deepseek").with(Trait.DEEPSEEK_EXPERTS),
        deepSeek2("deepseek_v2"),
        deepSeek2("deepseek_v3").with(Trait.SIGMOID_EXPERTS),
        deepSeek2("kimi_k2").with(Trait.SIGMOID_EXPERTS),
        family("minicpm3", "minicpm3")
            .with(Trait.LATENT_ATTENTION)
            .check(config -> {
              config.requireNumber("scale_emb", 12);
              config.requireNumber("scale_depth", 1.4);
              config.requireNumber("dim_model_base", 256);
            }),
        family("gpt_oss", "gpt-oss")
            .headDim(64)
            .windowPeriod(2)
            .layout(Layout.GPT_OSS)
            .names(Map.of("post_attention_layernorm", "post_attention_norm"))
            .check(config -> config.requireNumber("swiglu_limit", 7))
            .keys(slidingWindow("gpt-oss")));
  }

  private static HuggingFaceFamily.Builder deepSeek2(String modelType) {
    return family(modelType, "deepseek2").with(Trait.LATENT_ATTENTION, Trait.DEEPSEEK_EXPERTS);
  }

  private static void checkNormalizedExperts(HuggingFaceConfig config) {
    if (!config.isOn("norm_topk_prob")) {
      throw config.wrong("norm_topk_prob", "is false or missing, which is not supported");
    }
  }

  private static void hunyuanExperts(HuggingFaceConfig config, Metadata.Builder all) {
    int count = config.integerOfAll("num_shared_expert").orElse(1);
    if (count > MAX_SHARED_EXPERTS) {
      throw config.wrong("num_shared_expert", "is %d, expected up to 64".formatted(count));
    }
    int size = config.width("intermediate_size") * count;
    all.u32("hunyuan-moe.expert_shared_feed_forward_length", size);
  }

  // ---- gated delta nets ----

  private static List<HuggingFaceFamily.Builder> deltaNets() {
    return List.of(
        deltaNet("qwen3_next", "qwen3next"),
        deltaNet("qwen3_5_text", "qwen35"),
        deltaNet("qwen3_5_moe_text", "qwen35moe"));
  }

  private static HuggingFaceFamily.Builder deltaNet(String modelType, String architecture) {
    return family(modelType, architecture)
        .headDim(256)
        .rotaryPart(0.25)
        .layout(Layout.GATED_DELTA_NET)
        .with(Trait.GATED_DELTA_NETS, Trait.NORMS_LESS_ONE)
        .names(DELTA_NET_NAMES)
        .check(config -> config.requireOn("attn_output_gate", "norm_topk_prob"))
        .keys((config, all) -> new HuggingFaceDeltaNet(config, all, architecture).write());
  }

  // ---- like GPT-2 ----

  private static List<HuggingFaceFamily.Builder> likeGpt() {
    return List.of(
        gelu("starcoder2", "starcoder2").with(Trait.WINDOW_IN_ALL_LAYERS),
        gpt("gpt2", "gpt2").layout(Layout.TRANSPOSED).with(Trait.FOURFOLD_FEED_FORWARD),
        gpt("codeshell", "codeshell").positionKind("rope"),
        gpt("gpt_bigcode", "starcoder")
            .with(Trait.FOURFOLD_FEED_FORWARD)
            .kvHeads(_ -> 1)
            .check(config -> config.requireOn("multi_query")),
        gelu("bloom", "bloom").layout(Layout.QKV_BY_KV_HEAD).with(Trait.FOURFOLD_FEED_FORWARD),
        family("gpt_neox", "gptneox")
            .activation(Activation.gelu().exact())
            .rotaryPart(0.25)
            .layout(Layout.QKV_BY_KV_HEAD)
            .names(GLM_NAMES)
            .keys((config, all) ->
                all.bool(
                    "gptneox.use_parallel_residual", config.isOn("use_parallel_residual", true))),
        family("falcon", "falcon")
            .activation(Activation.gelu().exact().under("activation"))
            .layout(Layout.QKV_BY_KV_HEAD)
            .with(Trait.FOURFOLD_FEED_FORWARD)
            .names(Map.of("ln_mlp", "attn_norm", "ln_attn", "attn_norm_2"))
            .kvHeads(HuggingFaceFamilies::falconKvHeads),
        family("mpt", "mpt")
            .activation(Activation.gelu().exact())
            .with(Trait.FOURFOLD_FEED_FORWARD)
            .names(
                Map.of(
                    "norm_1", "attn_norm",
                    "attn.Wqkv", "attn_qkv",
                    "attn.q_ln", "attn_q_norm",
                    "attn.k_ln", "attn_k_norm",
                    "attn.out_proj", "attn_output",
                    "norm_2", "ffn_norm",
                    "ffn.up_proj", "ffn_up",
                    "ffn.down_proj", "ffn_down"))
            .kvHeads(
                config -> new HuggingFaceMpt(config).kvHeads(HuggingFaceMetadata.numHeads(config)))
            .keys((config, all) -> new HuggingFaceMpt(config).write(all)),
        gelu("phi", "phi2")
            .rotaryPart(0.5)
            .names(
                Map.of(
                    "self_attn.dense", "attn_output", "mlp.fc1", "ffn_up", "mlp.fc2", "ffn_down"))
            .check(config -> config.requireOff("qk_layernorm")));
  }

  private static HuggingFaceFamily.Builder gelu(String modelType, String architecture) {
    return family(modelType, architecture).activation(Activation.gelu());
  }

  private static HuggingFaceFamily.Builder gpt(String modelType, String architecture) {
    return family(modelType, architecture)
        .activation(Activation.gelu().under("activation_function"))
        .names(GPT_NAMES);
  }

  private static int falconKvHeads(HuggingFaceConfig config) {
    if (config.isOn("new_decoder_architecture")) {
      return config.needed("num_kv_heads", "n_head_kv");
    }
    return config.isOn("multi_query", true) ? 1 : HuggingFaceMetadata.numHeads(config);
  }

  // ---- GLM, Qwen 1, Command R, StableLM ----

  private static List<HuggingFaceFamily.Builder> others() {
    return List.of(
        family("glm4", "glm4")
            .headDim(128)
            .rotaryPart(0.5)
            .names(
                Map.of(
                    "post_self_attn_layernorm", "post_attention_norm",
                    "post_mlp_layernorm", "post_ffw_norm")),
        gelu("chatglm", "chatglm1")
            .onlyIf(config -> config.integer("inner_hidden_size").isPresent())
            .rotaryPart(0.5)
            .layout(Layout.QKV_BY_KV_HEAD)
            .with(Trait.POSITIONS_OF_TWO_AXES)
            .names(GLM_NAMES)
            .check(config -> {
              config.requireNumber("quantization_bit", 0);
              config.requireNumber("pre_seq_len", 0);
            })
            .keys(HuggingFaceFamilies::chatGlm1),
        family("chatglm", "chatglm").rotaryPart(0.5).with(Trait.RMS_EPSILON_AS_OF_LAYER_NORM),
        // beyond seq_length, its publisher's code scales frequencies and scores
        family("qwen", "qwen")
            .contextKeys("seq_length")
            .with(Trait.RMS_EPSILON_AS_OF_LAYER_NORM)
            .names(
                Map.of(
                    "ln_1", "attn_norm",
                    "attn.c_attn", "attn_qkv",
                    "attn.c_proj", "attn_output",
                    "ln_2", "ffn_norm",
                    "mlp.w1", "ffn_up",
                    "mlp.w2", "ffn_gate")),
        // model_max_length is what it was trained with
        family("cohere", "command-r").logitScale(0.0625).contextKeys("model_max_length"),
        family("cohere2", "cohere2")
            .logitScale(0.0625)
            .windowPeriod(4)
            .keys(slidingWindow("cohere2")),
        family("stablelm", "stablelm").rotaryPart(0.25));
  }

  private static void chatGlm1(HuggingFaceConfig config, Metadata.Builder all) {
    all.u32("chatglm1.sop_token_id", config.integer("bos_token_id").orElse(150004));
    all.u32("chatglm1.gmask_token_id", config.integer("gmask_token_id").orElse(150001));
    all.u32("chatglm1.mask_token_id", config.integer("mask_token_id").orElse(150000));
  }
}
