package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.nn.Attention.Heads;
import dev.kawi.nn.CacheLayout;
import dev.kawi.nn.CacheSpec;
import dev.kawi.nn.CpuCache;
import dev.kawi.nn.KvCache;
import dev.kawi.tensor.StorageType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Pages and what is cached in them, without a model. A page has 4 positions; its content is what a
/// test writes into its first byte.
class PageManagerTest {
  private static final int SIZE = 4;
  private static final PageKey ROOT = PageKey.root(new byte[] {1});
  private static final CacheSpec FULL = new CacheSpec.KeyValues(new Heads(2, 1, 4), 0);
  private static final CacheSpec WINDOW = new CacheSpec.KeyValues(new Heads(2, 1, 8), 6);
  private static final CacheSpec STATE = new CacheSpec.State(10);

  private final List<KvCache> caches = new ArrayList<>();

  @AfterEach
  void close() {
    caches.forEach(KvCache::close);
  }

  /// With room for so many pages of the first kind.
  private PageManager manager(int pages, CacheSpec... layers) {
    KvCache cache = new CpuCache(CacheLayout.of(List.of(layers)), StorageType.F32, SIZE);
    caches.add(cache);
    return new PageManager(cache, pages * cache.pageBytes(0), 8);
  }

  private static int[] tokens(int count, long seed) {
    return new SplittableRandom(seed).ints(count, 0, 1000).toArray();
  }

  private static SequencePages begin(PageManager manager, int[] tokens) {
    return SequencePages.begin(manager, ROOT, tokens, tokens.length - 1, 0).orElseThrow();
  }

  /// A sequence that computed all its tokens.
  private SequencePages computed(PageManager manager, int[] tokens) {
    SequencePages pages = begin(manager, tokens);
    compute(manager, pages, tokens);
    return pages;
  }

  /// Computes as a scheduler does, step by step; marks each new page with its first token.
  private void compute(PageManager manager, SequencePages pages, int[] tokens) {
    while (pages.computed() < tokens.length) {
      int from = pages.computed();
      int end = pages.stepEnd(Math.min(tokens.length, from + 8), tokens.length);
      assertTrue(pages.reserve(end), "no room for " + end + " tokens");
      for (int g = 0; g < manager.numGroups(); g++) {
        if (manager.isRecurrent(g)) {
          mark(pages.page(g, 0), (byte) end);
        } else {
          for (int i = Math.ceilDiv(from, SIZE); i < Math.ceilDiv(end, SIZE); i++) {
            mark(pages.page(g, i), (byte) tokens[i * SIZE]);
          }
        }
      }
      pages.computed(tokens, end, tokens.length);
    }
    pages.enterTail(tokens);
  }

  /// The test's only cache.
  private KvCache cache() {
    return caches.getFirst();
  }

  private void mark(Page page, byte value) {
    cache().write(page.memory, 0, ByteBuffer.wrap(new byte[] {value}));
  }

  private byte mark(SequencePages pages, int group, int page) {
    ByteBuffer first = ByteBuffer.allocate(1);
    cache().read(pages.page(group, page).memory, 0, first);
    return first.get(0);
  }

  // ---- sharing ----

  @Test
  void textsThatBeginAlike_useTheSamePages() {
    PageManager manager = manager(100, FULL);
    int[] first = tokens(14, 1);
    int[] second = Arrays.copyOf(first, 20);
    SequencePages a = computed(manager, first);
    SequencePages b = begin(manager, second);

    assertEquals(14, b.computed(), "three pages and the first half of the fourth");
    for (int i = 0; i < 3; i++) {
      assertEquals(a.page(0, i), b.page(0, i), "page " + i);
    }
    assertEquals(5, manager.usedPages(), "three are shared, each has a last one of its own");
  }

  @Test
  void partlyFilledPage_isCopied() {
    PageManager manager = manager(100, FULL);
    int[] first = tokens(10, 1);
    int[] second = Arrays.copyOf(first, 12);
    SequencePages a = computed(manager, first);
    SequencePages b = begin(manager, second);

    assertNotEquals(a.page(0, 2), b.page(0, 2));
    assertEquals(mark(a, 0, 2), mark(b, 0, 2));
    mark(b.page(0, 2), (byte) (mark(a, 0, 2) + 1));
    assertEquals((byte) first[8], mark(a, 0, 2), "what one writes the other does not see");
  }

