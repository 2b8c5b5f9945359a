package dev.kawi.token;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The tokenizer of every model: special tokens, normalizer, splitter and word model in that order;
/// what differs between models is which ones.
final class ModelTokenizer implements Tokenizer {
  /// What else is special about a model.
  enum Rule {
    /// A space before everything else is left out in decoding: the encoder put it there.
    DROP_LEADING_SPACE,
    /// Spaces before punctuation go where [DecodeOptions] asks for the model's rule.
    CLEAN_SPACES,
    /// A run of what is unknown ends with the piece of text that it is in.
    UNKNOWNS_END_WITH_PIECE,
    /// A stage asks where in the original text a piece begins.
    TRACES_PIECES
  }

  /// The parts of a tokenizer.
  ///
  /// @param specials the tokens that are looked for in the text itself
  /// @param normalizedSpecials those that are looked for in normalized text
  /// @param stages what cuts normalized text into pieces, which share no token
  /// @param words cuts a piece into words that share no token because the vocabulary has none that
  ///   reaches over
  /// @param decoder what makes text of tokens; their bytes do where there is none
  /// @param silent the tokens that are no text
  record Parts(
      SpecialTokens specials,
      SpecialTokens normalizedSpecials,
      Normalizer normalizer,
      List<PieceStage> stages,
      Splitter words,
      WordModel model,
      Optional<DecoderChain> decoder,
      BitSet silent,
      Set<Rule> rules) {
    Parts {
      stages = List.copyOf(stages);
      silent = (BitSet) silent.clone();
      rules = Set.copyOf(rules);
    }
  }

  private static final byte[] NOTHING = new byte[0];

  private final Vocabulary vocabulary;
  private final Parts parts;

