package dev.kawi.engine;

import dev.kawi.engine.Scheduler.Share;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.nn.BlockTable;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Executor;
import dev.kawi.nn.FastExecutor;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Step;
import dev.kawi.tensor.Tensor;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;

// How it works. One thread owns everything: the scheduler, the pages, the executor and its team.
// Other threads put commands into its inbox (a new sequence, or a task that wants the executor for
// itself) and wait for what comes back. Between steps the thread empties the inbox; when there is
// nothing to do, it waits there. An exception in a step fails the sequences of that step and no
// others.

/// Runs steps of a ragged batch through a decoder. Safe for use by many threads.
final class Engine implements AutoCloseable {
  /// What a task that has the engine for itself works with.
  ///
  /// @param decoder the model
  /// @param executor carries out the model
  /// @param cache keys and values for the task alone
  record Bench(Decoder decoder, Executor executor, KvCache cache) {
    /// Pages for `tokens` tokens, which end with the cache.
    BlockTable table(int tokens) {
      return cache.newTable(tokens);
    }

    /// A step of a whole sequence, with the logits of its last token.
    Step step(int[] ids) {
      int[] last = {ids.length - 1};
      return Step.of(ids, 0, decoder.span(ids), table(ids.length), cache, last);
    }
  }

  private static final int PAGE_SIZE = 64;

  private final Decoder decoder;
  private final EngineOptions options;
  private final ThreadTeam team;
  private final FastExecutor executor;
  private final KvCache cache;
  private final Scheduler scheduler;
  private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
  private final Thread thread;
  private final float[] logits;
  private volatile boolean closed;

  Engine(Decoder decoder, int contextLength, Kernels kernels, EngineOptions options, String name) {
    this.decoder = decoder;
    this.options = options;
    team = new ThreadTeam(options.threads());
    executor = new FastExecutor(kernels, team);
    cache = newCache();
    int pages = Math.ceilDiv(contextLength, PAGE_SIZE) * options.maxSequences();
    scheduler =
        new Scheduler(new PageManager(cache, pages), options.maxSequences(), options.stepTokens());
    logits = new float[decoder.vocabSize()];
    thread = Thread.ofPlatform().daemon().name("kawi-engine-" + name).start(this::loop);
  }

  private KvCache newCache() {
    return KvCache.of(decoder.blocks(), options.cacheType(), PAGE_SIZE);
  }

  /// Lets a sequence run; its answer comes through [Sequence#await].
  void submit(Sequence sequence) {
    send(() -> scheduler.add(sequence), () -> sequence.fail(closedException()));
  }

  /// Runs a task between steps with the executor and a cache of its own, and returns its result.
  <T> T exclusively(Function<Bench, T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    send(
        () -> {
          try (KvCache own = newCache()) {
            result.complete(task.apply(new Bench(decoder, executor, own)));
          } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
          }
        },
        () -> result.completeExceptionally(closedException()));
    try {
      return result.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw e;
      }
    }
  }

  private void send(Runnable command, Runnable refused) {
    inbox.add(() -> (closed ? refused : command).run());
    if (closed) {
      drain();
    }
  }

  private void drain() {
    for (Runnable command; (command = inbox.poll()) != null; ) {
      command.run();
    }
  }

  private static IllegalStateException closedException() {
    return new IllegalStateException("the model is closed; load it again to use it");
  }

  /// Packs the weights. If that fails the first step fails alike, and tells who asked.
  private void prepare() {
    try {
      executor.prepare(decoder);
    } catch (RuntimeException | Error e) {
      System.getLogger(Engine.class.getName())
          .log(System.Logger.Level.WARNING, "the weights could not be packed", e);
    }
  }

  private void loop() {
    try {
      prepare();
      while (!closed) {
        drain();
        if (!step()) {
          inbox.take().run();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed while waiting
    } finally {
      closed = true;
      scheduler.all().forEach(sequence -> sequence.fail(closedException()));
      drain();
    }
  }

  /// Computes the next tokens; false when there is nothing to do.
  private boolean step() {
    cancel();
    List<Share> shares = scheduler.next();
    if (shares.isEmpty()) {
      return false;
    }
    try {
      Tensor rows = decoder.forward(Scheduler.step(shares, cache), executor);
      choose(shares, rows);
    } catch (RuntimeException | Error e) {
      RuntimeException cause = e instanceof RuntimeException r ? r : new IllegalStateException(e);
      shares.forEach(share -> fail(share.sequence(), cause));
    }
    return true;
  }

  private void cancel() {
    for (Sequence sequence : scheduler.all()) {
      if (sequence.cancelled()) {
        sequence.finish(FinishReason.CANCELLED);
        scheduler.retire(sequence);
      }
    }
  }

  private void choose(List<Share> shares, Tensor rows) {
    int row = 0;
    for (Share share : shares) {
      Sequence sequence = share.sequence();
      boolean reachesEnd = share.reachesEnd();
      sequence.advance(share.count());
      if (reachesEnd) {
        rows.copyRow(row++, logits);
        if (sequence.choose(logits)) {
          scheduler.retire(sequence);
        }
      }
    }
  }

  private void fail(Sequence sequence, RuntimeException cause) {
    sequence.fail(cause);
    scheduler.drop(sequence);
  }

  /// Ends the thread after its current step; requests under way fail.
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    drain();
    executor.close();
    team.close();
    cache.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
