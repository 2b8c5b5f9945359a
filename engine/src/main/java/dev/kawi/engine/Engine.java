package dev.kawi.engine;

import dev.kawi.engine.Scheduler.Share;
import dev.kawi.nn.CacheLayout;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Device;
import dev.kawi.nn.Executor;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Network;
import dev.kawi.nn.Step;
import dev.kawi.nn.TappingExecutor;
import dev.kawi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

// How it works. One thread owns everything: the scheduler, the pages and the executor. Other
// threads
// put new sequences into its inbox and wait for what comes back. Between steps the thread empties
// the
// inbox; when there is nothing to do, it waits there. A step computes the shares that the scheduler
// chose, whatever kinds of requests they are of; then the hidden states go to those who pool them,
// and the logits, a slice of rows at a time, to those who asked for them, on the threads of the
// team.
//
// An exception of one sequence's sampling ends that sequence. An exception of the step itself ends
// the sequences of which it held rows, and no others; their pages are freed and what they held is
// not
// cached.

/// Runs steps of a ragged batch through a network. Safe for use by many threads.
final class Engine implements AutoCloseable {
  /// Rows whose logits are in memory at once.
  private static final int LOGIT_ROWS = 32;

  private final Network network;
  private final EngineOptions options;
  private final SharedTeam team;
  private final Device device;
  private final Executor executor;
  private final KvCache cache;
  private final Optional<SpillFolder> spill;
  private final PageManager pages;
  private final Scheduler scheduler;
  private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
  private final AtomicInteger submitted = new AtomicInteger();
  private final Sequence.Row[] rows;
  private final Thread thread;
  private volatile int waiting;
  private volatile CacheStats stats;
  private volatile boolean closed;

  /// @param device what the network runs on; closed in the end
  /// @param team what runs in turn with the engines of other models
  /// @param cacheContext what all cached content depends on
  Engine(
      Network network,
      int contextLength,
      Device device,
      SharedTeam team,
      EngineOptions options,
      byte[] cacheContext,
      String name) {
    this.network = network;
    this.options = options;
    this.team = team;
    this.device = device;
    executor = device.executor();
    CacheLayout layout = CacheLayout.ofBlocks(network.blocks());
    cache = device.newCache(layout, options.cacheType(), options.pageSize());
    spill = options.spill().flatMap(to -> SpillFolder.open(to.folder(), to.bytes(), name));
    PageManager sizes = new PageManager(cache, 0, options.stepTokens());
    pages =
        new PageManager(
            cache, options.cacheBudget(sizes.bytesFor(contextLength)), options.stepTokens(), spill);
    scheduler = new Scheduler(pages, cacheContext, options.maxSequences(), options.stepTokens());
    stats = scheduler.stats();
    rows = new Sequence.Row[team.team().size()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new Sequence.Row();
    }
    thread = Thread.ofPlatform().daemon().name("kawi-engine-" + name).start(this::loop);
  }

  /// Lets a sequence run.
  ///
  /// @throws QueueFullException when too many wait already
  /// @throws IllegalArgumentException when it could never have the pages that it needs
  void submit(Sequence sequence) {
    long needed = pages.bytesFor(sequence.maxLength());
    if (needed > pages.budget()) {
      throw new IllegalArgumentException(
          "the request may have %d tokens, whose keys and values take %d MiB; the cache has %d MiB. Ask for fewer tokens, or give the cache more memory"
              .formatted(sequence.maxLength(), needed >> 20, pages.budget() >> 20));
    }
    int before = submitted.getAndIncrement() + waiting;
    if (before >= options.maxWaiting()) {
      submitted.decrementAndGet();
      throw new QueueFullException(before);
    }
    send(
        () -> {
          scheduler.add(sequence);
          waiting = scheduler.numWaiting(); // before it no longer counts as submitted
          submitted.decrementAndGet();
        },
        () -> sequence.completeExceptionally(closedException()));
  }

  /// Lets a sequence run and waits for its result. An interrupt of the thread cancels it.
  <T> T await(FutureSequence<T> sequence) {
    submit(sequence);
    return result(sequence);
  }

