package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.weights.HuggingFaceFamily.Trait;
import java.util.List;
import java.util.Optional;

/// The experts of a `config.json` under the keys that GGUF has for them.
record HuggingFaceExperts(
    HuggingFaceConfig config, HuggingFaceFamily family, Metadata.Builder all) {
  /// All keys; none for a dense model.
  void write() {
    Optional<Integer> count =
        config
            .integer("num_local_experts", "num_experts", "n_routed_experts")
            .filter(n -> n > 0 && !family.has(Trait.NO_EXPERTS));
    if (count.isPresent()) {
      all.u32(key("expert_count"), count.get());
      all.u32(
          key("expert_used_count"),
          config
              .integerOfAll("num_experts_per_tok", "moe_topk", "moe_top_k", "experts_per_token")
              .orElseThrow(() -> config.wrong("num_experts_per_tok", "is missing")));
      sizes();
      check();
    }
    if (family.has(Trait.DEEPSEEK_EXPERTS)) {
      deepSeek(count.isPresent());
    }
  }

  private String key(String ending) {
    return family.architecture() + "." + ending;
  }

  private void sizes() {
    config
        .integerOfAll("moe_intermediate_size")
        .ifPresent(size -> all.u32(key("expert_feed_forward_length"), size));
    config
        .integer("shared_expert_intermediate_size", "shared_intermediate_size")
        .ifPresent(size -> all.u32(key("expert_shared_feed_forward_length"), size));
  }

  private void check() {
    config.requireNumber("decoder_sparse_step", 1);
    config.requireNumber("moe_layer_freq", 1);
    config.requireNumber("moe_layer_num_skipped", 0);
    if (!config.texts("mlp_only_layers").isEmpty()) {
      throw config.wrong("mlp_only_layers", "names layers without experts, which is not supported");
    }
  }

  private void deepSeek(boolean hasExperts) {
    all.u32(
        key("leading_dense_block_count"),
        hasExperts
            ? config.integer("first_k_dense_replace").orElse(0)
            : config.needed("num_hidden_layers"));
    if (!hasExperts) {
      return;
    }
    config
        .integer("n_shared_experts")
        .ifPresent(count -> all.u32(key("expert_shared_count"), count));
    config
        .number("routed_scaling_factor")
        .filter(factor -> isScaled())
        .ifPresent(factor -> all.f32(key("expert_weights_scale"), factor.floatValue()));
    boolean sigmoid = family.has(Trait.SIGMOID_EXPERTS);
    all.bool(key("expert_weights_norm"), config.isOn("norm_topk_prob", sigmoid));
    config.requireOneOf("scoring_func", List.of("softmax", "sigmoid"));
    String function = config.text("scoring_func").orElse(sigmoid ? "sigmoid" : "softmax");
    all.u32(key("expert_gating_func"), function.equals("sigmoid") ? 2 : 1);
    groups();
  }

  /// Whether weights of experts are multiplied. Those that sum to 1 are not where softmax makes
  /// them. Source: `MoEGate` of the publisher's DeepSeek-V2 and DeepSeek-V3.
  private boolean isScaled() {
    return family.has(Trait.SIGMOID_EXPERTS) || !config.isOn("norm_topk_prob");
  }

  /// Experts are chosen among all, or among those of the best groups.
  private void groups() {
    config.requireOneOf("topk_method", List.of("greedy", "group_limited_greedy", "noaux_tc"));
    if (!config.text("topk_method").equals(Optional.of("greedy"))) {
      config.integer("n_group").ifPresent(n -> all.u32(key("expert_group_count"), n));
      config.integer("topk_group").ifPresent(n -> all.u32(key("expert_group_used_count"), n));
    }
  }
}
