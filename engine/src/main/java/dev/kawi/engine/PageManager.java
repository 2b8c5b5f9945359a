package dev.kawi.engine;

import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.BlockTable;
import dev.kawi.nn.KvCache;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

// How it works. A sequence gets its pages when it is admitted, as many as it can ever need, so a
// running sequence never waits for memory. When it ends, its pages are kept with the tokens they
// hold: a later request that begins with the same tokens (the next turn of a chat) takes them over
// and computes only the rest. What a model reads in both directions is taken over whole or not at
// all, since its first tokens have seen its last. Kept pages are given up, oldest first, when
// others need the room. Memory is taken from the system when a page is first used, and then reused.

/// Which sequence uses which pages. Owned by the engine's thread.
final class PageManager {
  /// Pages and how many tokens in them are computed.
  record Lease(BlockTable table, int computed) {}

  @SuppressWarnings("ArrayRecordComponent") // compared by identity only
  private record Kept(int[] tokens, BidirectionalSpan span, BlockTable table) {
    /// How many tokens at the beginning of a prompt are here as the prompt needs them.
    int shared(int[] prompt, BidirectionalSpan ofPrompt) {
      int mismatch = Arrays.mismatch(tokens, prompt);
      int common = mismatch < 0 ? tokens.length : mismatch;
      return span.equals(ofPrompt) && common >= span.length() ? common : 0;
    }
  }

  private final KvCache cache;
  private final int maxPages;
  private final Deque<MemorySegment[]> free = new ArrayDeque<>();
  private final List<Kept> kept = new ArrayList<>();
  private final int groups;
  private int used;

  PageManager(KvCache cache, int maxPages) {
    this.cache = cache;
    this.groups = cache.layout().groups().size();
    this.maxPages = maxPages;
  }

  private int pagesFor(int tokens) {
    return Math.ceilDiv(tokens, cache.pageSize());
  }

  /// Whether `tokens` tokens would fit if everything kept were given up.
  boolean canAllocate(int tokens) {
    int keptPages = kept.stream().mapToInt(k -> k.table().numPages(0)).sum();
    return used - keptPages + pagesFor(tokens) <= maxPages;
  }

  /// Pages for `capacity` tokens that begin with `prompt`, reusing the longest kept beginning. At
  /// least the last token of the prompt is left to compute, since its logits are wanted.
  ///
  /// @param span what of the prompt is read in both directions
  Lease allocate(int[] prompt, BidirectionalSpan span, int capacity) {
    Kept best = longestPrefix(prompt, span);
    BlockTable table = new BlockTable(cache);
    int computed = 0;
    if (best != null) {
      computed = Math.min(best.shared(prompt, span), prompt.length - 1);
      kept.remove(best);
      table = best.table();
    }
    int pages = pagesFor(capacity);
    while (table.numPages(0) > pages) {
      giveBack(table);
    }
    while (table.numPages(0) < pages) {
      MemorySegment[] ofGroups = take();
      for (int group = 0; group < groups; group++) {
        table.append(group, ofGroups[group]);
      }
    }
    return new Lease(table, computed);
  }

  private @org.jspecify.annotations.Nullable Kept longestPrefix(
      int[] prompt, BidirectionalSpan span) {
    Kept best = null;
    for (Kept candidate : kept) {
      int length = candidate.shared(prompt, span);
      if (length > 0 && (best == null || length > best.shared(prompt, span))) {
        best = candidate;
      }
    }
    return best;
  }

  private MemorySegment[] take() {
    while (free.isEmpty() && used == maxPages && !kept.isEmpty()) {
      free(kept.removeFirst().table());
    }
    if (!free.isEmpty()) {
      used++;
      return free.removeLast();
    }
    if (used == maxPages) {
      throw new IllegalStateException("Bug: a sequence was admitted that does not fit");
    }
    used++;
    MemorySegment[] pages = new MemorySegment[groups];
    Arrays.setAll(pages, cache::newPage);
    return pages;
  }

  private void giveBack(BlockTable table) {
    MemorySegment[] pages = new MemorySegment[groups];
    Arrays.setAll(pages, table::removeLast);
    free.addLast(pages);
    used--;
  }

  /// Gives all pages back.
  void free(BlockTable table) {
    while (table.numPages(0) > 0) {
      giveBack(table);
    }
  }

  /// Keeps the pages of an ended sequence for a request that begins with the same tokens.
  ///
  /// @param computed the tokens whose keys and values are in the pages
  /// @param span what of them was read in both directions
  void keep(int[] computed, BidirectionalSpan span, BlockTable table) {
    while (table.numPages(0) > pagesFor(computed.length)) {
      giveBack(table);
    }
    if (computed.length > 0) {
      kept.addLast(new Kept(computed, span, table));
    }
  }
}
