package dev.kawi.sample;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Chooses the next token of one sequence: logits -> token.
///
/// It owns the chain, the random numbers and the history of the sequence. The same seed, logits and
/// history give the same tokens on every machine. Not thread-safe; each sequence has its own.
public final class Sampler {
  private final SamplerChain chain;
  private final SamplerStep[] enabled;
  private final long seed;
  private final TokenHistory history = new TokenHistory();
  private SamplingContext context;
  private @Nullable TokenConstraint constraint;

  /// A sampler for a new sequence.
  ///
  /// @param seed of the random numbers
  public Sampler(SamplerChain chain, long seed) {
    this.chain = chain;
    this.enabled = chain.steps().stream().filter(SamplerStep::enabled).toArray(SamplerStep[]::new);
    this.seed = seed;
    this.context = new SamplingContext(history, new SeededRandom(seed));
  }

  /// A sampler with the chain of these options; without a seed it picks one.
  public static Sampler of(SamplingOptions options) {
    return new Sampler(
        SamplerChain.of(options),
        options.seed().orElseGet(() -> RandomGenerator.getDefault().nextLong(1L << 32)));
  }

  /// The chain.
  public SamplerChain chain() {
    return chain;
  }

  /// The seed, to repeat what was sampled.
  public long seed() {
    return seed;
  }

  /// The tokens accepted so far.
  public TokenHistory history() {
    return history;
  }

  /// From now on only tokens that the constraint allows are chosen, and it is told those that are
  /// accepted. To be called when the prompt is accepted.
  public void constrain(TokenConstraint newConstraint) {
    constraint = newConstraint;
  }

  /// Tells that a token, of the prompt or chosen, is now part of the sequence.
  public void accept(int token) {
    history.add(token);
    if (constraint != null) {
      constraint.accept(token);
    }
  }

  /// Starts again: an empty history, the first random number, and no constraint.
  public void reset() {
    constraint = null;
    history.clear();
    for (SamplerStep step : enabled) {
      step.reset();
    }
    context = new SamplingContext(history, new SeededRandom(seed));
  }

  /// Chooses a token. It is not accepted by this; call [#accept].
  ///
  /// @param logits `[vocabSize]`, not changed
  /// @throws SamplingException if the logits are not numbers or no token is possible
  public int sample(float[] logits) {
    return sample(logits, new Candidates());
  }

  /// Chooses the same token with candidates to work with, whose content is lost: a sampler that is
  /// idle holds nothing of the vocabulary's size.
  public int sample(float[] logits, Candidates candidates) {
    load(logits, candidates);
    for (SamplerStep step : enabled) {
      step.apply(candidates, context);
    }
    return draw(candidates);
  }

  /// Chooses the same token as [#sample(float[])] and tells the observer how.
  public int sample(float[] logits, SamplingObserver observer) {
    Candidates candidates = new Candidates();
    load(logits, candidates);
    Candidates before = copy(candidates);
    observer.started(before.size(), best(before, observer.topCount()));
    for (SamplerStep step : enabled) {
      before.copyFrom(candidates);
      String parameters = step.parameters();
      step.apply(candidates, context);
      observer.applied(
          report(step.name(), parameters, before, copy(candidates), observer.topCount()));
    }
    before.copyFrom(candidates);
    int token = draw(candidates);
    observer.drawn(find(before, token));
    return token;
  }

  private void load(float[] logits, Candidates candidates) {
    candidates.load(logits);
    if (constraint != null) {
      constraint.restrict(candidates);
    }
  }

  private int draw(Candidates candidates) {
    int index = candidates.size() == 1 ? onlyIndex(candidates) : drawIndex(candidates);
    for (SamplerStep step : enabled) {
      step.drawn(candidates, index);
    }
    return candidates.id(index);
  }

  /// The one candidate that remains, for which no random number is needed.
  private static int onlyIndex(Candidates candidates) {
    candidates.requirePossible();
    return 0;
  }

  /// Inverts the cumulative distribution: the first place where the running sum exceeds the random
  /// share of it.
  private int drawIndex(Candidates candidates) {
    double target = context.random().nextDouble() * candidates.weightSum();
    double sum = 0;
    int last = 0;
    for (int i = 0; i < candidates.size(); i++) {
      double weight = candidates.weight(i);
      if (weight > 0) {
        last = i;
        sum += weight;
        if (sum > target) {
          return i;
        }
      }
    }
    return last;
  }

  // Only when observed. Copies are sorted and asked, so that the observed candidates stay as they
  // are.

  private static Candidates copy(Candidates source) {
    Candidates copy = new Candidates();
    copy.copyFrom(source);
    return copy;
  }

  private static List<ScoredToken> best(Candidates candidates, int count) {
    candidates.sortPrefix(count);
    List<ScoredToken> best = new ArrayList<>();
    for (int i = 0; i < Math.min(count, candidates.size()); i++) {
      best.add(scored(candidates, i));
    }
    return best;
  }

  private static StepReport report(
      String name, String parameters, Candidates before, Candidates after, int count) {
    return new StepReport(
        name,
        parameters,
        before.size(),
        after.size(),
        removed(before, after, count),
        best(after, count));
  }

  private static List<ScoredToken> removed(Candidates before, Candidates after, int count) {
    BitSet kept = new BitSet();
    for (int i = 0; i < after.size(); i++) {
      kept.set(after.id(i));
    }
    List<ScoredToken> removed = new ArrayList<>();
    if (after.size() < before.size()) {
      before.sortPrefix(Math.min(before.size(), after.size() + count));
      for (int i = 0; i < before.size() && removed.size() < count; i++) {
        if (!kept.get(before.id(i))) {
          removed.add(scored(before, i));
        }
      }
    }
    return removed;
  }

  private static ScoredToken find(Candidates candidates, int token) {
    int index = 0;
    while (candidates.id(index) != token) {
      index++;
    }
    return scored(candidates, index);
  }

  private static ScoredToken scored(Candidates candidates, int index) {
    return new ScoredToken(
        candidates.id(index), candidates.logit(index), candidates.probability(index));
  }
}
