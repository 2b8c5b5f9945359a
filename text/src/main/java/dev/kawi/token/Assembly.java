package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Puts a tokenizer together from what a reader of some file format found. The readers differ; from
/// here on all models of a kind are the same.
final class Assembly {
  private final VocabularyBuilder tokens;
  private final Map<Integer, Set<SpecialTokens.Trait>> traits = new HashMap<>();
  private Vocabulary.Ends ends = new Vocabulary.Ends(List.of(), List.of(), Optional.empty());
  private Normalizer normalizer = Normalizer.NONE;
  private Splitter splitter = Splitter.NONE;
  private Set<ModelTokenizer.Rule> rules = Set.of();
  private PieceText notation = PieceText.MARKS;
  private List<Integer> whole = List.of();

  Assembly(VocabularyBuilder tokens) {
    this.tokens = tokens;
  }

  VocabularyBuilder tokens() {
    return tokens;
  }

  Assembly traits(int id, Set<SpecialTokens.Trait> ofToken) {
    traits.put(id, ofToken);
    return this;
  }

  Assembly ends(List<Integer> before, List<Integer> after) {
    return ends(before, after, PairTemplate.byRule(before, after, tokens));
  }

  Assembly ends(List<Integer> before, List<Integer> after, Optional<PairTemplate> pair) {
    ends = new Vocabulary.Ends(before, after, pair);
    return this;
  }

  Assembly normalizer(Normalizer value) {
    normalizer = value;
    return this;
  }

  Assembly splitter(Splitter value) {
    splitter = value;
    return this;
  }

  Assembly rules(Set<ModelTokenizer.Rule> value) {
    rules = value;
    return this;
  }

  /// How SentencePiece's pieces stand for text.
  Assembly notation(PieceText value) {
    notation = value;
    return this;
  }

  /// SentencePiece's pieces that are tokens wherever they stand in normalized text.
  Assembly whole(List<Integer> ids) {
    whole = ids;
    return this;
  }

  /// Whether words that are tokens as they stand are merged all the same.
  enum WholeWords {
    MERGED,
    TAKEN
  }

  /// Byte-level BPE: `merges` are pairs in the byte alphabet, in order.
  Tokenizer byteLevelBpe(List<String[]> merges, WholeWords wholeWords) {
    Vocabulary vocabulary = tokens.build(PieceText.BYTE_LEVEL, ends);
    PieceTable pieces = pieces(vocabulary);
    LongMap byPair = new LongMap(merges.size());
    for (int rank = 0; rank < merges.size(); rank++) {
      byte[] left = byteLevel(merges.get(rank)[0]);
      byte[] right = byteLevel(merges.get(rank)[1]);
      addMerge(byPair, pieces, left, right, rank);
    }
    WordModel model =
        new MergeModel(
            MergeModel.Start.BYTES,
            pieces,
            vocabulary.size(),
            Merges.listed(byPair),
            MergeModel.byteTokens(byteTokens(vocabulary, pieces), unknown(vocabulary)));
    if (wholeWords == WholeWords.TAKEN) {
      model = MergeModel.wholeWordsFirst(pieces, vocabulary.size(), model);
    }
    return tokenizer(vocabulary, splitter, model);
  }

  private static byte[] byteLevel(String text) {
    byte[] bytes = ByteAlphabet.decode(text);
    return bytes == null ? Utf8.bytes(text) : bytes;
  }

  /// BPE over bytes in which what is a token merges, tokens of lower ids first: tiktoken's ranks.
  Tokenizer rankedBpe() {
    Vocabulary vocabulary = tokens.build(PieceText.BYTE_LEVEL, ends);
    PieceTable pieces = pieces(vocabulary);
    int[] ranks = new int[vocabulary.size()];
    Arrays.setAll(ranks, id -> id);
    WordModel model =
        new MergeModel(
            MergeModel.Start.BYTES,
            pieces,
            vocabulary.size(),
            Merges.byText(pieces, ranks),
            MergeModel.byteTokens(byteTokens(vocabulary, pieces), unknown(vocabulary)));
    model = MergeModel.wholeWordsFirst(pieces, vocabulary.size(), model);
    return tokenizer(vocabulary, splitter, model);
  }

  /// SentencePiece's BPE: what is a token merges, tokens of higher scores first.
  Tokenizer scoredBpe() {
    Vocabulary vocabulary = tokens.build(notation, ends);
    PieceTable pieces = markedPieces(vocabulary);
    return characterBpe(vocabulary, pieces, Merges.byText(pieces, ranksByScore(vocabulary)));
  }

