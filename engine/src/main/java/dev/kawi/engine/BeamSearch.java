package dev.kawi.engine;

import dev.kawi.grammar.Constraint;
import dev.kawi.sample.LogProbs;
import dev.kawi.token.Detokenizer;
import dev.kawi.token.Vocabulary;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

// How it works. Each step asks for the likeliest next tokens of all beams at once, as scores of the
// last position only. The requests go through the engine as any others: what beams have in common
// is in pages that they share, and what a beam computed in the step before is found in the cache.

/// Beam search: the continuations that are likely as a whole, where sampling and greedy decoding
/// choose token by token. Of all beams, each with its likeliest next tokens, the `width` likeliest
/// are kept. A beam ends with an end token; the search ends when `width` have ended and none of
/// those that go on has a better score by now, or at the longest length.
///
/// It is the search of Hugging Face's transformers (`num_beams`, `length_penalty`, and
/// `early_stopping` as by default).
///
/// @param width beams that are kept, 1 to [#MAX_WIDTH]; 1 is greedy decoding
/// @param lengthPenalty p in the score of a beam, the sum of its log-probabilities / length^p,
///   where the length counts the end token; above 0 longer beams are favoured, 0 takes the sum as
///   it is
public record BeamSearch(int width, double lengthPenalty) {
  /// The most beams.
  public static final int MAX_WIDTH = 256;

  /// Checks the ranges.
  public BeamSearch {
    if (width < 1 || width > MAX_WIDTH || !Double.isFinite(lengthPenalty)) {
      throw new IllegalArgumentException(
          "beam search: expected 1 to %d beams and a finite length penalty, found %d and %s"
              .formatted(MAX_WIDTH, width, lengthPenalty));
    }
  }

  /// A continuation that was found.
  ///
  /// @param text without the end token
  /// @param tokens without the end token
  /// @param logProbability of all tokens, the end token included
  /// @param score by which beams are compared
  /// @param finishReason why it ended
  public record Beam(
      String text,
      List<Integer> tokens,
      double logProbability,
      double score,
      FinishReason finishReason) {
    /// Copies the list.
    public Beam {
      tokens = List.copyOf(tokens);
    }
  }

  /// What a search needs of a model.
  @FunctionalInterface
  interface NextTokens {
    /// The `count` likeliest tokens after each of these continuations, or all there are.
    List<List<LogProbs.Entry>> after(List<List<Integer>> continuations, int count);
  }

  /// A beam that goes on.
  private record Path(List<Integer> tokens, double sum) {
    Path then(LogProbs.Entry next) {
      List<Integer> longer = new ArrayList<>(tokens);
      longer.add(next.token());
      return new Path(List.copyOf(longer), sum + next.logProbability());
    }
  }

  /// A beam that has ended; its tokens include the end token.
  record Ended(List<Integer> tokens, double sum, double score) {}

  /// Searches on; the best first, `width` of them unless the model has fewer. Of the request, its
  /// prompt, bound on tokens, treatment of end tokens and options count, and its sampling does not.
  ///
  /// @throws IllegalArgumentException if the request has stop texts, a constraint or a drafter
  /// @throws ContextOverflowException when the prompt leaves no room for an answer
  public List<Beam> search(Model model, GenerationRequest request) {
    requireSupported(request);
    int room = model.contextLength() - request.prompt().size();
    if (room < 1) {
      throw new ContextOverflowException(request.prompt().size(), model.contextLength());
    }
    Vocabulary vocabulary = model.tokenizer().vocabulary();
    NextTokens next = nextTokens(model, request);
    int longest = Math.min(room, request.maxTokens());
    FinishReason atLongest =
        longest == request.maxTokens() ? FinishReason.MAX_TOKENS : FinishReason.CONTEXT_FULL;
    return search(next, vocabulary::isEndOfGeneration, longest).stream()
        .map(ended -> beam(model, request, ended, atLongest))
        .toList();
  }

  private static void requireSupported(GenerationRequest request) {
    boolean plain = request.constraint() instanceof Constraint.None;
    if (!request.stop().isEmpty() || !plain || !request.drafter().equals(Drafter.NONE)) {
      throw new IllegalArgumentException(
          "beam search takes no stop texts, no schema or grammar and no drafter; leave them out, or sample");
    }
  }

