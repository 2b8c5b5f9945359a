package dev.kawi.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

// How it works. There is no prefill phase and no decode phase: each sequence has tokens known and
// tokens computed, and a step computes as many of those between as the budget allows. Sequences
// that
// lack one token (they generate) come first; what is left of the budget is divided among those that
// read a prompt, equally, so that a short prompt is not held up by a long one. What a model reads
// in
// both directions is one chunk: it may exceed the budget, and then comes alone.
//
// Sequences wait for a place among those that run and for pages. Who is next is decided by
// priority,
// then by whose user has had fewest tokens computed, then by arrival. A sequence that begins like
// one
// that is being computed waits until it can use the pages.
//
// Pages are taken as a sequence grows. If there are none, the sequence of lowest priority that came
// last gives its own up and waits again; it will be computed again, from what is still cached.

/// Decides which tokens of which sequences the next step computes. Owned by the engine's thread.
final class Scheduler {
  /// A part of a step: the next `count` tokens of a sequence.
  record Share(Sequence sequence, int count) {}

  /// Time of a step in which pages are brought back from the folder while others run.
  private static final long RESTORE_NANOS = 20_000_000;

  private static final Comparator<Sequence> URGENCY =
      Comparator.comparingInt((Sequence s) -> -s.options().priority())
          .thenComparingLong(s -> s.number);

  private final PageManager pages;
  private final byte[] model;
  private final int maxSequences;
  private final int stepTokens;
  private final List<Sequence> waiting = new ArrayList<>();
  private final List<Sequence> running = new ArrayList<>();
  private final Set<Sequence> preempted = new HashSet<>();
  private final Map<String, Long> served = new HashMap<>();
  private final Set<PageKey> inFlight = new HashSet<>();
  private boolean lastWasAlone;
  private long arrivals;
  private long preemptions;
  private long hitTokens;
  private long missTokens;

  /// @param model what all cached content depends on
  Scheduler(PageManager pages, byte[] model, int maxSequences, int stepTokens) {
    this.pages = pages;
    this.model = model.clone();
    this.maxSequences = maxSequences;
    this.stepTokens = stepTokens;
  }

  void add(Sequence sequence) {
    sequence.number = arrivals++;
    String user = sequence.options().user();
    if (!isActive(user)) {
      served.put(user, leastServed());
    }
    waiting.add(sequence);
  }

  private boolean isActive(String user) {
    return all().stream().anyMatch(s -> s.options().user().equals(user));
  }

  /// A user who comes anew has no claim to what others got while it was away.
  private long leastServed() {
    Set<String> active = new HashSet<>();
    all().forEach(s -> active.add(s.options().user()));
    served.keySet().retainAll(active);
    return served.values().stream().mapToLong(Long::longValue).min().orElse(0);
  }

  /// Sequences that are running or waiting.
  List<Sequence> all() {
    List<Sequence> all = new ArrayList<>(running);
    all.addAll(waiting);
    return all;
  }

  int numWaiting() {
    return waiting.size();
  }

  /// The shares of the next step; empty when nothing is to be done.
  List<Share> next() {
    while (true) {
      admit();
      List<Share> shares = new ArrayList<>();
      Optional<Sequence> alone = lastWasAlone ? Optional.empty() : alone();
      if (alone.isPresent()) {
        addAlone(shares, alone.get());
      } else {
        int budget = addGenerations(shares);
        addPrompts(shares, budget);
        shares.removeIf(share -> !share.sequence().isAdmitted()); // gave way to a later one
      }
      lastWasAlone = alone.isPresent();
      if (!shares.isEmpty() || running.stream().noneMatch(Sequence::isPending)) {
        return shares;
      }
    }
  }

  /// What takes a step of its own: a tapped sequence, or a span that exceeds the budget. Others
  /// have every second step.
  private Optional<Sequence> alone() {
    return inOrder(this::needsOwnStep).stream().findFirst();
  }

  private boolean needsOwnStep(Sequence sequence) {
    return sequence.isPending()
        && (sequence instanceof TapSequence || sequence.pendingSpan() > stepTokens);
  }

  private void addAlone(List<Share> shares, Sequence sequence) {
    int count = chunk(sequence, stepTokens);
    if (reserve(sequence, count)) {
      shares.add(new Share(sequence, count));
    }
  }

  /// Tokens that are computed on approval, if there is room for them without taking it from others.
  private int draft(Sequence sequence, int most) {
    int count;
    try {
      count = sequence.proposeTokens(most);
    } catch (RuntimeException e) {
      sequence.fail(e);
      return 0;
    }
    boolean room =
        count > 0
            && sequence.pages().reserve(sequence.known() + count)
            && (!pages.hasState() || sequence.pages().saveStates());
    return room ? count : sequence.proposeTokens(0);
  }