  ModelTokenizer(Vocabulary vocabulary, Parts parts) {
    this.vocabulary = vocabulary;
    this.parts = parts;
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public int[] encode(String text, Spans content, EncodeOptions options) {
    TokenBuffer out = new TokenBuffer();
    new Encoding(text, content, options, out, Trace.OFF).run();
    return out.ids(0);
  }

  @Override
  public List<Token> tokens(String text, Spans content, EncodeOptions options) {
    TokenBuffer out = new TokenBuffer();
    new Encoding(text, content, options, out, Trace.ON).run();
    List<Token> tokens = new ArrayList<>(out.size());
    for (int i = 0; i < out.size(); i++) {
      tokens.add(new Token(out.id(i), out.start(i), out.end(i)));
    }
    return tokens;
  }

  @Override
  public EncodedPair encodePair(String first, String second, EncodeOptions.Controls controls) {
    PairTemplate template =
        vocabulary
            .ends()
            .pair()
            .orElseThrow(() ->
                new IllegalArgumentException(
                    "tokenizer: two texts cannot be told apart: the model's files have no template for them and put no token before a text and behind it"));
    EncodeOptions options = new EncodeOptions(controls, EncodeOptions.Ends.NONE);
    int[] before = encode(first, options);
    int[] after = encode(second, options);
    IntList ids = new IntList();
    IntList types = new IntList();
    for (PairTemplate.Part part : template.parts()) {
      int[] added =
          switch (part) {
            case PairTemplate.Special(int id, int _) -> new int[] {id};
            case PairTemplate.Text(PairTemplate.Which which, int _) ->
                which == PairTemplate.Which.FIRST ? before : after;
          };
      for (int id : added) {
        ids.add(id);
        types.add(part.type());
      }
    }
    return new EncodedPair(ids.toArray(), types.toArray());
  }

  /// Whether the bytes of the text are found that each token stands for.
  private enum Trace {
    ON,
    OFF
  }

  /// One text on its way to tokens.
  private final class Encoding {
    private final String text;
    private final Spans content;
    private final EncodeOptions options;
    private final TokenBuffer out;
    private final Trace trace;
    private int knownChars;
    private int knownBytes;
    private byte[] word = new byte[64];

    private Encoding(
        String text, Spans content, EncodeOptions options, TokenBuffer out, Trace trace) {
      this.text = text;
      this.content = content;
      this.options = options;
      this.out = out;
      this.trace = trace;
    }

    private void run() {
      boolean ends = options.ends() == EncodeOptions.Ends.BY_MODEL_RULE;
      if (ends) {
        vocabulary.ends().before().forEach(id -> out.addAt(id, 0, 0));
      }
      int at = 0;
      for (SpecialTokens.Match match :
          parts.specials().find(text, content::overlaps, options.controls())) {
        encodeText(at, match.before());
        out.addAt(match.token().id(), bytesBefore(match.start()), bytesBefore(match.end()));
        at = match.after();
      }
      encodeText(at, text.length());
      if (ends) {
        int last = bytesBefore(text.length());
        vocabulary.ends().after().forEach(id -> out.addAt(id, last, last));
      }
    }

    /// The bytes before this character, where they matter.
    private int bytesBefore(int index) {
      if (trace == Trace.OFF) {
        return index;
      }
      if (index < knownChars) {
        knownChars = 0;
        knownBytes = 0;
      }
      knownBytes += Utf8.length(text, knownChars, index);
      knownChars = index;
      return knownBytes;
    }

    private void encodeText(int from, int to) {
      if (from >= to) {
        return;
      }
      boolean traced =
          trace == Trace.ON
              || parts.rules().contains(Rule.TRACES_PIECES)
              || !parts.normalizedSpecials().isEmpty();
      NormalizedText normalized =
          traced ? NormalizedText.traced(to - from) : NormalizedText.plain(to - from);
      parts.normalizer().normalize(text, from, to, normalized);
      int offset = bytesBefore(from);
      if (parts.normalizedSpecials().isEmpty()) {
        encodePieces(normalized, 0, normalized.size(), offset);
      } else {
        encodeNormalized(normalized, from, to, offset);
      }
    }

    private void encodeNormalized(NormalizedText normalized, int from, int to, int offset) {
      NormalizedString string = new NormalizedString(normalized, text, from, to);
      int at = 0;
      for (SpecialTokens.Match match :
          parts
              .normalizedSpecials()
              .find(string.text(), string.content(content), options.controls())) {
        encodePieces(normalized, at, string.index(match.before()), offset);
        out.addAt(
            match.token().id(),
            offset + normalized.source(string.index(match.start())),
            offset + normalized.source(string.index(match.end())));
        at = string.index(match.after());
      }
      encodePieces(normalized, at, normalized.size(), offset);
    }

    private void encodePieces(NormalizedText normalized, int from, int to, int offset) {
      if (from >= to) {
        return;
      }
      Pieces pieces = PieceStage.all(parts.stages(), Pieces.whole(normalized, from, to, offset));
      int first = out.size();
      out.startText();
      encodeWords(pieces);
      if (trace == Trace.ON) {
        out.rebase(first, pieces.text().sourceOfBytes(), offset);
      }
    }

    private void encodeWords(Pieces pieces) {
      int[] codePoints = pieces.text().codePoints();
      IntList ends = new IntList();
      boolean whole = parts.rules().contains(Rule.UNKNOWNS_END_WITH_PIECE);
      int at = 0;
      for (int i = 0; i < pieces.count(); i++) {
        if (trace == Trace.ON && at < pieces.start(i)) {
          out.skip(length(codePoints, at, pieces.start(i)));
        }
        at = pieces.end(i);
        ends.clear();
        parts.words().split(codePoints, pieces.start(i), at, ends);
        int start = pieces.start(i);
        for (int k = 0; k < ends.size(); k++) {
          encodeWord(codePoints, start, ends.get(k));
          start = ends.get(k);
        }
        if (whole) {
          out.endUnknown();
        }
      }
    }

    private static int length(int[] codePoints, int from, int to) {
      int bytes = 0;
      for (int i = from; i < to; i++) {
        bytes += Utf8.length(codePoints[i]);
      }
      return bytes;
    }

    private void encodeWord(int[] codePoints, int start, int end) {
      if (word.length < 4L * (end - start)) {
        word = new byte[Math.multiplyExact(4, end - start)];
      }
      int length = 0;
      for (int i = start; i < end; i++) {
        length = Utf8.put(codePoints[i], word, length);
      }
      parts.model().encode(word, length, out);
    }
  }

  @Override
  public byte[] bytes(int id) {
    byte[] bytes = vocabulary.bytes(id); // says so if there is no such token
    return parts.silent().get(id) ? NOTHING : bytes.clone();
  }

  @Override
  public String decode(int[] ids, DecodeOptions options) {
    Set<DecoderStep.Condition> conditions = EnumSet.noneOf(DecoderStep.Condition.class);
    boolean clean = options.spacing() == DecodeOptions.Spacing.BY_MODEL_RULE;
    if (!clean) {
      conditions.add(DecoderStep.Condition.UNTIDIED);
    }
    TextStream stream = stream(conditions);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      vocabulary.kind(id); // says so if there is no such token
      if (options.controls() == DecodeOptions.Controls.WRITTEN || !parts.silent().get(id)) {
        text.append(stream.push(id));
      }
    }
    text.append(stream.finish());
    return clean && parts.rules().contains(Rule.CLEAN_SPACES)
        ? SpaceCleaner.clean(text.toString())
        : text.toString();
  }

  private TextStream stream(Set<DecoderStep.Condition> conditions) {
    if (parts.decoder().isPresent()) {
      return parts.decoder().get().stream(vocabulary::text, conditions);
    }
    boolean drops =
        parts.rules().contains(Rule.DROP_LEADING_SPACE)
            && !conditions.contains(DecoderStep.Condition.CONTINUED);
    return new ByteStream(
        vocabulary::bytes, drops ? ByteStream.LeadingSpace.DROPPED : ByteStream.LeadingSpace.KEPT);
  }

  @Override
  public Detokenizer detokenizer() {
    return detokenizer(EnumSet.of(DecoderStep.Condition.UNTIDIED));
  }

  @Override
  public Detokenizer continuation() {
    return detokenizer(EnumSet.of(DecoderStep.Condition.UNTIDIED, DecoderStep.Condition.CONTINUED));
  }

  private Detokenizer detokenizer(Set<DecoderStep.Condition> conditions) {
    return new Detokenizer(stream(conditions), parts.silent());
  }
}
