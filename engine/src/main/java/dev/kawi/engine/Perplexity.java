package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.token.EncodeOptions;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/// How surprised a model is by a text: exp of the mean negative log-probability of its tokens. Two
/// conventions are in use, and their numbers do not compare.
///
/// @param perplexity the measure
/// @param stderr its standard error, from the spread of the tokens' losses
/// @param tokens tokens scored
/// @param convention how
public record Perplexity(double perplexity, double stderr, int tokens, Convention convention) {

  /// Which tokens count.
  public enum Convention {
    /// `llama-perplexity`: windows of `ctx` tokens one after another, each beginning with BOS where
    /// the model wants it; only the second half of a window is scored.
    LLAMA_CPP("llama.cpp"),
    /// The GPTQ paper: windows of `ctx` tokens one after another; all tokens of a window but the
    /// first are scored.
    GPTQ("gptq");

    private final String label;

    Convention(String label) {
      this.label = label;
    }

    /// The name on the command line.
    public String label() {
      return label;
    }
  }

  /// Measures a text.
  ///
  /// @param ctx tokens in a window
  /// @param maxChunks at most so many windows
  /// @param progress is told after each window which part is done, from 0 to 1
  public static Perplexity of(
      Model model,
      String text,
      int ctx,
      int maxChunks,
      Convention convention,
      DoubleConsumer progress) {
    return of(model, text, ctx, maxChunks, convention, RequestOptions.DEFAULT, progress);
  }

  /// The same with other options: with an adapter, for one.
  public static Perplexity of(
      Model model,
      String text,
      int ctx,
      int maxChunks,
      Convention convention,
      RequestOptions options,
      DoubleConsumer progress) {
    BidirectionalSpan.Marks marks = model.decoder().marks();
    EncodeOptions ends = marks == null ? EncodeOptions.PROMPT : EncodeOptions.TEMPLATE;
    int[] ids = model.tokenizer().encode(text, ends);
    int chunks = Math.min(maxChunks, ids.length / ctx);
    if (ctx < 4 || ctx > model.contextLength() || chunks < 1) {
      throw new IllegalArgumentException(
          "perplexity: the text has %d tokens; windows of %d need 4 to %d tokens each and at least one whole window"
              .formatted(ids.length, ctx, model.contextLength()));
    }
    Losses losses = new Losses();
    for (int chunk = 0; chunk < chunks; chunk++) {
      int[] window = Arrays.copyOfRange(ids, chunk * ctx, (chunk + 1) * ctx);
      int first = Math.max(convention == Convention.LLAMA_CPP ? ctx / 2 : 0, begin(window, marks));
      if (convention == Convention.LLAMA_CPP && model.tokenizer().vocabulary().addsBos()) {
        OptionalInt bos = model.tokenizer().vocabulary().bos();
        bos.ifPresent(id -> window[0] = id);
      }
      ScoreRequest request = ScoreRequest.of(window, first + 1).with(options);
      model.score(request).logProbabilities().forEach(losses::add);
      progress.accept((chunk + 1.0) / chunks);
    }
    return losses.result(convention);
  }

  /// Marks all of a window as written and not read, where a model tells them apart; the first token
  /// that has another before it.
  private static int begin(int[] window, BidirectionalSpan.@Nullable Marks marks) {
    if (marks == null) {
      return 0;
    }
    window[0] = marks.masks().getFirst();
    window[1] = marks.start();
    return 1;
  }

  private static final class Losses {
    private double sum;
    private double squares;
    private int count;

    void add(double logProbability) {
      double loss = -logProbability;
      sum += loss;
      squares += loss * loss;
      count++;
    }

    Perplexity result(Convention convention) {
      double mean = sum / count;
      double variance = Math.max(0, squares / count - mean * mean);
      double perplexity = Math.exp(mean);
      double stderr = count < 2 ? 0 : Math.sqrt(variance / (count - 1)) * perplexity;
      return new Perplexity(perplexity, stderr, count, convention);
    }
  }
}
