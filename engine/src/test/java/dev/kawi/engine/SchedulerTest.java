package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.engine.Scheduler.Share;
import dev.kawi.nn.Attention.Heads;
import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.CacheLayout;
import dev.kawi.nn.CacheSpec;
import dev.kawi.nn.CpuCache;
import dev.kawi.nn.KvCache;
import dev.kawi.tensor.StorageType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What the scheduler decides, without a model: sequences get tokens, which nothing computes.
class SchedulerTest {
  private static final int PAGE = 16;
  private static final int STEP_TOKENS = 32;
  private static final int PLENTY = 10_000;

  private final KvCache cache =
      new CpuCache(
          CacheLayout.of(List.of(new CacheSpec.KeyValues(new Heads(1, 1, 8), 0))),
          StorageType.F16,
          PAGE);
  private final PageManager pages = pages(PLENTY);
  private final List<String> log = new ArrayList<>();
  private int nextToken;

  @AfterEach
  void close() {
    cache.close();
  }

  private PageManager pages(int count) {
    return new PageManager(cache, count * cache.pageBytes(0), STEP_TOKENS);
  }

  private static Scheduler scheduler(PageManager pages, int maxSequences) {
    return new Scheduler(pages, new byte[0], maxSequences, STEP_TOKENS);
  }

  /// A generation whose tokens are numbers that nobody chose.
  private static final class Fake extends Sequence {
    private final String name;
    private final int length;

    Fake(String name, RequestOptions options, int[] prompt, BidirectionalSpan span, int newTokens) {
      super(options, prompt, span, new byte[0]);
      this.name = name;
      this.length = prompt.length + newTokens;
    }

    @Override
    int maxLength() {
      return length;
    }

    @Override
    int cacheLimit() {
      return known() - 1;
    }

    @Override
    boolean wantsLogits(int position) {
      return position == known() - 1;
    }

    @Override
    void acceptLogits(int position, Row row) {
      throw new IllegalStateException("there is no model");
    }

    @Override
    boolean isDone() {
      return known() == length;
    }

    @Override
    void complete() {}

    @Override
    void completeCancelled() {}

    @Override
    void completeExceptionally(RuntimeException cause) {}

    @Override
    public String toString() {
      return name;
    }
  }

  private Fake add(Scheduler scheduler, String name, RequestOptions options, int prompt, int more) {
    int[] tokens = IntStream.range(0, prompt).map(i -> nextToken++).toArray();
    Fake fake = new Fake(name, options, tokens, BidirectionalSpan.NONE, more);
    scheduler.add(fake);
    return fake;
  }

  private Fake add(Scheduler scheduler, String name, int prompt, int more) {
    return add(scheduler, name, RequestOptions.DEFAULT, prompt, more);
  }

  private static RequestOptions priority(int priority) {
    return RequestOptions.DEFAULT.withPriority(priority);
  }

  private static RequestOptions user(String user) {
    return RequestOptions.DEFAULT.withUser(user);
  }

  /// Does as if the next step were computed; what was in it, as "name:tokens". Those that end leave
  /// their names in the log.
  private List<String> step(Scheduler scheduler) {
    List<String> said = new ArrayList<>();
    for (Share share : scheduler.next()) {
      Sequence sequence = share.sequence();
      said.add(sequence + ":" + share.count());
      if (sequence.computed() + share.count() == sequence.known()) {
        sequence.append(nextToken++);
      }
      scheduler.computed(share);
      if (sequence.isDone()) {
        scheduler.retire(sequence);
        log.add(sequence.toString());
      }
    }
    return said;
  }

  private void runAll(Scheduler scheduler) {
    while (!step(scheduler).isEmpty()) {
      assertTrue(pages.bytes() <= pages.budget());
    }
    assertEquals(List.of(), scheduler.all());
  }

  // ---- the step ----

  @Test
  void generations_comeBeforePrompts_whichGetTheRest() {
    Scheduler scheduler = scheduler(pages, 4);
    add(scheduler, "short", 5, 9);
    step(scheduler);
    add(scheduler, "long", 100, 9);

    assertEquals(List.of("short:1", "long:31"), step(scheduler));
    assertEquals(List.of("short:1", "long:31"), step(scheduler));
  }

