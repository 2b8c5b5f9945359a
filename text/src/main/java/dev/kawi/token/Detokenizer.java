package dev.kawi.token;

import java.util.BitSet;

/// Decodes tokens as they come. What it returns never ends within a code point: what may begin one,
/// or what the model's decoder may still change, is kept until the next token settles it. All that
/// it returned, joined, equals what [Tokenizer#decode] gives for all tokens at once.
///
/// For one stream and one thread.
public final class Detokenizer {
  private final TextStream stream;
  private final BitSet silent;

  /// Leaves out the silent tokens.
  Detokenizer(TextStream stream, BitSet silent) {
    this.stream = stream;
    this.silent = silent;
  }

  /// Takes the next token and returns the text that it completes, perhaps none.
  public String push(int id) {
    return id >= 0 && silent.get(id) ? "" : stream.push(id);
  }

  /// Ends the stream and returns what was still kept, as U+FFFD where it is no text; empty if
  /// nothing was.
  public String finish() {
    return stream.finish();
  }
}
