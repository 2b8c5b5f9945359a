package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Reads a SentencePiece model, the protobuf message `ModelProto` of sentencepiece_model.proto:
/// pieces with scores and types, which algorithm uses them, and how text is normalized.
final class SentencePieceFile {
  private static final int UNIGRAM = 1;
  private static final int BPE = 2;

  private final List<String> texts = new ArrayList<>();
  private final List<Float> scores = new ArrayList<>();
  private final List<TokenKind> kinds = new ArrayList<>();
  private int algorithm = UNIGRAM;
  private int unknown = 0;
  private int bos = 1;
  private int eos = 2;
  private int padding = -1;
  private boolean byteFallback;
  private byte[] charsmap = new byte[0];
  private boolean addsPrefix = true;
  private boolean mergesSpaces = true;
  private boolean escapesSpaces = true;

  private SentencePieceFile() {}

  static Tokenizer read(byte[] file, TokenizerConfig config) {
    return parse(file).tokenizer(config);
  }

  /// Reads the pieces and the rules.
  static SentencePieceFile parse(byte[] file) {
    SentencePieceFile model = new SentencePieceFile();
    Protobuf message = new Protobuf(file, "the SentencePiece model");
    for (int field = message.next(); field != 0; field = message.next()) {
      switch (field) {
        case 1 -> model.readPiece(message.message());
        case 2 -> model.readTrainer(message.message());
        case 3 -> model.readNormalizer(message.message());
        default -> {}
      }
    }
    return model;
  }

  /// Pieces.
  int size() {
    return texts.size();
  }

  String text(int piece) {
    return texts.get(piece);
  }

  float score(int piece) {
    return scores.get(piece);
  }

  TokenKind kind(int piece) {
    return kinds.get(piece);
  }

  private void readPiece(Protobuf message) {
    String text = "";
    float score = 0;
    TokenKind kind = TokenKind.NORMAL;
    for (int field = message.next(); field != 0; field = message.next()) {
      switch (field) {
        case 1 -> text = message.text();
        case 2 -> score = message.decimal();
        case 3 -> kind = kind(message.number());
        default -> {}
      }
    }
    texts.add(text);
    scores.add(score);
    kinds.add(kind);
  }

  private static TokenKind kind(long type) {
    return switch ((int) type) {
      case 1 -> TokenKind.NORMAL;
      case 2 -> TokenKind.UNKNOWN;
      case 3 -> TokenKind.CONTROL;
      case 4 -> TokenKind.USER_DEFINED;
      case 5 -> TokenKind.UNUSED;
      case 6 -> TokenKind.BYTE;
      default ->
          throw new ModelFormatException(
              "tokenizer: the type of a SentencePiece piece is 1 to 6, found " + type);
    };
  }

  private void readTrainer(Protobuf message) {
    for (int field = message.next(); field != 0; field = message.next()) {
      switch (field) {
        case 3 -> algorithm = (int) message.number();
        case 35 -> byteFallback = message.flag();
        case 40 -> unknown = (int) message.number();
        case 41 -> bos = (int) message.number();
        case 42 -> eos = (int) message.number();
        case 43 -> padding = (int) message.number();
        default -> {}
      }
    }
  }

  private void readNormalizer(Protobuf message) {
    for (int field = message.next(); field != 0; field = message.next()) {
      switch (field) {
        case 2 -> charsmap = message.bytes();
        case 3 -> addsPrefix = message.flag();
        case 4 -> mergesSpaces = message.flag();
        case 5 -> escapesSpaces = message.flag();
        default -> {}
      }
    }
  }

  private void requireSupported() {
    if ((algorithm != UNIGRAM && algorithm != BPE) || !escapesSpaces) {
      throw new ModelFormatException(
          "tokenizer: SentencePiece models 1 (Unigram) and 2 (BPE) that write U+2581 for spaces are"
              + " supported, this is model "
              + algorithm);
    }
  }

  private Tokenizer tokenizer(TokenizerConfig config) {
    int highest = config.highestId(texts.size() - 1);
    int count = texts.size() + config.added().size();
    Assembly assembly = new Assembly(new VocabularyBuilder(TokenizerFiles.size(highest, count)));
    VocabularyBuilder tokens = assembly.tokens();
    for (int id = 0; id < texts.size(); id++) {
      tokens.set(id, texts.get(id), kinds.get(id));
      tokens.score(id, scores.get(id));
    }
    tokens.role(TokenRole.UNKNOWN, unknown);
    tokens.role(TokenRole.BOS, bos);
    tokens.role(TokenRole.EOS, eos);
    tokens.role(TokenRole.PADDING, padding);
    config.applyTo(assembly);
    boolean bpe = algorithm == BPE;
    assembly.ends(
        end(config.addBos().orElse(bpe), tokens.idOf(TokenRole.BOS)),
        end(config.addEos().orElse(!bpe), tokens.idOf(TokenRole.EOS)));
    tokens.findRoles(VocabularyBuilder.Evidence.DECLARATION);
    return tokenizer(assembly, normalizer());
  }

  /// The tokenizer of these tokens by the algorithm of this file.
  Tokenizer tokenizer(Assembly assembly, Normalizer normalizer) {
    requireSupported();
    assembly.normalizer(normalizer);
    if (addsPrefix) {
      assembly.rules(Set.of(ModelTokenizer.Rule.DROP_LEADING_SPACE));
    }
    return algorithm == BPE
        ? assembly.scoredBpe()
        : assembly.unigram(byteFallback ? Assembly.ByteFallback.ON : Assembly.ByteFallback.OFF);
  }

  private static List<Integer> end(boolean wanted, Optional<Integer> id) {
    return wanted ? id.map(List::of).orElse(List.of()) : List.of();
  }

  /// What happens to text first.
  Normalizer normalizer() {
    if (charsmap.length == 0 && !mergesSpaces) {
      return addsPrefix ? Normalizer.markAndSpacesToMarks() : Normalizer.spacesToMarks();
    }
    Set<SentencePieceNormalizer.Spaces> spaces =
        EnumSet.noneOf(SentencePieceNormalizer.Spaces.class);
    if (addsPrefix) {
      spaces.add(SentencePieceNormalizer.Spaces.PREFIX);
    }
    if (mergesSpaces) {
      spaces.add(SentencePieceNormalizer.Spaces.MERGE);
    }
    return new SentencePieceNormalizer(Charsmap.parse(charsmap), spaces);
  }
}
