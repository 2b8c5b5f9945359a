package dev.kawi.token;

import java.util.List;

/// Turns text into the tokens of a model and back. Immutable, safe for use by many threads.
///
/// ```java
/// Tokenizer tokenizer = Tokenizers.from(gguf.metadata());
/// int[] prompt = tokenizer.encode("Once upon a time", EncodeOptions.PROMPT);
/// Detokenizer detokenizer = tokenizer.detokenizer();
/// System.out.print(detokenizer.push(next));
/// ```
public interface Tokenizer {
  /// Encodes plain text: nothing in it is a control token and nothing is added to it.
  default int[] encode(String text) {
    return encode(text, EncodeOptions.TEXT);
  }

  /// Encodes text. Half a surrogate pair counts as U+FFFD.
  default int[] encode(String text, EncodeOptions options) {
    return encode(text, Spans.none(), options);
  }

  /// Encodes text of which some stretches (in `char`s) are content, such as the messages in a
  /// rendered chat template: no control token is found in a content stretch or across its border,
  /// whatever the options say. In everything else the text is encoded as one.
  int[] encode(String text, Spans content, EncodeOptions options);

  /// The same as [#encode(String, Spans, EncodeOptions)] with the bytes that each token stands for.
  List<Token> tokens(String text, Spans content, EncodeOptions options);

  /// The tokens of a text with the bytes that each stands for.
  default List<Token> tokens(String text, EncodeOptions options) {
    return tokens(text, Spans.none(), options);
  }

  /// Encodes two texts as one input, with the tokens that the model wants around and between them:
  /// what a reranker reads.
  ///
  /// @throws IllegalArgumentException if the model's files do not say how two texts are told apart
  EncodedPair encodePair(String first, String second, EncodeOptions.Controls controls);

  /// Decodes tokens from the start of a text; control tokens are left out and bytes that are no
  /// UTF-8 become U+FFFD. An id that the vocabulary has not is an [IllegalArgumentException].
  default String decode(int[] ids) {
    return decode(ids, DecodeOptions.TEXT);
  }

  /// Decodes tokens from the start of a text.
  String decode(int[] ids, DecodeOptions options);

  /// The bytes that this token adds to a text: none for a control token. A token in the middle of a
  /// text is meant; at the start some models leave out its leading space.
  byte[] bytes(int id);

  /// Decodes a stream of tokens from the start of a text, without control tokens.
  Detokenizer detokenizer();

  /// Decodes a stream of tokens that goes on after other text, so that a leading space is kept.
  Detokenizer continuation();

  /// What the tokens are.
  Vocabulary vocabulary();
}
