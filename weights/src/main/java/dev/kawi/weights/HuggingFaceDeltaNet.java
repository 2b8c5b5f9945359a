package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import java.util.List;

/// The sizes of gated delta nets in a `config.json` under the keys that GGUF has for them. Source:
/// the Qwen3-Next and Qwen3.5 models of Hugging Face transformers.
record HuggingFaceDeltaNet(HuggingFaceConfig config, Metadata.Builder all, String arch) {
  /// No configuration has it: the publisher's code leaves it out where queries and keys are brought
  /// to length 1.
  private static final float EPSILON = 1e-6f;

  /// All keys.
  void write() {
    int valueHeads = config.integer("linear_num_value_heads").orElse(32);
    long valueSize = (long) valueHeads * config.integer("linear_value_head_dim").orElse(128);
    all.u32(key("ssm.conv_kernel"), config.integer("linear_conv_kernel_dim").orElse(4));
    all.u32(key("ssm.state_size"), config.integer("linear_key_head_dim").orElse(128));
    all.u32(key("ssm.group_count"), config.integer("linear_num_key_heads").orElse(16));
    all.u32(key("ssm.time_step_rank"), valueHeads);
    if (valueSize > Integer.MAX_VALUE) {
      throw config.wrong(
          "linear_num_value_heads", "is %d, which is too many".formatted(valueHeads));
    }
    all.u32(key("ssm.inner_size"), valueSize);
    all.f32(HuggingFaceFolder.LENGTH_EPSILON, EPSILON);
    all.string(HuggingFaceFolder.VALUE_HEADS, "GROUPED");
    kindsOfLayers();
  }

  private String key(String ending) {
    return arch + "." + ending;
  }

  private void kindsOfLayers() {
    int layers = HuggingFaceMetadata.numLayers(config);
    List<String> types = config.texts("layer_types");
    if (types.isEmpty()) {
      all.u32(key("full_attention_interval"), config.integer("full_attention_interval").orElse(4));
      return;
    }
    if (types.size() != layers) {
      throw config.wrong(
          "layer_types", "has %d entries, expected %d".formatted(types.size(), layers));
    }
    boolean[] recurrent = new boolean[layers];
    for (int i = 0; i < layers; i++) {
      recurrent[i] =
          switch (types.get(i)) {
            case "linear_attention" -> true;
            case "full_attention" -> false;
            default ->
                throw config.wrong(
                    "layer_types",
                    "says %s of layer %d, supported are linear_attention and full_attention"
                        .formatted(types.get(i), i));
          };
    }
    all.bools(key("attention.recurrent_layers"), recurrent);
  }
}
