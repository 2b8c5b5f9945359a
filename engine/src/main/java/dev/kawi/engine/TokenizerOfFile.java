package dev.kawi.engine;

import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.token.TokenKind;
import dev.kawi.token.Tokenizer;
import dev.kawi.token.Tokenizers;
import dev.kawi.token.Vocabulary;
import dev.kawi.weights.HuggingFaceFolder;
import java.io.IOException;
import java.io.UncheckedIOException;

/// The tokenizer of a model's file or folder.
final class TokenizerOfFile {
  private TokenizerOfFile() {}

  /// Loads it.
  ///
  /// @param rows tokens that the model knows. Folders may have control tokens beyond them, which no
  ///   text becomes: Gemma 3's have one for images
  /// @throws ModelFormatException if the model does not know a token that texts can become
  static Tokenizer of(ModelFile file, int rows) {
    Tokenizer tokenizer =
        file instanceof HuggingFaceFolder ? fromFolder(file) : Tokenizers.from(file.metadata());
    Vocabulary vocabulary = tokenizer.vocabulary();
    for (int id = rows; id < vocabulary.size(); id++) {
      if (!(file instanceof HuggingFaceFolder) || vocabulary.kind(id) != TokenKind.CONTROL) {
        throw new ModelFormatException(
            "model: the tokenizer has %d tokens, the model %d; is %s damaged?"
                .formatted(vocabulary.size(), rows, file.path()));
      }
    }
    return tokenizer;
  }

  private static Tokenizer fromFolder(ModelFile folder) {
    try {
      return Tokenizers.load(folder.path());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
