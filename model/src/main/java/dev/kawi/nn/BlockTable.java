package dev.kawi.nn;

import java.util.Arrays;

/// The pages of one sequence, for each group of layers in order: position p of a group of keys and
/// values lies in page p / pageSize; a recurrent group has one page, the state. A cache makes it
/// ([KvCache#newTable()]) and keeps the pages in the form in which its device reads them. Owned by
/// one thread.
public abstract class BlockTable {
  private final int pageSize;
  private final int[] numPages;
  private final boolean[] recurrent;

  /// A table without pages for this cache.
  protected BlockTable(KvCache cache) {
    pageSize = cache.pageSize();
    int groups = cache.layout().groups().size();
    numPages = new int[groups];
    recurrent = new boolean[groups];
    for (int g = 0; g < groups; g++) {
      recurrent[g] = cache.layout().groups().get(g).spec() instanceof CacheSpec.State;
    }
  }

  /// Puts a page into a place, which is one of those there are or the next one.
  protected abstract void set(int group, int index, CachePage page);

  /// Leaves a place without a page, which is one of those there are or the next one.
  protected abstract void unset(int group, int index);

  /// Appends a page to a group.
  public final void append(int group, CachePage page) {
    set(group, numPages[group], page);
    numPages[group]++;
  }

  /// Appends a place to a group whose page no token of the sequence attends to any more.
  public final void skip(int group) {
    unset(group, numPages[group]);
    numPages[group]++;
  }

  /// Takes a page off the front part of a group that no token attends to any more; its place stays.
  public final void clear(int group, int index) {
    if (index < 0 || index >= numPages[group]) {
      throw new IllegalArgumentException(
          "Bug: group %d of a block table has %d pages, there is no page %d"
              .formatted(group, numPages[group], index));
    }
    unset(group, index);
  }

  /// Number of pages of a group.
  public final int numPages(int group) {
    return numPages[group];
  }

  /// Positions in a page.
  public final int pageSize() {
    return pageSize;
  }

  /// Tokens that fit.
  public final int capacity() {
    int capacity = Integer.MAX_VALUE;
    for (int g = 0; g < numPages.length; g++) {
      int tokens = recurrent[g] ? (numPages[g] == 0 ? 0 : capacity) : numPages[g] * pageSize;
      capacity = Math.min(capacity, tokens);
    }
    return capacity;
  }

  /// An array with room for a place, made larger if need be.
  protected static <T> T[] withRoom(T[] pages, int index) {
    return index < pages.length ? pages : Arrays.copyOf(pages, 2 * index + 2);
  }
}
