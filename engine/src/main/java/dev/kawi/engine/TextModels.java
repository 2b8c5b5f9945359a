package dev.kawi.engine;

import dev.kawi.chat.Embedder;
import dev.kawi.chat.Reranker;
import dev.kawi.gguf.ModelFile;
import dev.kawi.weights.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;

/// Loads a model for what it is to do, whatever it is built like.
public final class TextModels {
  private TextModels() {}

  /// A model that embeds texts: an encoder, or a language model. The caller closes it.
  public static Embedder embedder(Path path, EngineOptions options) throws IOException {
    ModelFile file = ModelFiles.open(path, options.access());
    return EncoderModel.isOne(file) ? EncoderModel.of(file, options) : Model.of(file, options);
  }

  /// A model that scores pairs of texts: an encoder with a head for that, or a language model that
  /// says yes or no. The caller closes it.
  public static Reranker reranker(Path path, EngineOptions options) throws IOException {
    ModelFile file = ModelFiles.open(path, options.access());
    return EncoderModel.isOne(file)
        ? EncoderModel.of(file, options)
        : YesNoReranker.of(Model.of(file, options));
  }
}
