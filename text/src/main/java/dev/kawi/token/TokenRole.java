package dev.kawi.token;

import java.util.List;

/// The special parts that a token can play, each with the key of GGUF metadata that says which
/// token plays it, and the texts by which llama.cpp knows it where no key does.
enum TokenRole {
  BOS("bos_token_id"),
  EOS("eos_token_id"),
  UNKNOWN("unknown_token_id"),
  SEPARATOR("seperator_token_id"),
  PADDING("padding_token_id"),
  MASK("mask_token_id"),
  EOT(
      "eot_token_id",
      "<|eot_id|>",
      "<|im_end|>",
      "<|end|>",
      "<end_of_turn>",
      "<|endoftext|>",
      "<|end_of_text|>",
      "<EOT>",
      "_<EOT>",
      "[EOT]",
      "<\uFF5Cend\u2581of\u2581sentence\uFF5C>",
      "<end_of_utterance>"),
  EOM("eom_token_id", "<|eom_id|>"),
  FIM_PREFIX(
      "fim_pre_token_id",
      "<|fim_prefix|>",
      "<fim-prefix>",
      "<fim_prefix>",
      "<\uFF5Cfim\u2581begin\uFF5C>",
      "<PRE>",
      "\u2581<PRE>",
      "<|code_prefix|>",
      "<|prefix|>"),
  FIM_SUFFIX(
      "fim_suf_token_id",
      "<|fim_suffix|>",
      "<fim-suffix>",
      "<fim_suffix>",
      "<\uFF5Cfim\u2581hole\uFF5C>",
      "<SUF>",
      "\u2581<SUF>",
      "<|code_suffix|>",
      "<|suffix|>"),
  FIM_MIDDLE(
      "fim_mid_token_id",
      "<|fim_middle|>",
      "<fim-middle>",
      "<fim_middle>",
      "<\uFF5Cfim\u2581end\uFF5C>",
      "<MID>",
      "\u2581<MID>",
      "<|code_middle|>",
      "<|middle|>"),
  FIM_PAD("fim_pad_token_id", "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"),
  FIM_REPOSITORY(
      "fim_rep_token_id", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"),
  FIM_SEPARATOR("fim_sep_token_id", "<|file_sep|>");

  /// What ends a generation wherever it is in a vocabulary: the list of llama.cpp, and the ends of
  /// turns of the families in `fallback-templates.json`.
  static final List<String> ENDS_OF_GENERATION =
      List.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<|flush|>",
          "<|calls|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "</s>",
          "<|eom_id|>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<|end_of_text|>",
          "<end_of_utterance>",
          "<eos>",
          "<turn|>",
          "<|tool_response>",
          "[e~[",
          "<\uFF5Cend\u2581of\u2581sentence\uFF5C>",
          "<|EOT|>",
          "<|eot|>",
          "<|eos|>",
          "<|END_OF_TURN_TOKEN|>",
          "<|end_of_turn|>",
          "<|turn_end|>",
          "<|endofturn|>",
          "[|endofturn|]",
          "<|endofresponse|>",
          "<|message_sep|>",
          "<|separator|>",
          "<seed:eos>",
          "<eoa>",
          "<_end>",
          "<\uFF5Chy_place\u2581holder\u2581no\u25812\uFF5C>");

  /// What opens the next turn of GLM models, and so ends theirs. Source: `eos_token_id` of their
  /// `generation_config.json`.
  static final List<String> GLM_TURNS = List.of("<|user|>", "<|observation|>");

  /// The marks of the two sides in Baichuan's models, which have ids 195 and 196; the first ends a
  /// generation.
  static final List<List<String>> BAICHUAN_TURNS =
      List.of(
          List.of("<reserved_106>", "<reserved_107>"), List.of("<reserved_102>", "<reserved_103>"));

  private final String key;

  @SuppressWarnings("ImmutableEnumChecker") // List.of
  private final List<String> texts;

  TokenRole(String key, String... texts) {
    this.key = "tokenizer.ggml." + key;
    this.texts = List.of(texts);
  }

  /// The GGUF key.
  String key() {
    return key;
  }

  /// The texts by which it is known, the most certain first.
  List<String> texts() {
    return texts;
  }
}
