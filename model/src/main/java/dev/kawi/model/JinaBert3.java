package dev.kawi.model;

import dev.kawi.nn.Encoder;

/// Jina Embeddings v3 without its adapters: XLM-RoBERTa with a rope instead of learnt positions.
/// Source: arXiv 2409.10173.
final class JinaBert3 implements EncoderArchitecture {
  @Override
  public String name() {
    return "jina-bert-v3";
  }

  @Override
  public Encoder build(Checkpoint checkpoint) {
    return EncoderLayers.roped(checkpoint, i -> Layers.mlp(checkpoint, i, Layers.gelu(checkpoint)));
  }
}
