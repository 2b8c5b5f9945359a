package dev.kawi.engine;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// What has to come back from the folder so that a sequence can begin with it: the pages of the
/// longest prefix that memory and folder have together, in so far as memory has them not. Owned by
/// the engine's thread.
final class SpilledPrefix {
  /// A page to bring back.
  private record Missing(int block, int group) {}

  private final PageManager manager;
  private final PageKey root;
  private final int[] tokens;
  private final List<PageKey> keys;
  private final Deque<Missing> missing = new ArrayDeque<>();

  private SpilledPrefix(PageManager manager, PageKey root, int[] tokens, List<PageKey> keys) {
    this.manager = manager;
    this.root = root;
    this.tokens = tokens;
    this.keys = keys;
  }

  /// Of the first `limit` tokens of a text. Nothing, if there is no room for it.
  static SpilledPrefix of(PageManager manager, PageKey root, int[] tokens, int limit) {
    SequencePages.Content anywhere =
        (key, group) -> manager.isCached(key, group) || manager.isSpilled(key, group);
    List<PageKey> keys = SequencePages.prefixKeys(manager, root, tokens, limit, anywhere);
    int count = manager.usable(keys.size(), (i, g) -> anywhere.has(keys.get(i), g));
    SpilledPrefix prefix = new SpilledPrefix(manager, root, tokens, keys.subList(0, count));
    prefix.look();
    return prefix;
  }

  private void look() {
    long bytes = 0;
    for (int g = 0; g < manager.numGroups(); g++) {
      for (int i = manager.firstNeeded(g, keys.size()); i < keys.size(); i++) {
        if (!manager.isCached(keys.get(i), g)) {
          missing.add(new Missing(i, g));
          bytes += manager.cache().pageBytes(g);
        }
      }
    }
    if (bytes > manager.available()) {
      missing.clear();
    }
    if (!missing.isEmpty()) {
      keepOthers();
    }
  }

  /// What memory has of the prefix is not to be taken for what comes back.
  private void keepOthers() {
    for (int i = keys.size() - 1; i >= 0; i--) {
      for (int g = 0; g < manager.numGroups(); g++) {
        manager.touch(keys.get(i), g);
      }
    }
  }

  /// Whether a page is missing.
  boolean hasNext() {
    return !missing.isEmpty();
  }

  /// Pages of the prefix.
  int numPages() {
    return keys.size() * manager.numGroups();
  }

  /// Brings the next page back; false if it could not be had, and then the prefix is another one.
  boolean restoreNext() {
    Missing next = missing.remove();
    int size = manager.pageSize();
    int from = next.block() * size;
    return manager.restore(
        next.block() == 0 ? root : keys.get(next.block() - 1),
        Arrays.copyOfRange(tokens, from, from + size),
        next.group());
  }
}
