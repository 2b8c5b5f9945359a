package dev.kawi.nn;

import dev.kawi.tensor.StorageType;
import java.nio.ByteBuffer;

/// A device's memory for what the layers keep between steps, in pages. A page belongs to a group of
/// layers ([CacheLayout]) and holds all layers of the group: `pageSize` positions of keys and
/// values, or one recurrent state. How they lie in it is the device's business; who uses which page
/// is the engine's. Owned by one thread.
public interface KvCache extends AutoCloseable {
  /// What the layers keep.
  CacheLayout layout();

  /// How keys and values are stored.
  StorageType type();

  /// Positions in a page of keys and values.
  int pageSize();

  /// Bytes in a page of a group.
  long pageBytes(int group);

  /// Bytes of all pages that there are.
  long bytes();

  /// One more page of a group, filled with zeros.
  CachePage newPage(int group);

  /// Gives the memory of a page back to the system.
  void release(CachePage page);

  /// Copies the content of a page into another of the same group.
  void copy(CachePage from, CachePage to);

  /// Fills a page with zeros.
  void clear(CachePage page);

  /// Fills `target` with the content of a page from byte `at` on. The bytes mean something to a
  /// cache of the same device, layout, type and page size only.
  void read(CachePage page, long at, ByteBuffer target);

  /// Puts all of `source`, which [#read] gave, into a page from byte `at` on.
  void write(CachePage page, long at, ByteBuffer source);

  /// A table without pages.
  BlockTable newTable();

  /// A table with new pages for `tokens` tokens.
  default BlockTable newTable(int tokens) {
    BlockTable table = newTable();
    grow(table, tokens);
    return table;
  }

  /// Appends new pages until a table has room for `tokens` tokens.
  default void grow(BlockTable table, int tokens) {
    for (int g = 0; g < layout().groups().size(); g++) {
      int pages =
          switch (layout().groups().get(g).spec()) {
            case CacheSpec.KeyValues _ -> Math.ceilDiv(tokens, pageSize());
            case CacheSpec.State _ -> 1;
          };
      while (table.numPages(g) < pages) {
        table.append(g, newPage(g));
      }
    }
  }

  /// Frees all pages.
  @Override
  void close();
}
