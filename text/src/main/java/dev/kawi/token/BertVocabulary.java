package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;

/// Reads BERT's `vocab.txt`: a token a line, its id the number of the line from 0.
final class BertVocabulary {
  private static final int LONGEST_WORD = 100;

  private BertVocabulary() {}

  static Tokenizer read(Path file) throws IOException {
    return read(TokenizerFiles.read(file));
  }

  static Tokenizer read(byte[] bytes) {
    List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
    VocabularyBuilder tokens = new VocabularyBuilder(lines.size());
    for (int id = 0; id < lines.size(); id++) {
      tokens.set(id, lines.get(id), TokenKind.NORMAL);
    }
    role(tokens, TokenRole.UNKNOWN, "[UNK]");
    role(tokens, TokenRole.BOS, "[CLS]");
    role(tokens, TokenRole.SEPARATOR, "[SEP]");
    role(tokens, TokenRole.PADDING, "[PAD]");
    role(tokens, TokenRole.MASK, "[MASK]");
    tokens.findRoles(VocabularyBuilder.Evidence.DECLARATION);
    return new Assembly(tokens)
        .ends(List.of(tokens.id("[CLS]")), List.of(tokens.id("[SEP]")))
        .normalizer(new BertNormalizer(EnumSet.allOf(BertNormalizer.Fold.class)))
        .splitter(new BertSplitter())
        .rules(EnumSet.allOf(ModelTokenizer.Rule.class))
        .wordPiece(PieceText.WORD_PIECE, LONGEST_WORD);
  }

  private static void role(VocabularyBuilder tokens, TokenRole role, String text) {
    if (!tokens.has(text)) {
      throw new ModelFormatException(
          "tokenizer: vocab.txt must hold a token a line, among them %s; it does not"
              .formatted(text));
    }
    tokens.role(role, tokens.id(text));
    tokens.kind(tokens.id(text), role == TokenRole.UNKNOWN ? TokenKind.UNKNOWN : TokenKind.CONTROL);
  }
}