  /// What is left of the budget.
  private int addGenerations(List<Share> shares) {
    int budget = stepTokens;
    for (Sequence sequence :
        inOrder(s -> s.pending() == 1 && s.pendingSpan() <= 1 && !needsOwnStep(s))) {
      if (budget > 0 && sequence.isAdmitted() && reserve(sequence, 1)) {
        int count = 1 + draft(sequence, budget - 1);
        shares.add(new Share(sequence, count));
        budget -= count;
      }
    }
    return budget;
  }

  private List<Sequence> inOrder(Predicate<Sequence> which) {
    return running.stream().filter(which).sorted(URGENCY).toList();
  }

  /// Divides the budget equally; what a short prompt does not need goes to the longer ones.
  private void addPrompts(List<Share> shares, int budget) {
    List<Sequence> prompts =
        new ArrayList<>(inOrder(s -> (s.pending() > 1 || s.pendingSpan() > 1) && !needsOwnStep(s)));
    prompts.sort(
        Comparator.comparingInt((Sequence s) -> -s.options().priority())
            .thenComparingInt(Sequence::pending)
            .thenComparingLong(s -> s.number));
    int left = budget;
    for (int i = 0; i < prompts.size() && left > 0; i++) {
      Sequence sequence = prompts.get(i);
      if (!sequence.isAdmitted()) {
        continue; // it gave way
      }
      int fair = Math.max(Math.min(left, pages.pageSize()), left / (prompts.size() - i));
      int count = chunk(sequence, fair);
      if (count > left) {
        continue; // a span that does not fit waits for the next step
      }
      if (reserve(sequence, count)) {
        shares.add(new Share(sequence, count));
        left -= count;
      }
    }
  }

  /// Tokens of a sequence in a step that has room for so many; more if a span needs them.
  private static int chunk(Sequence sequence, int room) {
    int from = sequence.computed();
    int count = Math.max(sequence.pendingSpan(), Math.min(room, sequence.pending()));
    if (sequence instanceof TapSequence tapped && from < tapped.from()) {
      count = Math.min(count, tapped.from() - from);
    }
    int end = sequence.pages().stepEnd(from + count, sequence.promptLength());
    return Math.max(sequence.pendingSpan(), end - from);
  }

  /// Room for the next tokens of a sequence, at the cost of others that are less urgent; false if
  /// it had to give way itself.
  private boolean reserve(Sequence sequence, int count) {
    while (!sequence.pages().reserve(sequence.computed() + count)) {
      Sequence victim = running.stream().max(URGENCY).orElse(sequence);
      preempt(victim);
      if (victim.equals(sequence)) {
        return false;
      }
    }
    return true;
  }

  private void preempt(Sequence victim) {
    if (running.size() == 1) {
      throw new IllegalStateException("Bug: a sequence was accepted that does not fit alone");
    }
    running.remove(victim);
    victim.proposeTokens(0); // forgets what was proposed for this step
    victim.releasePages();
    preempted.add(victim);
    waiting.add(victim);
    preemptions++;
  }

  // ---- admission ----

  private void admit() {
    if (waiting.isEmpty()) {
      return;
    }
    inFlight.clear();
    running.forEach(this::addKeys);
    Set<Sequence> deferred = new HashSet<>();
    long restoreUntil = System.nanoTime() + RESTORE_NANOS;
    while (running.size() < maxSequences) {
      Optional<Sequence> best =
          waiting.stream().filter(s -> !deferred.contains(s)).min(this::compareWaiting);
      if (best.isEmpty()) {
        return;
      }
      if (isBehindOneInFlight(best.get()) || !isRestored(best.get(), restoreUntil)) {
        deferred.add(best.get());
      } else if (!tryAdmit(best.get())) {
        return;
      }
    }
  }

  private int compareWaiting(Sequence a, Sequence b) {
    int byPriority = Integer.compare(b.options().priority(), a.options().priority());
    int byService = Long.compare(served(a), served(b));
    int byArrival = Long.compare(a.number, b.number);
    return byPriority != 0 ? byPriority : byService != 0 ? byService : byArrival;
  }

  private long served(Sequence sequence) {
    return served.getOrDefault(sequence.options().user(), 0L);
  }

