package dev.kawi.token;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The tokenizer of every model: special tokens, normalizer, splitter and word model in that order;
/// what differs between models is which ones.
final class ModelTokenizer implements Tokenizer {
  /// How decoded text is finished.
  enum Rule {
    /// A space before everything else is left out: the encoder put it there.
    DROP_LEADING_SPACE,
    /// Spaces before punctuation go where [DecodeOptions] asks for the model's rule.
    CLEAN_SPACES
  }

  private static final byte[] NOTHING = new byte[0];

  private final Vocabulary vocabulary;
  private final SpecialTokens specials;
  private final Normalizer normalizer;
  private final Splitter splitter;
  private final WordModel model;
  private final Set<Rule> rules;

  ModelTokenizer(
      Vocabulary vocabulary,
      SpecialTokens specials,
      Normalizer normalizer,
      Splitter splitter,
      WordModel model,
      Set<Rule> rules) {
    this.vocabulary = vocabulary;
    this.specials = specials;
    this.normalizer = normalizer;
    this.splitter = splitter;
    this.model = model;
    this.rules = Set.copyOf(rules);
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  @Override
  public int[] encode(String text, Spans content, EncodeOptions options) {
    TokenBuffer out = new TokenBuffer();
    boolean ends = options.ends() == EncodeOptions.Ends.BY_MODEL_RULE;
    if (ends) {
      vocabulary.ends().before().forEach(id -> out.add(id, 0));
    }
    int at = 0;
    for (SpecialTokens.Match match : specials.find(text, content, options.controls())) {
      encodeText(text, at, match.before(), out);
      out.add(match.token().id(), 0);
      at = match.after();
    }
    encodeText(text, at, text.length(), out);
    if (ends) {
      vocabulary.ends().after().forEach(id -> out.add(id, 0));
    }
    return out.ids(0);
  }

  private void encodeText(String text, int from, int to, TokenBuffer out) {
    if (from < to) {
      NormalizedText normalized = NormalizedText.plain(to - from);
      normalizer.normalize(text, from, to, normalized);
      encodeWords(normalized, out);
    }
  }

  private void encodeWords(NormalizedText text, TokenBuffer out) {
    out.startText();
    if (text.size() == 0) {
      return;
    }
    IntList ends = new IntList();
    splitter.split(text.codePoints(), 0, text.size(), ends);
    byte[] word = new byte[64];
    int start = 0;
    for (int i = 0; i < ends.size(); i++) {
      int end = ends.get(i);
      if (word.length < 4L * (end - start)) {
        word = new byte[Math.multiplyExact(4, end - start)];
      }
      int length = 0;
      for (int k = start; k < end; k++) {
        length = Utf8.put(text.codePoints()[k], word, length);
      }
      model.encode(word, length, out);
      start = end;
    }
  }

  @Override
  public List<Token> tokens(String text, Spans content, EncodeOptions options) {
    List<Token> tokens = new ArrayList<>();
    boolean ends = options.ends() == EncodeOptions.Ends.BY_MODEL_RULE;
    if (ends) {
      vocabulary.ends().before().forEach(id -> tokens.add(new Token(id, 0, 0)));
    }
    int at = 0;
    int position = 0;
    for (SpecialTokens.Match match : specials.find(text, content, options.controls())) {
      addTokens(text, at, match.before(), position, tokens);
      int start = position + Utf8.length(text, at, match.start());
      int end = start + Utf8.length(text, match.start(), match.end());
      tokens.add(new Token(match.token().id(), start, end));
      position = end + Utf8.length(text, match.end(), match.after());
      at = match.after();
    }
    addTokens(text, at, text.length(), position, tokens);
    int last = position + Utf8.length(text, at, text.length());
    if (ends) {
      vocabulary.ends().after().forEach(id -> tokens.add(new Token(id, last, last)));
    }
    return tokens;
  }

  private void addTokens(String text, int from, int to, int position, List<Token> tokens) {
    if (from == to) {
      return;
    }
    NormalizedText normalized = NormalizedText.traced(to - from);
    normalizer.normalize(text, from, to, normalized);
    TokenBuffer out = new TokenBuffer();
    encodeWords(normalized, out);
    int[] sources = normalized.sourceOfBytes();
    for (int i = 0; i < out.size(); i++) {
      tokens.add(
          new Token(out.id(i), position + sources[out.start(i)], position + sources[out.end(i)]));
    }
  }

  @Override
  public byte[] bytes(int id) {
    return isSilent(id) ? NOTHING : vocabulary.bytes(id).clone();
  }

  private boolean isSilent(int id) {
    return switch (vocabulary.kind(id)) {
      case CONTROL, UNKNOWN -> true;
      case NORMAL, USER_DEFINED, UNUSED, BYTE -> false;
    };
  }

  @Override
  public String decode(int[] ids, DecodeOptions options) {
    Detokenizer detokenizer = detokenizer();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      boolean omitted = options.controls() == DecodeOptions.Controls.OMITTED && isSilent(id);
      text.append(detokenizer.push(omitted ? NOTHING : vocabulary.bytes(id)));
    }
    text.append(detokenizer.finish());
    boolean clean =
        options.spacing() == DecodeOptions.Spacing.BY_MODEL_RULE
            && rules.contains(Rule.CLEAN_SPACES);
    return clean ? SpaceCleaner.clean(text.toString()) : text.toString();
  }

  @Override
  public Detokenizer detokenizer() {
    return new Detokenizer(
        this,
        rules.contains(Rule.DROP_LEADING_SPACE)
            ? Detokenizer.LeadingSpace.DROPPED
            : Detokenizer.LeadingSpace.KEPT);
  }

  @Override
  public Detokenizer continuation() {
    return new Detokenizer(this, Detokenizer.LeadingSpace.KEPT);
  }
}