  private Tokenizer characterBpe(Vocabulary vocabulary, PieceTable pieces, Merges merges) {
    WordModel model =
        new MergeModel(
            MergeModel.Start.CHARACTERS,
            pieces,
            vocabulary.size(),
            merges,
            MergeModel.byteTokens(namedByteTokens(vocabulary), unknown(vocabulary)));
    return sentencePiece(vocabulary, model);
  }

  /// SentencePiece's Unigram; `bytes` says whether unknown characters become byte tokens.
  Tokenizer unigram(ByteFallback bytes) {
    Vocabulary vocabulary = tokens.build(notation, ends);
    ByteTrie pieces = new ByteTrie(vocabulary.size());
    double[] scores = new double[vocabulary.size()];
    double least = Double.POSITIVE_INFINITY;
    for (int id = 0; id < scores.length; id++) {
      if (isText(vocabulary.kind(id))) {
        pieces.put(Utf8.bytes(vocabulary.text(id)), id);
        scores[id] = vocabulary.kind(id) == TokenKind.USER_DEFINED ? 0 : vocabulary.score(id);
      }
      if (vocabulary.kind(id) == TokenKind.NORMAL) {
        least = Math.min(least, vocabulary.score(id));
      }
    }
    int[] byteTokens = bytes == ByteFallback.ON ? namedByteTokens(vocabulary) : noByteTokens();
    WordModel model =
        new UnigramModel(
            pieces,
            scores,
            Double.isInfinite(least) ? 0 : least,
            UnigramModel.Unknowns.SINGLE,
            ByteTrie.NONE,
            MergeModel.byteTokens(byteTokens, unknown(vocabulary)));
    return sentencePiece(vocabulary, model);
  }

  private Tokenizer sentencePiece(Vocabulary vocabulary, WordModel model) {
    if (whole.isEmpty()) {
      return tokenizer(vocabulary, seams(vocabulary), model);
    }
    PieceTable pieces = new PieceTable(vocabulary.size());
    whole.forEach(id -> pieces.put(id, Utf8.bytes(vocabulary.text(id))));
    Splitter cut = new WholePieces(whole.stream().map(vocabulary::text).toList());
    return tokenizer(
        vocabulary,
        Splitter.sequence(List.of(cut, seams(vocabulary))),
        MergeModel.wholeWordsFirst(pieces, vocabulary.size(), model));
  }

  /// Whether unknown characters become byte tokens.
  enum ByteFallback {
    ON,
    OFF
  }

  /// BERT's WordPiece, in the notation of this vocabulary: `##ing` or, in GGUF, `ing` where others
  /// begin with a mark.
  Tokenizer wordPiece(PieceText notation, int longestWord) {
    Vocabulary vocabulary = tokens.build(notation, ends);
    ByteTrie initial = new ByteTrie(vocabulary.size());
    ByteTrie inner = new ByteTrie(vocabulary.size());
    for (int id = 0; id < vocabulary.size(); id++) {
      byte[] bytes = vocabulary.bytes(id);
      if (!isText(vocabulary.kind(id))) {
        continue;
      }
      if (bytes.length > 1 && bytes[0] == ' ') {
        initial.put(Arrays.copyOfRange(bytes, 1, bytes.length), id);
      } else {
        inner.put(bytes, id);
      }
    }
    WordPieceModel model = new WordPieceModel(initial, inner, unknown(vocabulary), longestWord);
    return tokenizer(vocabulary, splitter, model.withoutSpaces());
  }

  private Tokenizer tokenizer(Vocabulary vocabulary, Splitter words, WordModel model) {
    return new ModelTokenizer(
        vocabulary,
        new ModelTokenizer.Parts(
            specials(vocabulary),
            new SpecialTokens(List.of(), SpecialTokens.Order.LONGEST_FIRST),
            normalizer,
            List.of(PieceStage.cut(words)),
            Splitter.NONE,
            new WordCache(model),
            Optional.empty(),
            silent(vocabulary),
            rules));
  }

  private static BitSet silent(Vocabulary vocabulary) {
    BitSet silent = new BitSet();
    vocabulary.ofKind(TokenKind.CONTROL).forEach(silent::set);
    vocabulary.ofKind(TokenKind.UNKNOWN).forEach(silent::set);
    return silent;
  }

