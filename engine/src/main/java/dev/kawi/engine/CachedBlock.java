package dev.kawi.engine;

import org.jspecify.annotations.Nullable;

/// The pages, one for each group of layers, that hold the same tokens of a text. It is found by its
/// key as a whole, and by its parent's when only its first tokens are wanted. A group's page is
/// missing when it was taken for something else, when nothing attends to it any more (behind a
/// window), or when no snapshot of the recurrent state was made there.
final class CachedBlock {
  final PageKey parent;
  final PageKey key;
  final int[] tokens;
  final @Nullable Page[] pages;

  CachedBlock(PageKey parent, PageKey key, int[] tokens, int groups) {
    this.parent = parent;
    this.key = key;
    this.tokens = tokens;
    this.pages = new Page[groups];
  }

  boolean isEmpty() {
    for (Page page : pages) {
      if (page != null) {
        return false;
      }
    }
    return true;
  }
}
