package dev.kawi.engine;

import dev.kawi.nn.CachePage;
import org.jspecify.annotations.Nullable;

/// A page of the cache: memory of one group of layers, how many sequences use it, and which cached
/// block its content belongs to. A page without users is free; its content stays until the page is
/// taken.
final class Page {
  final int group;
  final CachePage memory;
  int references;
  @Nullable CachedBlock block;

  Page(int group, CachePage memory) {
    this.group = group;
    this.memory = memory;
  }
}
