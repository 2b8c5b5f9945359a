package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;

/// Llama, Mistral and Mixtral: biases of all matrices are optional.
final class LlamaLayout extends DecoderLayout {
  LlamaLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void expertKeys(Metadata.Builder all) {
    expertCounts(all);
  }

  @Override
  void attention(String block) {
    qkv(block, optionalBias());
    attentionOutput(block, optionalBias());
  }

  @Override
  void feedForward(String block, int layer) {
    if (shape.has(Feature.EXPERTS)) {
      experts(block);
    } else {
      gatedMlp(block, optionalBias());
    }
  }
}
