package dev.kawi.engine;

import dev.kawi.nn.KvCache;
import dev.kawi.nn.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

// How it works. There is no prefill phase and no decode phase: each sequence has tokens known and
// tokens computed, and a step computes as many of those between as the budget allows. Sequences
// that lack one token (they generate) come first, then prompts in the order of arrival, in chunks.
// What a model reads in both directions is one chunk: one that is longer than what is left of the
// budget waits for the next step, in which it comes first, and there takes what it needs, even if
// that is more than the budget.

/// Decides which tokens of which sequences the next step computes. Owned by the engine's thread.
final class Scheduler {
  /// A part of a step: the next `count` tokens of a sequence.
  record Share(Sequence sequence, int count) {
    /// Whether this computes the last known token, whose logits choose the next.
    boolean reachesEnd() {
      return count == sequence.pending();
    }
  }

  private final PageManager pages;
  private final int maxSequences;
  private final int stepTokens;
  private final Deque<Sequence> waiting = new ArrayDeque<>();
  private final List<Sequence> running = new ArrayList<>();

  Scheduler(PageManager pages, int maxSequences, int stepTokens) {
    this.pages = pages;
    this.maxSequences = maxSequences;
    this.stepTokens = stepTokens;
  }

  void add(Sequence sequence) {
    waiting.addLast(sequence);
  }

  /// Sequences that are running or waiting.
  List<Sequence> all() {
    List<Sequence> all = new ArrayList<>(running);
    all.addAll(waiting);
    return all;
  }

  boolean isIdle() {
    return running.isEmpty() && waiting.isEmpty();
  }

  /// The shares of the next step; empty when nothing is to be done.
  List<Share> next() {
    admit();
    List<Sequence> order = new ArrayList<>(running);
    order.sort(Comparator.comparing(s -> s.pending() > 1)); // stable: generating ones first
    List<Share> shares = new ArrayList<>();
    int budget = stepTokens;
    boolean generating = true;
    for (Sequence sequence : order) {
      int span = sequence.pendingSpan();
      int room = generating ? Math.max(budget, span) : budget;
      int count = Math.min(room, sequence.pending());
      if (count > 0 && count >= span) {
        shares.add(new Share(sequence, count));
        budget = Math.max(0, budget - count);
      }
      generating &= sequence.pending() == 1;
    }
    return shares;
  }

  private void admit() {
    while (!waiting.isEmpty()
        && running.size() < maxSequences
        && pages.canAllocate(waiting.getFirst().maxLength())) {
      Sequence sequence = waiting.removeFirst();
      sequence.admit(pages.allocate(sequence.prompt(), sequence.span(), sequence.maxLength()));
      running.add(sequence);
    }
  }

  /// Takes an ended sequence out and keeps its pages for a request that begins alike.
  void retire(Sequence sequence) {
    if (running.remove(sequence)) {
      pages.keep(sequence.computedTokens(), sequence.span(), sequence.table());
    } else {
      waiting.remove(sequence);
    }
  }

  /// Takes a sequence out whose pages may hold anything.
  void drop(Sequence sequence) {
    if (running.remove(sequence)) {
      pages.free(sequence.table());
    } else {
      waiting.remove(sequence);
    }
  }

  /// The ragged batch of these shares; logits are asked for where a sequence reaches its end.
  static Step step(List<Share> shares, KvCache cache) {
    Step.Builder step = Step.over(cache);
    for (Share share : shares) {
      Sequence sequence = share.sequence();
      step.sequence(sequence.table(), sequence.span());
      for (int i = 0; i < share.count(); i++) {
        int position = sequence.computed() + i;
        step.token(sequence.token(position), position);
      }
      if (share.reachesEnd()) {
        step.output();
      }
    }
    return step.build();
  }
}
