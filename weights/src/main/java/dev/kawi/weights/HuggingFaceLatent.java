package dev.kawi.weights;

import dev.kawi.gguf.Metadata;

/// The sizes of latent attention in a `config.json` under the keys that GGUF has for them, in the
/// form where keys and values come of one matrix. Source: the DeepSeek-V2 model of Hugging Face
/// transformers.
record HuggingFaceLatent(HuggingFaceConfig config, Metadata.Builder all, String arch) {
  /// No configuration has it: the publishers' code leaves it out where it makes these norms.
  private static final float EPSILON = 1e-6f;

  /// The sizes of heads and of what they are made of.
  void sizes() {
    int heads = config.needed("num_attention_heads");
    all.f32(HuggingFaceFolder.LATENT_EPSILON, EPSILON);
    all.u32(arch + ".attention.kv_lora_rank", config.needed("kv_lora_rank"));
    config.integer("q_lora_rank").ifPresent(rank -> all.u32(arch + ".attention.q_lora_rank", rank));
    all.u32(
        arch + ".attention.key_length",
        config.width("qk_nope_head_dim") + config.width("qk_rope_head_dim"));
    all.u32(
        arch + ".attention.value_length",
        config
            .integer("v_head_dim")
            .orElseGet(() -> config.needed("hidden_size") / Math.max(1, heads)));
  }

  /// How YaRN changes scores: rotated elements keep their magnitude only where both factors are
  /// equal.
  void yarn(HuggingFaceConfig scaling) {
    double ofScores =
        scaling
            .number("mscale_all_dim")
            .orElseThrow(() -> config.wrong("rope_scaling.mscale_all_dim", "is missing"));
    double ofRope = scaling.number("mscale").orElse(1.0);
    if (ofRope != ofScores) {
      throw config.wrong(
          "rope_scaling.mscale",
          "is %s and mscale_all_dim %s; supported are equal ones".formatted(ofRope, ofScores));
    }
    all.f32(arch + ".rope.scaling.yarn_log_multiplier", (float) (0.1 * ofScores));
  }
}