  @Test
  void manyGenerations_leaveNoPromptATokenBeyondTheBudget() {
    Scheduler scheduler = scheduler(pages, 64);
    for (int i = 0; i < STEP_TOKENS; i++) {
      add(scheduler, "g" + i, 1, 9);
    }
    step(scheduler);
    add(scheduler, "late", 20, 9);

    List<String> shares = step(scheduler);
    assertEquals(STEP_TOKENS, shares.size());
    assertFalse(shares.stream().anyMatch(share -> share.startsWith("late")), shares.toString());
  }

  @Test
  void promptsShareTheBudget_andWhatAShortOneLeavesGoesToTheLongOnes() {
    Scheduler scheduler = scheduler(pages, 4);
    add(scheduler, "long", 100, 1);
    add(scheduler, "short", 4, 1);

    assertEquals(List.of("short:4", "long:28"), step(scheduler));
    assertEquals(List.of("short"), log);
  }

  @Test
  void stepsOfRandomTraffic_stayWithinTheBudget_andEndEverybody() {
    SplittableRandom random = new SplittableRandom(5);
    Scheduler scheduler = scheduler(pages, 6);
    for (int i = 0; i < 40; i++) {
      add(scheduler, "r" + i, 1 + random.nextInt(120), 1 + random.nextInt(9));
    }
    for (List<String> shares = step(scheduler); !shares.isEmpty(); shares = step(scheduler)) {
      int tokens =
          shares.stream().mapToInt(s -> Integer.parseInt(s.substring(s.indexOf(':') + 1))).sum();
      assertTrue(tokens <= STEP_TOKENS, shares.toString());
      assertTrue(shares.size() <= 6, shares.toString());
    }
    assertEquals(40, log.size());
    assertEquals(0, pages.usedPages());
  }

  @Test
  void whatIsReadInOnePiece_hasEverySecondStepForItself() {
    Scheduler scheduler = scheduler(pages, 4);
    add(scheduler, "other", 4, 9);
    int[] tokens = IntStream.range(0, 90).toArray();
    for (String name : List.of("first", "second")) {
      tokens[0]++;
      scheduler.add(
          new Fake(name, RequestOptions.DEFAULT, tokens, new BidirectionalSpan(80, 0), 1));
    }
    List<List<String>> steps = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      steps.add(step(scheduler));
    }