  /// Lets sequences run together and waits for the results of all. If one of them fails or is
  /// refused, the others are cancelled.
  <T> List<T> awaitAll(List<? extends FutureSequence<T>> sequences) {
    try {
      sequences.forEach(this::submit);
      List<T> results = new ArrayList<>();
      sequences.forEach(sequence -> results.add(result(sequence)));
      return results;
    } catch (RuntimeException | Error e) {
      sequences.forEach(Sequence::cancel);
      throw e;
    }
  }

  private static <T> T result(FutureSequence<T> sequence) {
    try {
      return sequence.future().get();
    } catch (InterruptedException e) {
      sequence.cancel();
      Thread.currentThread().interrupt();
      throw new CancellationException("the thread was interrupted while it waited for a model");
    } catch (java.util.concurrent.ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new CompletionException(e.getCause());
      }
    }
  }

  /// How the pages are used, as of the last step.
  CacheStats stats() {
    return stats;
  }

  /// Bytes of memory for the tensors of a step.
  long scratchBytes() {
    return device.scratchBytes();
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
      team.inTurn(() -> {
        device.prepare(network);
        return true;
      });
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
      scheduler.all().forEach(sequence -> sequence.completeExceptionally(closedException()));
      drain();
    }
  }

  /// Computes the next tokens; false when there is nothing to do.
  private boolean step() {
    endAbandoned();
    List<Share> shares = next();
    waiting = scheduler.numWaiting();
    if (!shares.isEmpty()) {
      try {
        team.inTurn(() -> {
          compute(shares);
          return true;
        });
        settle(shares);
      } catch (RuntimeException | Error e) {
        RuntimeException cause = e instanceof RuntimeException r ? r : new IllegalStateException(e);
        shares.forEach(share -> end(share.sequence(), cause));
      }
    }
    return !shares.isEmpty();
  }

  /// The shares of the next step. A fault of the scheduler ends everything that it had, and leaves
  /// it able to go on.
  private List<Share> next() {
    try {
      return scheduler.next();
    } catch (RuntimeException | Error e) {
      System.getLogger(Engine.class.getName())
          .log(System.Logger.Level.ERROR, "the next step could not be planned", e);
      RuntimeException cause = e instanceof RuntimeException r ? r : new IllegalStateException(e);
      scheduler.all().forEach(sequence -> end(sequence, cause));
      return List.of();
    }
  }

  private void endAbandoned() {
    List<Sequence> abandoned = scheduler.retireAbandoned(System.nanoTime());
    if (!abandoned.isEmpty()) {
      stats = scheduler.stats();
      abandoned.forEach(Engine::handOutAbandoned);
    }
  }

  private void compute(List<Share> shares) {
    Tensor x = network.layers(batch(shares), executor(shares));
    int row = 0;
    for (Share share : shares) {
      if (share.sequence() instanceof EmbedSequence embedding) {
        accept(embedding, x, row, share.count());
      }
      row += share.count();
    }
    if (network instanceof Decoder decoder) {
      sample(decoder, x, shares);
    }
  }

  private void accept(EmbedSequence sequence, Tensor x, int row, int count) {
    try {
      int[] own = IntStream.range(row, row + count).toArray();
      Tensor states = network.states(executor.gather(x, own), executor);
      sequence.acceptHidden(sequence.computed(), states, executor);
    } catch (RuntimeException e) {
      sequence.fail(e);
    }
  }

  private Executor executor(List<Share> shares) {
    return shares.getFirst().sequence() instanceof TapSequence tapped
            && tapped.computed() >= tapped.from()
        ? new TappingExecutor(executor, tapped.tap())
        : executor;
  }

  private Step batch(List<Share> shares) {
    Step.Builder step = Step.over(cache);
    for (Share share : shares) {
      Sequence sequence = share.sequence();
      step.sequence(sequence.pages().table(), sequence.span())
          .adapter(sequence.options().adapter());
      for (int i = 0; i < share.count(); i++) {
        int position = sequence.computed() + i;
        step.token(sequence.token(position), position);
        if (sequence instanceof EmbedSequence embedding) {
          step.type(embedding.type(position));
        }
      }
    }
    return step.build();
  }

  /// Rows of one sequence whose logits are wanted.
  ///
  /// @param row in the step
  /// @param position in the sequence
  /// @param count how many
  private record Wanted(Sequence sequence, int row, int position, int count) {}

  private void sample(Decoder decoder, Tensor x, List<Share> shares) {
    List<Wanted> slice = new ArrayList<>();
    int inSlice = 0;
    int row = 0;
    for (Share share : shares) {
      int from = share.sequence().computed();
      for (int i = 0; i < share.count(); i++) {
        if (share.sequence().wantsLogits(from + i)) {
          add(slice, new Wanted(share.sequence(), row + i, from + i, 1));
          if (++inSlice == LOGIT_ROWS) {
            sample(decoder, x, slice, inSlice);
            slice.clear();
            inSlice = 0;
          }
        }
      }
      row += share.count();
    }
    if (inSlice > 0) {
      sample(decoder, x, slice, inSlice);
    }
  }

  /// Adds a row, to those before it if it follows them.
  private static void add(List<Wanted> slice, Wanted next) {
    Wanted last = slice.isEmpty() ? null : slice.getLast();
    if (last != null
        && last.sequence().equals(next.sequence())
        && last.row() + last.count() == next.row()) {
      slice.set(
          slice.size() - 1,
          new Wanted(last.sequence(), last.row(), last.position(), last.count() + 1));
    } else {
      slice.add(next);
    }
  }

  private void sample(Decoder decoder, Tensor x, List<Wanted> slice, int count) {
    int[] wanted = new int[count];
    int[] first = new int[slice.size()];
    int at = 0;
    for (int i = 0; i < slice.size(); i++) {
      first[i] = at;
      for (int k = 0; k < slice.get(i).count(); k++) {
        wanted[at++] = slice.get(i).row() + k;
      }
    }
    Tensor logits = executor.logits(decoder, x, wanted);
    team.team()
        .run(
            slice.size(),
            1,
            (from, to, worker) -> {
              for (int i = from; i < to; i++) {
                accept(slice.get(i), logits, first[i], rows[worker]);
              }
            });
  }

  private void accept(Wanted wanted, Tensor logits, int first, Sequence.Row row) {
    if (row.logits.length != logits.cols()) {
      row.logits = new float[logits.cols()];
    }
    try {
      for (int k = 0; k < wanted.count(); k++) {
        executor.read(logits, first + k, row.logits);
        wanted.sequence().acceptLogits(wanted.position() + k, row);
      }
    } catch (RuntimeException e) {
      wanted.sequence().fail(e);
    }
  }

  /// What a step means for its sequences. Results are handed out when the pages are free.
  private void settle(List<Share> shares) {
    List<Sequence> ended = new ArrayList<>();
    for (Share share : shares) {
      Sequence sequence = share.sequence();
      if (sequence.failure() != null) {
        scheduler.drop(sequence);
        ended.add(sequence);
      } else {
        scheduler.computed(share);
        if (sequence.isDone()) {
          scheduler.retire(sequence);
          ended.add(sequence);
        }
      }
    }
    stats = scheduler.stats();
    ended.forEach(Engine::handOut);
  }

  private static void handOutAbandoned(Sequence sequence) {
    if (!sequence.isCancelled()) {
      sequence.completeExceptionally(
          new RequestTimeoutException(sequence.options().timeLimit().orElseThrow()));
      return;
    }
    try {
      sequence.completeCancelled();
    } catch (RuntimeException e) {
      sequence.completeExceptionally(e);
    }
  }

  private static void handOut(Sequence sequence) {
    RuntimeException failure = sequence.failure();
    try {
      if (failure == null) {
        sequence.complete();
        return;
      }
    } catch (RuntimeException e) {
      failure = e;
    }
    sequence.completeExceptionally(failure);
  }

  private void end(Sequence sequence, RuntimeException cause) {
    scheduler.drop(sequence);
    stats = scheduler.stats();
    sequence.completeExceptionally(cause);
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
    scheduler.all().forEach(Sequence::releasePages);
    pages.spillCached();
    spill.ifPresent(SpillFolder::close);
    cache.close();
    device.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
