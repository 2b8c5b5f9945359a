package dev.kawi.token;

import dev.kawi.gguf.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Makes tokenizers from model files. What is in a file but cannot be a tokenizer is a
/// [ModelFormatException].
public final class Tokenizers {
  private static final List<String> NAMES =
      List.of(
          "tokenizer.json",
          "vocab.json",
          "tokenizer.model",
          "tokenizer.bin",
          "vocab.txt",
          IceText.FILE);

  private Tokenizers() {}

  /// Reads the tokenizer of a GGUF file.
  public static Tokenizer from(Metadata metadata) {
    return GgufTokenizer.read(metadata);
  }

  /// Reads a tokenizer from the files that models are published with: a folder, or one of these
  /// files in it:
  ///
  /// - `tokenizer.json` (Hugging Face tokenizers),
  /// - `vocab.json` with `merges.txt` beside it (GPT-2 and Qwen style byte-level BPE),
  /// - `tokenizer.model` (a SentencePiece model, or tiktoken's ranks as Llama 3 has them),
  /// - `*.tiktoken` (ranks), `tokenizer.bin` (llama2.c), `vocab.txt` (BERT), `ice_text.model`
  ///   (SentencePiece as ChatGLM-6B uses it).
  ///
  /// A `tokenizer_config.json` beside them is read too.
  public static Tokenizer load(Path fileOrFolder) throws IOException {
    Path file = Files.isDirectory(fileOrFolder) ? find(fileOrFolder) : fileOrFolder;
    String name = file.toAbsolutePath().normalize().getFileName().toString();
    if (name.equals("vocab.json") || name.equals("merges.txt")) {
      return VocabularyAndMerges.read(file.toAbsolutePath().getParent());
    }
    if (name.endsWith(".json")) {
      return HuggingFaceTokenizer.read(file);
    }
    if (name.endsWith(".txt")) {
      return BertVocabulary.read(file);
    }
    if (name.equals(IceText.FILE)) {
      return IceText.read(file);
    }
    byte[] bytes = TokenizerFiles.read(file);
    if (!name.endsWith(".bin") && !TiktokenRanks.looksLike(bytes)) {
      TokenizerFiles.requireSentencePiece(file, bytes);
    }
    TokenizerConfig config = TokenizerConfig.of(file.toAbsolutePath().getParent());
    if (name.endsWith(".bin")) {
      return Llama2cTokenizer.read(bytes);
    }
    return TiktokenRanks.looksLike(bytes)
        ? TiktokenRanks.read(bytes, config)
        : SentencePieceFile.read(bytes, config);
  }

  private static Path find(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> ranks =
          files.filter(file -> file.toString().endsWith(".tiktoken")).sorted().toList();
      return Stream.concat(NAMES.stream().map(folder::resolve), ranks.stream())
          .filter(Files::exists)
          .findFirst()
          .orElseThrow(() ->
              new NoSuchFileException(
                  folder.toString(),
                  null,
                  "no tokenizer here; one of %s or *.tiktoken is expected".formatted(NAMES)));
    }
  }
}
