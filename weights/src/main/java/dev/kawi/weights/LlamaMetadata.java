package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import java.nio.file.Path;

/// What an importer of a LLaMA says in the GGUF file.
final class LlamaMetadata {
  private LlamaMetadata() {}

  /// Metadata of a model that is imported from `in`, whose name becomes the model's.
  ///
  /// @param fileType how most weights are stored, by GGUF's `general.file_type`
  static Metadata of(
      Path in, int fileType, LlamaSizes sizes, float rmsNormEps, LlamaVocabulary vocabulary) {
    return Metadata.builder()
        .string("general.architecture", "llama")
        .string("general.name", nameOf(in))
        .u32("general.file_type", fileType)
        .u32("llama.vocab_size", sizes.vocabSize())
        .u32("llama.context_length", sizes.contextLength())
        .u32("llama.embedding_length", sizes.hiddenSize())
        .u32("llama.feed_forward_length", sizes.intermediateSize())
        .u32("llama.attention.head_count", sizes.numHeads())
        .u32("llama.attention.head_count_kv", sizes.numKvHeads())
        .u32("llama.block_count", sizes.numLayers())
        .u32("llama.rope.dimension_count", sizes.headDim())
        .f32("llama.attention.layer_norm_rms_epsilon", rmsNormEps)
        .string("tokenizer.ggml.model", "llama")
        .strings("tokenizer.ggml.tokens", vocabulary.tokens())
        .f32s("tokenizer.ggml.scores", vocabulary.scores())
        .i32s("tokenizer.ggml.token_type", vocabulary.types())
        .u32("tokenizer.ggml.unknown_token_id", LlamaVocabulary.UNKNOWN_ID)
        .u32("tokenizer.ggml.bos_token_id", LlamaVocabulary.BOS_ID)
        .u32("tokenizer.ggml.eos_token_id", LlamaVocabulary.EOS_ID)
        .build();
  }

  private static String nameOf(Path in) {
    return String.valueOf(in.getFileName()).replaceFirst("\\.[^.]*$", "");
  }
}
