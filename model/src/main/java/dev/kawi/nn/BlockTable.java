package dev.kawi.nn;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The pages of one sequence, in order: position p lies in page p / pageSize. Owned by one thread.
public final class BlockTable {
  private final int pageSize;
  private MemorySegment[] pages = new MemorySegment[4];
  private int numPages;

  /// A table without pages.
  public BlockTable(int pageSize) {
    this.pageSize = pageSize;
  }

  /// Appends a page.
  public void append(MemorySegment page) {
    if (numPages == pages.length) {
      pages = Arrays.copyOf(pages, 2 * numPages);
    }
    pages[numPages++] = page;
  }

  /// Takes the last page off.
  public MemorySegment removeLast() {
    if (numPages == 0) {
      throw new IllegalStateException("Bug: a block table without pages has no last one");
    }
    MemorySegment page = pages[--numPages];
    pages[numPages] = MemorySegment.NULL;
    return page;
  }

  /// Number of pages.
  public int numPages() {
    return numPages;
  }

  /// Tokens that fit.
  public int capacity() {
    return numPages * pageSize;
  }

  /// The pages; entries past [#numPages] mean nothing. Not a copy.
  MemorySegment[] pages() {
    return pages;
  }

  /// The page of a position.
  MemorySegment pageOf(int position) {
    return pages[position / pageSize];
  }
}
