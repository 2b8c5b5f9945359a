package dev.kawi.model;

import dev.kawi.nn.Encoder;

/// BERT, and what is built like it: BGE, GTE, MiniLM, E5; XLM-RoBERTa with bge-m3 and the
/// bge-rerankers, whose GGUF files call themselves `bert`, too, with positions from 0. Source:
/// arXiv 1810.04805, arXiv 1911.02116.
final class Bert implements EncoderArchitecture {
  @Override
  public String name() {
    return "bert";
  }

  @Override
  public Encoder build(Checkpoint checkpoint) {
    return EncoderLayers.bert(
        checkpoint,
        checkpoint.embedding("position_embd"),
        Layers.blocks(
            checkpoint,
            i ->
                EncoderLayers.postNorm(
                    checkpoint,
                    i,
                    EncoderLayers.attention(checkpoint, i, null),
                    Layers.mlp(checkpoint, i, Layers.gelu(checkpoint)))));
  }
}
