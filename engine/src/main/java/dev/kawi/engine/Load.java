package dev.kawi.engine;

import dev.kawi.sample.SamplingOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/// Requests that arrive at the same moment: how long until each has its first token, and how fast
/// all go on.
///
/// @param sequences requests
/// @param cachedTokens tokens of the prompts that were found in the cache, summed over requests
/// @param medianFirst seconds from the arrival to the first token, the middle one of the requests
/// @param lastFirst seconds until the last request had its first token
/// @param seconds until the last token of the last request
/// @param generation tokens per second of all requests together, from the moment when each had its
///   first token
public record Load(
    int sequences,
    int cachedTokens,
    double medianFirst,
    double lastFirst,
    double seconds,
    double generation) {
  private static final AtomicLong RUNS = new AtomicLong();
  private static final long WARM_UP_NANOS = 4_000_000_000L;
  private static final int WARM_UP_SEQUENCES = 4;

  /// Whose prompt a request has.
  public enum Prompts {
    /// Every request has the same.
    SHARED,
    /// Each has one of its own.
    DISTINCT
  }

  /// Times of the tokens of one request, in nanoseconds.
  private record Times(List<Long> at, int cachedTokens) {}

  /// Sends the requests once; nothing of an earlier call is found in the cache.
  ///
  /// @param promptTokens random tokens of each prompt
  /// @param newTokens tokens that each request generates, at least 2
  public static Load of(
      Model model, int sequences, int promptTokens, int newTokens, Prompts prompts) {
    RequestOptions own = RequestOptions.DEFAULT.withCacheSalt("load " + RUNS.getAndIncrement());
    long start = System.nanoTime();
    List<Generation> all = new ArrayList<>();
    for (int s = 0; s < sequences; s++) {
      int seed = prompts == Prompts.SHARED ? 0 : s;
      int[] ids = new Random(seed).ints(promptTokens, 0, model.decoder().vocabSize()).toArray();
      all.add(
          model.generate(
              GenerationRequest.of(ids)
                  .with(SamplingOptions.greedy())
                  .withMaxTokens(newTokens)
                  .withEnd(GenerationRequest.End.IGNORED)
                  .with(own)));
    }
    return summary(start, await(all));
  }

  /// Sends a few requests until the compiler has little left to do.
  public static void warmUp(Model model, int promptTokens, int newTokens) {
    long end = System.nanoTime() + WARM_UP_NANOS;
    do {
      of(model, WARM_UP_SEQUENCES, promptTokens, newTokens, Prompts.SHARED);
    } while (System.nanoTime() < end);
  }

  private static List<Times> await(List<Generation> all) {
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      return readers
          .invokeAll(
              all.stream().<Callable<Times>>map(generation -> () -> read(generation)).toList())
          .stream()
          .map(Future::resultNow)
          .toList();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("load: interrupted", e);
    }
  }

  private static Times read(Generation generation) {
    List<Long> times = new ArrayList<>();
    GenerationResult result = generation.await(token -> times.add(System.nanoTime()));
    return new Times(times, result.cachedTokens());
  }

  private static Load summary(long start, List<Times> requests) {
    long[] first = requests.stream().mapToLong(times -> times.at().getFirst()).sorted().toArray();
    long lastFirst = first[first.length - 1];
    long[] all =
        requests.stream().flatMap(times -> times.at().stream()).mapToLong(at -> at).toArray();
    long end = Arrays.stream(all).max().orElseThrow();
    long after = Arrays.stream(all).filter(at -> at > lastFirst).count();
    return new Load(
        requests.size(),
        requests.stream().mapToInt(Times::cachedTokens).sum(),
        (first[first.length / 2] - start) / 1e9,
        (lastFirst - start) / 1e9,
        (end - start) / 1e9,
        end == lastFirst ? 0 : after * 1e9 / (end - lastFirst));
  }
}
