package dev.kawi.engine;

import dev.kawi.nn.BlockTable;
import dev.kawi.nn.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleConsumer;

/// How many tokens a model computes in a second: prompts at once, generation token by token.
///
/// @param test what was measured, such as `pp512` or `tg64 @ d2048`
/// @param threads threads of a step
/// @param median tokens per second, the middle of all repetitions
/// @param min the slowest repetition
/// @param max the fastest
public record Throughput(String test, int threads, double median, double min, double max) {
  private static final int CHUNK = 512;
  private static final long WARM_UP_NANOS = 2_000_000_000L;

  /// A prompt of `tokens` tokens after `depth` others.
  public static Throughput ofPrompt(
      Model model, int threads, int tokens, int depth, int repetitions, DoubleConsumer progress) {
    String name = "pp" + tokens + (depth > 0 ? " @ d" + depth : "");
    return measure(
        name,
        model,
        threads,
        tokens,
        repetitions,
        progress,
        bench -> promptNanos(bench, tokens, depth));
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
        model,
        threads,
        tokens * sequences,
        repetitions,
        progress,
        bench -> generationNanos(bench, tokens, depth, sequences));
  }

  private interface Run {
    long nanos(Engine.Bench bench);
  }

  private static Throughput measure(
      String name,
      Model model,
      int threads,
      int tokens,
      int repetitions,
      DoubleConsumer progress,
      Run run) {
    double[] rates = new double[repetitions];
    warmUp(model, run);
    for (int i = 0; i < repetitions; i++) {
      rates[i] = tokens * 1e9 / model.exclusively(run::nanos);
      progress.accept((i + 1.0) / repetitions);
    }
    Arrays.sort(rates);
    double median = (rates[(repetitions - 1) / 2] + rates[repetitions / 2]) / 2;
    return new Throughput(name, threads, median, rates[0], rates[repetitions - 1]);
  }

  /// Runs until caches are filled and the compiler has little left to do.
  private static void warmUp(Model model, Run run) {
    long end = System.nanoTime() + WARM_UP_NANOS;
    do {
      model.exclusively(run::nanos);
    } while (System.nanoTime() < end);
  }

  private static long promptNanos(Engine.Bench bench, int tokens, int depth) {
    BlockTable table = bench.table(depth + tokens);
    prompt(bench, table, 0, depth);
    long start = System.nanoTime();
    prompt(bench, table, depth, tokens);
    return System.nanoTime() - start;
  }

  private static void prompt(Engine.Bench bench, BlockTable table, int from, int count) {
    for (int at = 0; at < count; at += CHUNK) {
      int[] ids = randomIds(bench, Math.min(CHUNK, count - at), from + at);
      bench.decoder().forward(Step.of(ids, from + at, table, bench.cache()), bench.executor());
    }
  }

  private static int[] randomIds(Engine.Bench bench, int count, int seed) {
    return new Random(seed).ints(count, 0, bench.decoder().vocabSize()).toArray();
  }

  private static long generationNanos(Engine.Bench bench, int tokens, int depth, int sequences) {
    List<BlockTable> tables = new ArrayList<>();
    for (int s = 0; s < sequences; s++) {
      tables.add(bench.table(depth + tokens));
      prompt(bench, tables.get(s), 0, depth);
    }
    long start = System.nanoTime();
    for (int i = 0; i < tokens; i++) {
      int[] ids = randomIds(bench, sequences, i);
      Step.Builder step = Step.over(bench.cache());
      for (int n = 0; n < sequences; n++) {
        step.sequence(tables.get(n)).token(ids[n], depth + i).output();
      }
      bench.decoder().forward(step.build(), bench.executor());
    }
    return System.nanoTime() - start;
  }
}
