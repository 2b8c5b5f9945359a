package dev.kawi.model.random;

import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomShape.Feature;

/// GPT-NeoX: attention and feed-forward in parallel or not, with a norm each.
final class GptNeoXLayout extends GptLayout {
  GptNeoXLayout(RandomShape shape) {
    super(shape);
  }

  @Override
  void keys(Metadata.Builder all) {
    all.bool(key("use_parallel_residual"), shape.has(Feature.PARALLEL));
  }
}
