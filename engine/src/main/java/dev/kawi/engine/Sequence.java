package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.sample.Candidates;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

// How it works. A sequence has tokens known and tokens computed. The scheduler gives it a share of
// a
// step, the next tokens that are known and not computed; what is done with the results is the
// business of its kind: a generation samples the next token from the logits of the last one, a
// score
// looks up log-probabilities, an embedding adds up hidden states. Its kind also says of which
// positions it wants logits, and how much of what is cached it may use.

/// A request on its way through the engine: the tokens known, how many of them are computed, and
/// the pages they are in. Owned by the engine's thread, but for [#cancel].
abstract class Sequence {
  /// What one worker needs to look at a row of logits.
  static final class Row {
    final Candidates candidates = new Candidates();
    float[] logits = new float[0];
  }

  private final RequestOptions options;
  private final BidirectionalSpan span;
  private final byte[] cacheContext;
  private final int promptLength;
  private final long arrived = System.nanoTime();
  private final AtomicBoolean cancelled = new AtomicBoolean();

  private int[] tokens;
  private int known;
  private int cached;
  private @Nullable SequencePages pages;
  private @Nullable PageKey root;
  private @Nullable List<PageKey> promptKeys;
  private @Nullable RuntimeException failure;

  /// Pages that were brought back for it from the folder.
  private int restored;

  /// Order of arrival, given by the scheduler.
  long number;

  /// A sequence that begins with these tokens.
  ///
  /// @param span what of them is read in both directions
  /// @param cacheContext what cached content depends on beside the tokens and the model
  Sequence(RequestOptions options, int[] tokens, BidirectionalSpan span, byte[] cacheContext) {
    this.options = options;
    this.tokens = tokens.clone();
    this.known = tokens.length;
    this.promptLength = tokens.length;
    this.span = span;
    this.cacheContext = cacheContext;
  }

  // ---- what its kind decides ----

  /// Tokens that it can have in all.
  abstract int maxLength();

  /// Tokens at the beginning that need not be computed if they are cached.
  abstract int cacheLimit();

  /// Whether the logits of a position are wanted.
  abstract boolean wantsLogits(int position);

  /// Takes the logits of a position; called in ascending order, on any thread of the team.
  abstract void acceptLogits(int position, Row row);

  /// Proposes tokens beyond the known ones for the next step, at most so many; how many there are.
  int proposeTokens(int most) {
    return 0;
  }

  /// How many tokens of a share of `count` count as computed, now that logits were accepted.
  int computedOf(int count) {
    return count;
  }

  /// Whether all is done once the known tokens are computed.
  abstract boolean isDone();

  /// Hands the result out.
  abstract void complete();

  /// Hands out that it was cancelled.
  abstract void completeCancelled();

  /// Hands out an error.
  abstract void completeExceptionally(RuntimeException cause);

  // ---- tokens ----

  RequestOptions options() {
    return options;
  }

  int promptLength() {
    return promptLength;
  }

  /// What is read in both directions.
  BidirectionalSpan span() {
    return span;
  }

  /// Tokens of the span that are not computed, which one step has to do.
  int pendingSpan() {
    return Math.max(0, span.length() - computed());
  }

  /// The tokens; entries past [#known] mean nothing. Not a copy.
  int[] tokens() {
    return tokens;
  }

  /// The keys of the pages that the prompt fills.
  List<PageKey> promptKeys(byte[] model, int pageSize) {
    if (promptKeys == null) {
      promptKeys = new ArrayList<>();
      PageKey key = root(model);
      for (int at = 0; at + pageSize <= promptLength; at += pageSize) {
        key = key.chain(tokens, at, pageSize);
        promptKeys.add(key);
      }
    }
    return promptKeys;
  }

  int token(int index) {
    return tokens[index];
  }

  int known() {
    return known;
  }

  /// Appends a token.
  final void append(int token) {
    if (known == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(64, 2 * known));
    }
    tokens[known++] = token;
  }

  int computed() {
    return pages == null ? 0 : pages.computed();
  }

  /// Known tokens that are not computed.
  int pending() {
    return known - computed();
  }

  boolean isPending() {
    return pending() > 0;
  }

  /// Tokens of the prompt that were found in the cache when it was first admitted.
  int cachedTokens() {
    return cached;
  }

  long arrived() {
    return arrived;
  }

  // ---- pages ----

  /// The key of what cached content depends on.
  PageKey root(byte[] model) {
    if (root == null) {
      byte[] spanOf = span.length() == 0 ? new byte[0] : spanContext();
      byte[] all = Arrays.copyOf(model, model.length + cacheContext.length + spanOf.length);
      System.arraycopy(cacheContext, 0, all, model.length, cacheContext.length);
      System.arraycopy(spanOf, 0, all, model.length + cacheContext.length, spanOf.length);
      root = PageKey.root(all);
    }
    return root;
  }

  /// The first tokens of a span have seen its last.
  private byte[] spanContext() {
    return (Arrays.toString(Arrays.copyOf(tokens, span.length())) + span)
        .getBytes(StandardCharsets.UTF_8);
  }

  boolean isAdmitted() {
    return pages != null;
  }

  SequencePages pages() {
    if (pages == null) {
      throw new IllegalStateException("Bug: a sequence without pages is run");
    }
    return pages;
  }

  void admit(SequencePages own, boolean first) {
    pages = own;
    if (first) {
      cached = own.computed();
    }
  }

  /// Whether one more page may be brought back from the folder for it. What is brought back can be
  /// taken away by others before it is used: that ends after so many pages.
  boolean mayRestore(int most) {
    return restored++ < most;
  }

  /// Gives the pages up; it will be computed again.
  void releasePages() {
    if (pages != null) {
      pages.free();
      pages = null;
    }
  }

  // ---- its end ----

  /// Asks for its end, from any thread.
  void cancel() {
    cancelled.set(true);
  }

  boolean isCancelled() {
    return cancelled.get();
  }

  boolean isOverdue(long now) {
    return options.timeLimit().filter(limit -> now - arrived > limit.toNanos()).isPresent();
  }

  /// Notes a failure of its own, which ends it after the step.
  void fail(RuntimeException cause) {
    failure = cause;
  }

  @Nullable RuntimeException failure() {
    return failure;
  }
}
