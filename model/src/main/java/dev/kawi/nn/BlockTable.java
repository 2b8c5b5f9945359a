package dev.kawi.nn;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The pages of one sequence, for each group of layers in order: position p of a group of keys and
/// values lies in page p / pageSize; a recurrent group has one page, the state. Owned by one
/// thread.
public final class BlockTable {
  private final int pageSize;
  private final MemorySegment[][] pages;
  private final int[] numPages;
  private final boolean[] recurrent;

  /// A table without pages for this cache.
  public BlockTable(KvCache cache) {
    pageSize = cache.pageSize();
    int groups = cache.layout().groups().size();
    pages = new MemorySegment[groups][4];
    numPages = new int[groups];
    recurrent = new boolean[groups];
    for (int g = 0; g < groups; g++) {
      recurrent[g] = cache.layout().groups().get(g).spec() instanceof CacheSpec.State;
    }
  }

  /// Appends a page to a group.
  public void append(int group, MemorySegment page) {
    if (numPages[group] == pages[group].length) {
      pages[group] = Arrays.copyOf(pages[group], 2 * numPages[group]);
    }
    pages[group][numPages[group]++] = page;
  }

  /// Puts another page in the place of one.
  public void replace(int group, int index, MemorySegment page) {
    checkIndex(group, index);
    pages[group][index] = page;
  }

  /// Takes a page off the front part of a group that no token attends to any more; its place stays.
  public void clear(int group, int index) {
    replace(group, index, MemorySegment.NULL);
  }

  /// Takes the last page of a group off.
  public MemorySegment removeLast(int group) {
    if (numPages[group] == 0) {
      throw new IllegalStateException("Bug: a block table without pages has no last one");
    }
    MemorySegment page = pages[group][--numPages[group]];
    pages[group][numPages[group]] = MemorySegment.NULL;
    return page;
  }

  private void checkIndex(int group, int index) {
    if (index < 0 || index >= numPages[group]) {
      throw new IllegalArgumentException(
          "Bug: group %d of a block table has %d pages, there is no page %d"
              .formatted(group, numPages[group], index));
    }
  }

  /// Number of pages of a group.
  public int numPages(int group) {
    return numPages[group];
  }

  /// Tokens that fit.
  public int capacity() {
    int capacity = Integer.MAX_VALUE;
    for (int g = 0; g < numPages.length; g++) {
      int tokens = recurrent[g] ? (numPages[g] == 0 ? 0 : capacity) : numPages[g] * pageSize;
      capacity = Math.min(capacity, tokens);
    }
    return capacity;
  }

  /// The pages of a group; entries past [#numPages] mean nothing. Not a copy.
  MemorySegment[] pages(int group) {
    return pages[group];
  }

  /// The page of a position.
  MemorySegment pageOf(int group, int position) {
    return pages[group][position / pageSize];
  }

  /// The state of a recurrent group.
  MemorySegment state(int group) {
    return pages[group][0];
  }
}