  /// Admits if there is room for what is known of it and not cached, beside a page for each that
  /// runs.
  private boolean tryAdmit(Sequence sequence) {
    Optional<SequencePages> own =
        SequencePages.begin(
            pages,
            sequence.root(model),
            sequence.tokens(),
            sequence.cacheLimit(),
            sequence.span().length());
    if (own.isEmpty()) {
      return false;
    }
    long needed = pages.growthFor(sequence.known() - own.get().computed());
    if (!running.isEmpty() && pages.available() < needed + running.size() * pages.growthFor(1)) {
      own.get().free();
      return false;
    }
    boolean first = !preempted.remove(sequence);
    sequence.admit(own.get(), first);
    if (first) {
      hitTokens += sequence.cachedTokens();
      missTokens += sequence.promptLength() - sequence.cachedTokens();
    }
    waiting.remove(sequence);
    running.add(sequence);
    // What it will cost counts now, so that its user's next request stands behind those of others.
    served.merge(sequence.options().user(), (long) sequence.pending(), Long::sum);
    addKeys(sequence);
    return true;
  }

  /// Brings what a sequence begins with back from the folder. False if the time is up while others
  /// run: it goes on in the next step.
  private boolean isRestored(Sequence sequence, long until) {
    if (!pages.spills()) {
      return true;
    }
    boolean hurry = running.stream().anyMatch(Sequence::isPending);
    SpilledPrefix prefix = spilledPrefix(sequence);
    while (prefix.hasNext()) {
      if (hurry && System.nanoTime() - until >= 0) {
        return false;
      }
      if (!sequence.mayRestore(prefix.numPages())) {
        return true;
      }
      if (!prefix.restoreNext()) {
        prefix = spilledPrefix(sequence);
      }
    }
    return true;
  }

  private SpilledPrefix spilledPrefix(Sequence sequence) {
    return SpilledPrefix.of(pages, sequence.root(model), sequence.tokens(), sequence.cacheLimit());
  }

  /// The keys of the pages that a sequence is about to fill from its prompt.
  private void addKeys(Sequence sequence) {
    if (sequence.computed() < sequence.promptLength()) {
      List<PageKey> keys = sequence.promptKeys(model, pages.pageSize());
      inFlight.addAll(keys.subList(sequence.computed() / pages.pageSize(), keys.size()));
    }
  }

  /// Whether the next page of a waiting sequence that is not cached is being computed by another.
  private boolean isBehindOneInFlight(Sequence sequence) {
    List<PageKey> keys = sequence.promptKeys(model, pages.pageSize());
    int usable = Math.min(keys.size(), sequence.cacheLimit() / pages.pageSize());
    for (PageKey key : keys.subList(0, usable)) {
      if (pages.find(key).isEmpty()) {
        return inFlight.contains(key);
      }
    }
    return false;
  }

  // ---- what a step has done ----

  /// Notes that the tokens of a share are computed.
  void computed(Share share) {
    Sequence sequence = share.sequence();
    boolean wasPrompt = sequence.computed() < sequence.promptLength();
    int valid = sequence.computedOf(share.count());
    if (pages.hasState()) {
      if (valid < share.count()) {
        sequence.pages().restoreStates(); // the chosen ones are computed again
        valid = 0;
      }
      sequence.pages().releaseSaved();
    }
    int count = sequence.computed() + valid;
    sequence.pages().computed(sequence.tokens(), count, sequence.promptLength());
    if (wasPrompt && count >= sequence.promptLength()) {
      sequence.pages().enterTail(sequence.tokens());
    }
    if (!wasPrompt) {
      served.merge(sequence.options().user(), (long) share.count(), Long::sum);
    }
  }

  /// Takes those out that were cancelled, or whose time limit is over at `now` nanoseconds.
  List<Sequence> retireAbandoned(long now) {
    List<Sequence> abandoned =
        all().stream().filter(s -> s.isCancelled() || s.isOverdue(now)).toList();
    abandoned.forEach(this::retire);
    return abandoned;
  }

  /// Takes an ended sequence out; what it computed stays cached.
  void retire(Sequence sequence) {
    if (running.remove(sequence)) {
      sequence.pages().enterTail(sequence.tokens());
      sequence.releasePages();
    } else {
      waiting.remove(sequence);
      preempted.remove(sequence);
    }
  }

  /// Takes a sequence out of whose last step nothing may be cached.
  void drop(Sequence sequence) {
    running.remove(sequence);
    waiting.remove(sequence);
    preempted.remove(sequence);
    sequence.releasePages();
  }

  CacheStats stats() {
    return new CacheStats(
        hitTokens,
        missTokens,
        pages.evictions(),
        preemptions,
        pages.usedPages(),
        pages.cachedPages(),
        pages.bytes(),
        pages.budget(),
        pages.spillHits(),
        pages.spillWrites(),
        pages.spillBytes());
  }
}