  @Test
  void otherRoot_sharesNothing() {
    PageManager manager = manager(100, FULL);
    int[] tokens = tokens(12, 1);
    computed(manager, tokens).free();
    PageKey other = PageKey.root(new byte[] {2});

    assertEquals(0, SequencePages.begin(manager, other, tokens, 11, 0).orElseThrow().computed());
    assertEquals(11, SequencePages.begin(manager, ROOT, tokens, 11, 0).orElseThrow().computed());
  }

  @Test
  void prefixThatMustBeWhole_isNotUsedInPart() {
    PageManager manager = manager(100, FULL);
    int[] tokens = tokens(12, 1);
    computed(manager, Arrays.copyOf(tokens, 8)).free();

    assertEquals(0, SequencePages.begin(manager, ROOT, tokens, 11, 9).orElseThrow().computed());
    assertEquals(8, SequencePages.begin(manager, ROOT, tokens, 11, 8).orElseThrow().computed());
  }

  @Test
  void twoThatComputeTheSame_keepOneCopyFindable() {
    PageManager manager = manager(100, FULL);
    int[] tokens = tokens(8, 1);
    SequencePages a = begin(manager, tokens);
    SequencePages b = begin(manager, tokens);
    compute(manager, a, tokens);
    compute(manager, b, tokens);
    assertEquals(4, manager.usedPages());
    b.free();
    assertEquals(0, manager.cachedPages(), "those of the second were entered by the first");
    a.free();
    assertEquals(2, manager.cachedPages());
  }

  // ---- counting ----

  @Test
  void pageIsFree_whenItsLastUserLeaves() {
    PageManager manager = manager(100, FULL);
    int[] tokens = tokens(9, 1);
    SequencePages a = computed(manager, Arrays.copyOf(tokens, 8));
    SequencePages b = begin(manager, tokens);
    a.free();
    assertEquals(2, manager.usedPages());
    assertEquals(0, manager.cachedPages());
    b.free();
    assertEquals(0, manager.usedPages());
    assertEquals(2, manager.cachedPages());
  }

  @Test
  void pageReleasedTwice_isABug() {
    PageManager manager = manager(2, FULL);
    Page page = manager.take(0).orElseThrow();
    manager.release(page);
    assertThrows(IllegalStateException.class, () -> manager.release(page));
  }

