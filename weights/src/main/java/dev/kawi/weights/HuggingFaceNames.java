package dev.kawi.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

// How it works. Most publishers name tensors as Llama does, so there is one table of common names,
// and a family adds a few of its own, which win. A row maps what follows `model.layers.N.` (or its
// like) to what follows `blk.N.`; the tensors outside of layers have a table of their own.

/// The names that tensors of decoders have in the publisher's files and in GGUF. Source: the tensor
/// mapping of llama.cpp's conversion scripts, and the models of Hugging Face transformers.
final class HuggingFaceNames {
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
          Map.entry("linear_attn.A_log", "ssm_a"),
          Map.entry("linear_attn.dt_bias", "ssm_dt.bias"),
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

  private HuggingFaceNames() {}

  /// The name in GGUF of a tensor; empty for one that no forward pass needs.
  ///
  /// @param own names of modules in layers that only the family has
  static Optional<String> ggufName(String name, Map<String, String> own) {
    String inside = name.startsWith("model.language_model.") ? name.substring(6) : name;
    String whole = inside.startsWith("language_model.") ? inside.substring(15) : inside;
    String plain = BODY.matcher(whole).lookingAt() ? "model." + whole : whole;
    return Optional.ofNullable(OUTSIDE.get(plain)).or(() -> ofLayer(plain, own));
  }

  private static Optional<String> ofLayer(String name, Map<String, String> own) {
    Matcher layer = LAYER.matcher(name);
    return layer.matches()
        ? inLayer(layer.group(2), own).map(tail -> "blk." + layer.group(1) + "." + tail)
        : Optional.empty();
  }

  private static Optional<String> inLayer(String name, Map<String, String> own) {
    Matcher module = MODULE.matcher(name);
    Optional<String> whole = Optional.ofNullable(OF_NO_MODULE.get(name));
    return whole.isEmpty() && module.matches()
        ? module(module.group(1), own).map(tail -> tail + module.group(2))
        : whole;
  }

  private static Optional<String> module(String name, Map<String, String> own) {
    Matcher expert = EXPERT.matcher(name);
    if (expert.matches()) {
      return Optional.ofNullable(EXPERTS.get(expert.group(2)))
          .map(matrix -> matrix + "." + expert.group(1));
    }
    Matcher norm = HEAD_NORM.matcher(name);
    if (norm.matches()) {
      return Optional.of("attn_%s_norm.%s".formatted(norm.group(1), norm.group(2)));
    }
    return Optional.ofNullable(own.getOrDefault(name, COMMON.get(name)));
  }
}