    assertEquals(List.of("first:80"), steps.get(0));
    assertTrue(steps.get(1).contains("other:4"), steps.toString());
    assertEquals(List.of("second:80"), steps.get(2));
    assertTrue(steps.get(3).contains("other:1"), steps.toString());
  }

  // ---- who is next ----

  @Test
  void whoRuns_isNotReplacedByWhoWaits_whateverItsPriority() {
    Scheduler scheduler = scheduler(pages, 1);
    add(scheduler, "first", 4, 3);
    step(scheduler);
    add(scheduler, "urgent", priority(9), 4, 3);

    assertEquals(List.of("first:1"), step(scheduler));
    assertEquals(1, scheduler.numWaiting());
    runAll(scheduler);
    assertEquals(List.of("first", "urgent"), log);
  }

  @Test
  void whoWaits_comesByPriority_thenByArrival() {
    Scheduler scheduler = scheduler(pages, 1);
    add(scheduler, "a", priority(0), 4, 2);
    add(scheduler, "b", priority(1), 4, 2);
    add(scheduler, "c", priority(-1), 4, 2);
    add(scheduler, "d", priority(1), 4, 2);
    runAll(scheduler);

    assertEquals(List.of("b", "d", "a", "c"), log);
  }

  @Test
  void userWithOneRequest_doesNotWaitForTheHundredOfAnother() {
    Scheduler scheduler = scheduler(pages, 1);
    for (int i = 0; i < 100; i++) {
      add(scheduler, "many", user("greedy"), 20, 5);
    }
    step(scheduler);
    add(scheduler, "one", user("modest"), 20, 5);
    runAll(scheduler);

    assertEquals(1, log.indexOf("one"), "after the one that ran when it came");
  }

  @Test
  void usersTakeTurns_byTokensAndNotByRequests() {
    Scheduler scheduler = scheduler(pages, 1);
    for (int i = 0; i < 4; i++) {
      add(scheduler, "book", user("reader"), 90, 1);
    }
    for (int i = 0; i < 8; i++) {
      add(scheduler, "line", user("asker"), 30, 1);
    }
    runAll(scheduler);

    assertEquals(
        List.of("book", "line", "line", "line"), log.subList(0, 4), "ninety tokens for each");
    assertEquals(2, log.subList(0, 8).stream().filter("book"::equals).count(), log.toString());
  }

  @Test
  void userWhoWasAway_hasNoClaimToWhatOthersGotMeanwhile() {
    Scheduler scheduler = scheduler(pages, 1);
    for (int i = 0; i < 10; i++) {
      add(scheduler, "early", user("steady"), 30, 1);
    }
    for (int i = 0; i < 8; i++) {
      step(scheduler);
    }
    for (int i = 0; i < 5; i++) {
      add(scheduler, "late", user("newcomer"), 30, 1);
    }
    runAll(scheduler);

    List<String> together = log.subList(8, 12);
    assertEquals(2, together.stream().filter("early"::equals).count(), log.toString());
  }

  // ---- abandoned ----

  @Test
  void cancelled_leaveFromTheQueueAndFromTheirPages() {
    Scheduler scheduler = scheduler(pages, 1);
    Fake running = add(scheduler, "running", 40, 9);
    Fake waiting = add(scheduler, "waiting", 40, 9);
    step(scheduler);
    assertTrue(pages.usedPages() > 0);
    running.cancel();
    waiting.cancel();

    assertEquals(List.of(running, waiting), scheduler.retireAbandoned(System.nanoTime()));
    assertEquals(0, pages.usedPages());
    assertEquals(2, pages.cachedPages(), "what was computed can be found by others");
    assertEquals(List.of(), step(scheduler));
  }

  @Test
  void overdue_leaveWhereverTheyAre_andOthersStay() {
    Scheduler scheduler = scheduler(pages, 2);
    RequestOptions hurried = RequestOptions.DEFAULT.withTimeLimit(Duration.ofSeconds(10));
    Fake running = add(scheduler, "running", hurried, 40, 9);
    Fake patient = add(scheduler, "patient", 40, 9);
    Fake waiting = add(scheduler, "waiting", hurried, 40, 9);
    step(scheduler);
    long limit = Duration.ofSeconds(10).toNanos();

    assertEquals(List.of(), scheduler.retireAbandoned(running.arrived() + limit));
    assertEquals(
        List.of(running, waiting), scheduler.retireAbandoned(waiting.arrived() + limit + 1));
    assertEquals(List.of(patient), scheduler.all());
  }

  // ---- pages ----

  /// A scheduler over three pages, on which each of two sequences has one.
  private Scheduler crowded(PageManager three, RequestOptions first, RequestOptions second) {
    Scheduler scheduler = scheduler(three, 4);
    add(scheduler, "first", first, PAGE, 30);
    step(scheduler);
    add(scheduler, "second", second, PAGE - 1, 30);
    step(scheduler);
    return scheduler;
  }

  @Test
  void lastThatCame_givesItsPagesUp_andIsComputedAgainFromWhatIsCached() {
    PageManager few = pages(3);
    Scheduler scheduler = crowded(few, RequestOptions.DEFAULT, RequestOptions.DEFAULT);
    while (scheduler.stats().preemptions() == 0) {
      step(scheduler);
    }

    assertEquals(1, scheduler.numWaiting());
    assertEquals("second", scheduler.all().getLast().toString());
    while (!step(scheduler).isEmpty()) {
      assertTrue(few.bytes() <= few.budget());
    }
    assertEquals(List.of("first", "second"), log);
    assertEquals(0, few.usedPages());
  }

  @Test
  void lowestPriority_givesItsPagesUp_evenIfItCameFirst() {
    Scheduler scheduler = crowded(pages(3), priority(0), priority(1));
    while (scheduler.stats().preemptions() == 0) {
      step(scheduler);
    }

    assertEquals("first", scheduler.all().getLast().toString());
    while (!step(scheduler).isEmpty()) {
      assertTrue(scheduler.numWaiting() <= 1);
    }
    assertEquals(List.of("second", "first"), log);
  }

  @Test
  void whoDoesNotFitBesideThoseThatRun_waits_andNobodyPassesIt() {
    Scheduler scheduler = scheduler(pages(4), 4);
    add(scheduler, "running", PAGE + 1, 3);
    step(scheduler);
    add(scheduler, "large", 3 * PAGE, 2);
    add(scheduler, "small", 3, 2);

    assertEquals(List.of("running:1"), step(scheduler));
    assertEquals(2, scheduler.numWaiting());
    step(scheduler);
    assertEquals(List.of("running"), log);
    List<String> next = step(scheduler);
    assertTrue(next.stream().anyMatch(share -> share.startsWith("large")), next.toString());
  }

  @Test
  void cachedPages_makeRoomForWhoNeedsThem() {
    PageManager few = pages(4);
    Scheduler scheduler = scheduler(few, 4);
    for (int i = 0; i < 5; i++) {
      add(scheduler, "one after another", 3 * PAGE, 2);
      while (!step(scheduler).isEmpty()) {
        assertEquals(0, scheduler.numWaiting());
      }
    }

    assertTrue(few.evictions() > 0);
    assertEquals(0, scheduler.stats().preemptions());
  }

  @Test
  void whoBeginsAsOneThatIsComputed_waitsForItsPages() {
    Scheduler scheduler = scheduler(pages, 4);
    Fake first = add(scheduler, "first", 3 * PAGE + 1, 3);
    scheduler.add(
        new Fake(
            "same", RequestOptions.DEFAULT, first.tokens().clone(), BidirectionalSpan.NONE, 3));

    assertEquals(List.of("first:32"), step(scheduler));
    assertEquals(List.of("first:17"), step(scheduler));
    assertEquals(List.of("first:1", "same:1"), step(scheduler).stream().sorted().toList());
    assertEquals(3 * PAGE, scheduler.stats().hitTokens());
  }

  @Test
  void continuationsOfOnePrompt_holdItsFullPagesOnce() {
    Scheduler scheduler = scheduler(pages, 8);
    int[] prompt = IntStream.range(0, 3 * PAGE + 5).toArray();
    for (int i = 0; i < 5; i++) {
      scheduler.add(continuation("c" + i, prompt));
    }
    while (scheduler.all().stream().anyMatch(s -> s.computed() <= prompt.length)) {
      step(scheduler);
    }

    assertEquals(3 + 5, pages.usedPages(), "three for all, and one for each");
    assertEquals(4L * (prompt.length - 1), scheduler.stats().hitTokens());
  }

  @Test
  void forkOfAConversation_holdsWhatIsCommonOnce() {
    Scheduler scheduler = scheduler(pages, 8);
    int[] conversation = IntStream.range(0, 5 * PAGE).toArray();
    scheduler.add(continuation("first", conversation));
    step(scheduler);
    step(scheduler);
    step(scheduler);
    for (int at : new int[] {2 * PAGE, 3 * PAGE + 7}) { // at a border, and within a page
      int[] other = Arrays.copyOf(conversation, 4 * PAGE);
      Arrays.setAll(other, i -> i < at ? conversation[i] : 1000 + at + i);
      scheduler.add(continuation("fork", other));
    }
    while (scheduler.all().stream().anyMatch(s -> s.computed() < s.promptLength())) {
      step(scheduler);
    }

    int each = scheduler.all().stream().mapToInt(s -> Math.ceilDiv(s.computed(), PAGE)).sum();
    assertEquals(each - 2 - 3, pages.usedPages(), "the forks hold two and three of the first's");
    assertEquals(2 * PAGE + 3 * PAGE + 7, scheduler.stats().hitTokens());
  }

  private static Fake continuation(String name, int[] prompt) {
    return new Fake(name, RequestOptions.DEFAULT, prompt, BidirectionalSpan.NONE, 9);
  }

  @Test
  void whoDoesNotFitAlone_isABugOfWhoLetItIn() {
    Scheduler scheduler = scheduler(pages(2), 4);
    add(scheduler, "too large", 3 * PAGE, 2);

    IllegalStateException bug =
        assertThrows(
            IllegalStateException.class,
            () -> {
              while (!step(scheduler).isEmpty()) {
                assertTrue(scheduler.all().size() == 1);
              }
            });
    assertTrue(bug.getMessage().startsWith("Bug:"), bug.getMessage());
  }
}
