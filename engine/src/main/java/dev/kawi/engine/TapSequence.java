package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.TappingExecutor.Tap;
import org.jspecify.annotations.Nullable;

/// Computes tokens with a tap on every layer, in steps of its own, and gives the logits of the last
/// one. Tokens before `from` were tapped before and are computed, if they are not cached any more,
/// without the tap.
final class TapSequence extends FutureSequence<float[]> {
  private final int from;
  private final Tap tap;
  private float @Nullable [] logits;

  TapSequence(
      RequestOptions options,
      int[] tokens,
      int from,
      BidirectionalSpan span,
      byte[] cacheContext,
      Tap tap) {
    super(options, tokens, span, cacheContext);
    this.from = from;
    this.tap = tap;
  }

  /// The first token that is tapped.
  int from() {
    return from;
  }

  Tap tap() {
    return tap;
  }

  @Override
  int cacheLimit() {
    return from;
  }

  @Override
  boolean wantsLogits(int position) {
    return position == known() - 1;
  }

  @Override
  void acceptLogits(int position, Row row) {
    logits = row.logits.clone();
  }

  @Override
  float[] result() {
    if (logits == null) {
      throw new IllegalStateException("Bug: a tapped sequence ends before its logits");
    }
    return logits;
  }
}
