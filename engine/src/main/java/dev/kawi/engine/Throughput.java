package dev.kawi.engine;

import dev.kawi.sample.SamplingOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleConsumer;

/// How many tokens a model computes in a second: prompts at once, generation token by token.
///
/// @param test what was measured, such as `pp512` or `tg64 @ d2048`
/// @param threads threads of a step
/// @param median tokens per second, the middle of all repetitions
/// @param min the slowest repetition
/// @param max the fastest
public record Throughput(String test, int threads, double median, double min, double max) {
  private static final AtomicLong RUNS = new AtomicLong();
  private static final long WARM_UP_NANOS = 2_000_000_000L;

  /// A prompt of `tokens` tokens after `depth` others.
  public static Throughput ofPrompt(
      Model model, int threads, int tokens, int depth, int repetitions, DoubleConsumer progress) {
    String name = "pp" + tokens + (depth > 0 ? " @ d" + depth : "");
    return measure(
        name, threads, tokens, repetitions, progress, () -> promptNanos(model, tokens, depth));
  }

  /// Generation of `tokens` tokens in each of `sequences` sequences after `depth` others; the rate
  /// is that of all sequences together.
  public static Throughput ofGeneration(
      Model model,
      int threads,
      int tokens,
      int depth,
      int sequences,
      int repetitions,
      DoubleConsumer progress) {
    String name =
        "tg"
            + tokens
            + (sequences > 1 ? " x " + sequences : "")
            + (depth > 0 ? " @ d" + depth : "");
    return measure(
        name,
        threads,
        tokens * sequences,
        repetitions,
        progress,
        () -> generationNanos(model, tokens, depth, sequences));
  }

  private interface Run {
    long nanos();
  }

  private static Throughput measure(
      String name, int threads, int tokens, int repetitions, DoubleConsumer progress, Run run) {
    double[] rates = new double[repetitions];
    warmUp(run);
    for (int i = 0; i < repetitions; i++) {
      rates[i] = tokens * 1e9 / run.nanos();
      progress.accept((i + 1.0) / repetitions);
    }
    Arrays.sort(rates);
    double median = (rates[(repetitions - 1) / 2] + rates[repetitions / 2]) / 2;
    return new Throughput(name, threads, median, rates[0], rates[repetitions - 1]);
  }

  /// Runs until caches are filled and the compiler has little left to do.
  private static void warmUp(Run run) {
    long end = System.nanoTime() + WARM_UP_NANOS;
    do {
      run.nanos();
    } while (System.nanoTime() < end);
  }

  /// From the first token after `depth` cached ones to the first new token.
  private static long promptNanos(Model model, int tokens, int depth) {
    int[] ids = randomIds(model, depth + tokens, 1);
    RequestOptions own = salted();
    if (depth > 0) {
      model.generate(request(Arrays.copyOf(ids, depth), 1, own)).await();
    }
    return model.generate(request(ids, 1, own)).await().promptTime().toNanos();
  }

  /// From the first new token of the last sequence to get there to the end of all; what the others
  /// generated before does not count, so each generates until all have.
  private static long generationNanos(Model model, int tokens, int depth, int sequences) {
    List<Generation> all = new ArrayList<>();
    for (int s = 0; s < sequences; s++) {
      int[] prompt = randomIds(model, Math.max(1, depth), 1 + s);
      all.add(model.generate(request(prompt, tokens + 1, salted())));
    }
    long nanos = 0;
    for (Generation generation : all) {
      nanos = Math.max(nanos, generation.await().generationTime().toNanos());
    }
    return nanos;
  }

  private static GenerationRequest request(int[] prompt, int tokens, RequestOptions options) {
    return GenerationRequest.of(prompt)
        .with(SamplingOptions.greedy())
        .withMaxTokens(tokens)
        .withEnd(GenerationRequest.End.IGNORED)
        .with(options);
  }

  /// Nothing of an earlier repetition is found in the cache.
  private static RequestOptions salted() {
    return RequestOptions.DEFAULT.withCacheSalt("throughput " + RUNS.getAndIncrement());
  }

  private static int[] randomIds(Model model, int count, int seed) {
    return new Random(seed).ints(count, 0, model.decoder().vocabSize()).toArray();
  }
}
