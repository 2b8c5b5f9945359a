package dev.kawi.bench;

import dev.kawi.engine.CacheStats;
import dev.kawi.engine.Drafter;
import dev.kawi.engine.EngineOptions;
import dev.kawi.engine.Generation;
import dev.kawi.engine.GenerationRequest;
import dev.kawi.engine.Model;
import dev.kawi.engine.QueueFullException;
import dev.kawi.engine.RequestOptions;
import dev.kawi.engine.RequestTimeoutException;
import dev.kawi.engine.ScoreRequest;
import dev.kawi.sample.SamplingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/// Random traffic for a stated time, to see whether memory stays flat: users that generate, score
/// and embed, some with drafts, some that cancel, some with a time limit, with shared and with own
/// prompts, and a cache that is too small for all of them. Prints a row a minute: requests so far,
/// resident memory of the process, heap in use after a collection, and what the cache did.
///
/// `bench/traffic MODEL MINUTES [USERS]`
public final class Traffic {
  private static final int PROMPT = 300;
  private static final int CONTEXT = 512;
  private static final Duration LIMIT = Duration.ofMillis(300);

  private final Model model;
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong cancelled = new AtomicLong();
  private final AtomicLong late = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private volatile boolean over;

  private Traffic(Model model) {
    this.model = model;
  }

  /// Runs the traffic; see the class.
  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2) {
      System.err.println("usage: bench/traffic MODEL MINUTES [USERS]");
      System.exit(2);
    }
    int users = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 40;
    EngineOptions options =
        EngineOptions.defaults()
            .withContextLength(CONTEXT)
            .withMaxSequences(16)
            .withMaxWaiting(users / 2)
            .withCacheBytes(cacheBytes(Path.of(arguments[0])));
    try (Model model = Model.load(Path.of(arguments[0]), options)) {
      new Traffic(model).run(users, Integer.parseInt(arguments[1]));
    }
  }

  /// Room for four sequences of full length.
  private static long cacheBytes(Path file) throws IOException {
    try (Model model =
        Model.load(file, EngineOptions.defaults().withContextLength(CONTEXT).withMaxSequences(4))) {
      return model.cacheStats().budgetBytes();
    }
  }

  private void run(int users, int minutes) throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (int u = 0; u < users; u++) {
      SplittableRandom random = new SplittableRandom(u);
      String name = "user " + u;
      threads.add(Thread.ofVirtual().start(() -> user(name, random)));
    }
    System.out.println(
        "| minute | answered | cancelled | late | refused | resident MiB | heap MiB | cache MiB | hits | evictions | preemptions |");
    System.out.println("|---|---|---|---|---|---|---|---|---|---|---|");
    for (int minute = 1; minute <= minutes; minute++) {
      Thread.sleep(Duration.ofMinutes(1));
      print(minute);
    }
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
    print(minutes);
    if (model.cacheStats().usedPages() != 0) {
      throw new IllegalStateException("Bug: pages are in use after the last request");
    }
  }

  private void user(String name, SplittableRandom random) {
    while (!over) {
      try {
        request(name, random);
        answered.incrementAndGet();
      } catch (QueueFullException e) {
        refused.incrementAndGet();
        pause(random.nextInt(50));
      } catch (RequestTimeoutException e) {
        late.incrementAndGet();
      }
    }
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void request(String name, SplittableRandom random) {
    int kind = random.nextInt(10);
    int[] prompt = prompt(random);
    RequestOptions options =
        RequestOptions.DEFAULT
            .withUser(name)
            .withPriority(random.nextInt(3))
            .withCacheSalt(random.nextInt(4) == 0 ? name : "");
    if (kind < 2) {
      model.score(ScoreRequest.of(prompt, prompt.length / 2).with(options));
      return;
    }
    if (kind == 2) {
      options = options.withTimeLimit(LIMIT);
    }
    GenerationRequest request =
        GenerationRequest.of(prompt)
            .with(SamplingOptions.builder().temperature(1).seed(random.nextInt()).build())
            .withMaxTokens(1 + random.nextInt(100))
            .with(options);
    if (kind == 3) {
      request = request.with(Drafter.lookup());
    }
    Generation generation = model.generate(request);
    if (kind == 4) {
      pause(random.nextInt(200));
      generation.cancel();
      cancelled.incrementAndGet();
    }
    generation.await();
  }

  /// Half of the prompts begin with one of eight beginnings.
  private int[] prompt(SplittableRandom random) {
    int length = 1 + random.nextInt(PROMPT);
    int vocabulary = model.decoder().vocabSize();
    int[] prompt = random.ints(length, 0, vocabulary).toArray();
    if (random.nextBoolean()) {
      int shared = random.nextInt(length);
      int[] beginning =
          new SplittableRandom(random.nextInt(8)).ints(shared, 0, vocabulary).toArray();
      System.arraycopy(beginning, 0, prompt, 0, shared);
    }
    return prompt;
  }

  private void print(int minute) throws IOException {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    CacheStats cache = model.cacheStats();
    System.out.printf(
        Locale.ROOT,
        "| %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |%n",
        minute,
        answered.get(),
        cancelled.get(),
        late.get(),
        refused.get(),
        residentMiB(),
        (runtime.totalMemory() - runtime.freeMemory()) >> 20,
        cache.bytes() >> 20,
        cache.hitTokens(),
        cache.evictions(),
        cache.preemptions());
  }

  /// As Linux tells it.
  private static long residentMiB() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElseThrow();
  }
}