  @Test
  void randomSequences_leakNothing() {
    for (CacheSpec[] layers :
        List.of(
            new CacheSpec[] {FULL},
            new CacheSpec[] {FULL, WINDOW},
            new CacheSpec[] {FULL, STATE, STATE},
            new CacheSpec[] {WINDOW},
            new CacheSpec[] {STATE})) {
      PageManager manager = manager(60, layers);
      SplittableRandom random = new SplittableRandom(3);
      List<SequencePages> running = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        int[] tokens = tokens(1 + random.nextInt(30), random.nextInt(3));
        if (manager.available() > 2 * manager.bytesFor(40)) {
          running.add(computed(manager, tokens));
        }
        while (running.size() > 1) {
          running.remove(random.nextInt(running.size())).free();
        }
        assertTrue(manager.bytes() <= manager.budget());
      }
      running.forEach(SequencePages::free);
      assertEquals(0, manager.usedPages());
      assertEquals(manager.budget(), manager.available());
    }
  }

  // ---- eviction ----

  @Test
  void freePage_keepsItsContentUntilItIsTaken() {
    PageManager manager = manager(4, FULL);
    int[] tokens = tokens(8, 1);
    computed(manager, tokens).free();
    assertTrue(manager.take(0).isPresent());
    assertTrue(manager.take(0).isPresent());
    assertEquals(0, manager.evictions(), "there was memory left");
    SequencePages again = begin(manager, Arrays.copyOf(tokens, 9));
    assertEquals(8, again.computed());
    assertEquals((byte) tokens[4], mark(again, 0, 1));
  }

  @Test
  void leastRecentlyUsed_isTakenFirst_tailBeforeHead() {
    PageManager manager = manager(4, FULL);
    int[] old = tokens(8, 1);
    int[] newer = tokens(8, 2);
    computed(manager, old).free();
    computed(manager, newer).free();
    begin(manager, Arrays.copyOf(old, 9)).free(); // used again

    PageKey newerHead = ROOT.chain(newer, 0, SIZE);
    PageKey newerTail = newerHead.chain(newer, SIZE, SIZE);
    PageKey oldHead = ROOT.chain(old, 0, SIZE);
    PageKey oldTail = oldHead.chain(old, SIZE, SIZE);
    for (PageKey expected : List.of(newerTail, newerHead, oldTail, oldHead)) {
      assertTrue(manager.isCached(expected, 0));
      assertTrue(manager.take(0).isPresent());
      assertFalse(manager.isCached(expected, 0));
    }
    assertEquals(4, manager.evictions());
    assertTrue(manager.take(0).isEmpty(), "all have users");
  }

  @Test
  void pageInUse_isNeverTaken() {
    PageManager manager = manager(3, FULL);
    SequencePages running = computed(manager, tokens(12, 1));
    assertTrue(manager.take(0).isEmpty());
    assertEquals(0, manager.available());
    running.free();
    assertTrue(manager.take(0).isPresent());
  }

  @Test
  void groupWithoutPages_takesRoomOfAnother() {
    PageManager manager = manager(6, FULL, WINDOW); // a page of the window is twice as large
    SequencePages full = begin(manager, tokens(5, 1));
    List<Page> taken = IntStream.range(0, 6).mapToObj(_ -> manager.take(0).orElseThrow()).toList();
    assertTrue(manager.take(1).isEmpty());
    taken.forEach(manager::release);
    Page page = manager.take(1).orElseThrow();
    assertEquals(manager.budget(), manager.bytes());
    assertEquals(1, page.group);
    full.free();
  }

  @Test
  void budget_isNeverExceeded() {
    PageManager manager = manager(5, FULL);
    SequencePages pages = begin(manager, tokens(40, 1));
    assertTrue(pages.reserve(20));
    assertFalse(pages.reserve(21));
    assertEquals(manager.budget(), manager.bytes());
    pages.free();
    assertEquals(0, manager.usedPages());
  }

  // ---- windows and states ----

  @Test
  void pagesBehindAWindow_areGivenUp_andStayCached() {
    PageManager manager = manager(100, FULL, WINDOW);
    int[] tokens = tokens(24, 1);
    SequencePages pages = computed(manager, tokens);
    // The token at 24 attends to 19 to 24: pages 4 and 5.
    assertEquals(6 + 2, manager.usedPages());
    assertEquals(4, manager.cachedPages());
    pages.free();
    assertEquals(12, manager.cachedPages());
  }

  @Test
  void prefix_needsOnlyWhatIsInTheWindow() {
    PageManager manager = manager(100, WINDOW);
    int[] tokens = tokens(24, 1);
    computed(manager, tokens).free();
    PageKey first = ROOT.chain(tokens, 0, SIZE);
    manager.forget(manager.find(first).orElseThrow().pages[0]);

    assertEquals(24, begin(manager, Arrays.copyOf(tokens, 25)).computed());
    assertEquals(0, begin(manager, Arrays.copyOf(tokens, 5)).computed());
  }

  @Test
  void stateIsFound_whereItHasASnapshot() {
    PageManager manager = manager(1000, FULL, STATE);
    int[] tokens = tokens(18, 1);
    computed(manager, tokens).free();
    SequencePages again = begin(manager, Arrays.copyOf(tokens, 19));
    assertEquals(16, again.computed(), "the last border of the prompt");
    assertEquals(16, mark(again, 1, 0), "a copy of the state there");
    mark(again.page(1, 0), (byte) 99);
    SequencePages third = begin(manager, Arrays.copyOf(tokens, 19));
    assertEquals(16, mark(third, 1, 0), "the snapshot itself is not written");
    assertEquals(0, begin(manager, Arrays.copyOf(tokens, 13)).computed(), "no snapshot at 12");
  }

  @Test
  void snapshotsCount_amongThePages() {
    PageManager manager = manager(1000, FULL, STATE);
    SequencePages pages = computed(manager, tokens(18, 1));
    assertEquals(5 + 2, manager.usedPages(), "five of keys and values, the state, a snapshot");
    pages.free();
    assertEquals(4 + 1, manager.cachedPages(), "four full ones, the snapshot");
    assertEquals(0, manager.usedPages());
  }
}
