package dev.kawi.engine;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A page of the cache: memory of one group of layers, how many sequences use it, and which cached
/// block its content belongs to. A page without users is free; its content stays until the page is
/// taken.
final class Page {
  final int group;
  final MemorySegment memory;
  int references;
  @Nullable CachedBlock block;

  Page(int group, MemorySegment memory) {
    this.group = group;
    this.memory = memory;
  }
}