  private static NextTokens nextTokens(Model model, GenerationRequest request) {
    int[] ends = model.tokenizer().vocabulary().endOfGeneration();
    boolean skipEnds = request.end() == GenerationRequest.End.IGNORED;
    return (continuations, count) -> {
      int top = skipEnds ? count + ends.length : count;
      return model
          .scoreAll(continuations.stream().map(tokens -> scores(request, tokens, top)).toList())
          .stream()
          .map(scores -> scores.top().getLast())
          .map(entries -> skipEnds ? without(ends, entries) : entries)
          .toList();
    };
  }

  private static ScoreRequest scores(GenerationRequest request, List<Integer> tokens, int top) {
    List<Integer> all = new ArrayList<>(request.prompt());
    all.addAll(tokens);
    return new ScoreRequest(all, all.size(), top, List.of(), request.options());
  }

  private static List<LogProbs.Entry> without(int[] ids, List<LogProbs.Entry> entries) {
    return entries.stream()
        .filter(entry -> IntStream.of(ids).noneMatch(id -> id == entry.token()))
        .toList();
  }

  private static Beam beam(
      Model model, GenerationRequest request, Ended ended, FinishReason atLongest) {
    int last = ended.tokens().getLast();
    boolean hasEnd = model.tokenizer().vocabulary().isEndOfGeneration(last);
    int length = ended.tokens().size() - (hasEnd ? 1 : 0);
    List<Integer> tokens = ended.tokens().subList(0, length);
    Detokenizer detokenizer =
        GenerationSequence.detokenizer(
            model.tokenizer(), request.prompt().stream().mapToInt(Integer::intValue));
    StringBuilder text = new StringBuilder();
    tokens.forEach(token -> text.append(detokenizer.push(token)));
    text.append(detokenizer.finish());
    return new Beam(
        text.toString(),
        tokens,
        ended.sum(),
        ended.score(),
        hasEnd ? FinishReason.END_TOKEN : atLongest);
  }

  /// The search itself.
  ///
  /// @param ends which tokens end a continuation
  /// @param longest tokens of a continuation at most, its end token included
  List<Ended> search(NextTokens next, IntPredicate ends, int longest) {
    List<Path> running = List.of(new Path(List.of(), 0));
    List<Ended> ended = new ArrayList<>();
    for (int length = 1; length <= longest && !running.isEmpty(); length++) {
      List<Path> candidates = candidates(running, next);
      running = new ArrayList<>();
      for (int rank = 0; rank < candidates.size(); rank++) {
        Path path = candidates.get(rank);
        if (!ends.test(path.tokens().getLast())) {
          running.add(path);
        } else if (rank < width) {
          ended.add(ended(path));
        }
      }
      running = running.subList(0, Math.min(width, running.size()));
      keepBest(ended);
      if (ended.size() == width
          && !running.isEmpty()
          && ended.getLast().score() >= ended(running.getFirst()).score()) {
        return ended;
      }
    }
    running.forEach(path -> ended.add(ended(path)));
    keepBest(ended);
    return ended;
  }

  /// The likeliest of the beams with one more token, twice as many as are kept, so that enough of
  /// them go on whichever end.
  private List<Path> candidates(List<Path> running, NextTokens next) {
    int count = 2 * width;
    List<List<LogProbs.Entry>> tops =
        next.after(running.stream().map(Path::tokens).toList(), count);
    return IntStream.range(0, running.size())
        .boxed()
        .flatMap(i -> tops.get(i).stream().map(running.get(i)::then))
        .filter(path -> path.sum() > Double.NEGATIVE_INFINITY)
        .sorted(Comparator.comparingDouble(Path::sum).reversed())
        .limit(count)
        .toList();
  }

  private Ended ended(Path path) {
    double score = path.sum() / Math.pow(path.tokens().size(), lengthPenalty);
    return new Ended(path.tokens(), path.sum(), score);
  }

  private void keepBest(List<Ended> ended) {
    ended.sort(Comparator.comparingDouble(Ended::score).reversed());
    if (ended.size() > width) {
      ended.subList(width, ended.size()).clear();
    }
  }
}