  private SpecialTokens specials(Vocabulary vocabulary) {
    List<SpecialTokens.Special> specials = new ArrayList<>();
    for (TokenKind kind : List.of(TokenKind.CONTROL, TokenKind.UNKNOWN, TokenKind.USER_DEFINED)) {
      for (int id : vocabulary.ofKind(kind)) {
        specials.add(special(vocabulary, id));
      }
    }
    return new SpecialTokens(specials, SpecialTokens.Order.LONGEST_FIRST);
  }

  /// The token as one to look for, with its traits.
  SpecialTokens.Special special(Vocabulary vocabulary, int id) {
    return new SpecialTokens.Special(
        id, vocabulary.text(id), vocabulary.kind(id), traits.getOrDefault(id, Set.of()));
  }

  Vocabulary.Ends ends() {
    return ends;
  }

  private static boolean isText(TokenKind kind) {
    return switch (kind) {
      case NORMAL, USER_DEFINED, UNUSED -> true;
      case CONTROL, UNKNOWN, BYTE -> false;
    };
  }

  /// The token for what is in no vocabulary; none where a file names one that steers the model,
  /// such as the end of a text, for no text may give that.
  private static OptionalInt unknown(Vocabulary vocabulary) {
    OptionalInt id = vocabulary.unknown();
    boolean is = id.isPresent() && vocabulary.kind(id.getAsInt()) == TokenKind.UNKNOWN;
    return is ? id : OptionalInt.empty();
  }

  /// The tokens that text can give, by their bytes.
  private static PieceTable pieces(Vocabulary vocabulary) {
    PieceTable pieces = new PieceTable(vocabulary.size());
    for (int id = 0; id < vocabulary.size(); id++) {
      if (vocabulary.kind(id) == TokenKind.NORMAL) {
        pieces.put(id, vocabulary.bytes(id));
      }
    }
    return pieces;
  }

  /// The tokens that text can give, by their text with its marks.
  private static PieceTable markedPieces(Vocabulary vocabulary) {
    PieceTable pieces = new PieceTable(vocabulary.size());
    for (int id = 0; id < vocabulary.size(); id++) {
      if (isText(vocabulary.kind(id))) {
        pieces.put(id, Utf8.bytes(vocabulary.text(id)));
      }
    }
    return pieces;
  }

  private static void addMerge(
      LongMap byPair, PieceTable pieces, byte[] left, byte[] right, int rank) {
    if (left.length == 0 || right.length == 0) {
      throw new ModelFormatException(
          "tokenizer: merge %d must join two tokens, found an empty one".formatted(rank));
    }
    byte[] both = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    int leftSymbol = pieces.intern(left);
    int rightSymbol = pieces.intern(right);
    byPair.putIfAbsent(
        Merges.pair(leftSymbol, rightSymbol), Merges.merge(rank, pieces.intern(both)));
  }

  private static int[] ranksByScore(Vocabulary vocabulary) {
    double[] scores = new double[vocabulary.size()];
    Arrays.setAll(scores, vocabulary::score);
    double[] ascending = Arrays.stream(scores).distinct().sorted().toArray();
    int[] ranks = new int[scores.length];
    for (int id = 0; id < ranks.length; id++) {
      int at = Arrays.binarySearch(ascending, scores[id]);
      ranks[id] = ascending.length - 1 - at;
    }
    return ranks;
  }

  /// For every byte the token of exactly that byte, or -1.
  private static int[] byteTokens(Vocabulary vocabulary, PieceTable pieces) {
    int[] ids = new int[256];
    for (int b = 0; b < ids.length; b++) {
      int id = pieces.find(new byte[] {(byte) b}, 0, 1);
      ids[b] = id < vocabulary.size() ? id : -1;
    }
    return ids;
  }

  /// For every byte the token that is named after it, or -1.
  private static int[] namedByteTokens(Vocabulary vocabulary) {
    int[] ids = noByteTokens();
    for (int b = 0; b < ids.length; b++) {
      OptionalInt id = vocabulary.id(PieceText.byteText(b));
      if (id.isPresent() && vocabulary.kind(id.getAsInt()) == TokenKind.BYTE) {
        ids[b] = id.getAsInt();
      }
    }
    return ids;
  }

  private static int[] noByteTokens() {
    int[] none = new int[256];
    Arrays.fill(none, -1);
    return none;
  }

  private static SeamSplitter seams(Vocabulary vocabulary) {
    SeamSplitter seams = new SeamSplitter();
    for (int id = 0; id < vocabulary.size(); id++) {
      if (isText(vocabulary.kind(id))) {
        seams.join(vocabulary.text(id));
      }
    }
    return seams;
  }
}
