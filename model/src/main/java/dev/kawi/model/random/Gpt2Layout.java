package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomTensor.Spread;

/// GPT-2 and StarCoder: embeddings of positions.
final class Gpt2Layout extends GptLayout {
  Gpt2Layout(RandomShape shape) {
    super(shape);
  }

  @Override
  void rope(Metadata.Builder all) {}

  @Override
  void afterEmbedding() {
    Spread spread = new Spread.Plain(0.6f);
    add("position_embd.weight", spread, shape.contextLength(), shape.hiddenSize());
  }
}
