package dev.kawi.nn;

import dev.kawi.nn.Attention.Heads;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.List;

// Layout of a page of keys and values: for each layer of the group, the keys of each head as a
// matrix [headDim, pageSize] (see KeyPage), then the values of each head as [pageSize, headDim]. A
// head's keys in a page are therefore one run of memory, which is what attention reads. A page of a
// recurrent group is one whole state: that of each layer, one after the other, in F32.

/// Memory for what the layers keep between steps, in pages. A page belongs to a group of layers
/// ([CacheLayout]) and holds all layers of the group: `pageSize` positions of keys and values, or
/// one recurrent state. The cache hands out memory; who uses which page is the engine's business.
/// Owned by one thread.
public final class KvCache implements AutoCloseable {
  private final CacheLayout layout;
  private final StorageType type;
  private final int pageSize;
  private final IdentityHashMap<MemorySegment, Arena> arenas = new IdentityHashMap<>();
  private long bytes;

  /// A cache without pages.
  ///
  /// @param layout what the layers keep
  /// @param type of keys and values: F32, F16 or Q8_0
  /// @param pageSize positions in a page
  public KvCache(CacheLayout layout, StorageType type, int pageSize) {
    if (type != StorageType.F32 && type != StorageType.F16 && type != StorageType.Q8_0) {
      throw new IllegalArgumentException(
          "the key-value cache can be F32, F16 or Q8_0, asked for " + type);
    }
    if (pageSize < 1) {
      throw new IllegalArgumentException(
          "a key-value cache needs a page size of at least 1, found " + pageSize);
    }
    for (CacheLayout.Group group : layout.groups()) {
      if (group.spec() instanceof CacheSpec.KeyValues(Heads heads, _)
          && heads.headDim() % type.blockSize() != 0) {
        throw new IllegalArgumentException(
            "a %s key-value cache needs a head size that is a multiple of %d, this model has %d; use F16"
                .formatted(type, type.blockSize(), heads.headDim()));
      }
    }
    this.layout = layout;
    this.type = type;
    this.pageSize = pageSize;
  }

  /// A cache for these blocks.
  public static KvCache of(List<Block> blocks, StorageType type, int pageSize) {
    return new KvCache(CacheLayout.ofBlocks(blocks), type, pageSize);
  }

  /// What the layers keep.
  public CacheLayout layout() {
    return layout;
  }

  /// Refuses a layer that the cache was not made for, which would write outside of its pages.
  void require(Mixer mixer) {
    if (mixer.layer() >= layout.numLayers()
        || !layout.spec(mixer.layer()).equals(mixer.cacheSpec())) {
      throw new IllegalArgumentException(
          "Bug: layer %d needs %s, the cache was made for %s"
              .formatted(mixer.layer(), mixer.cacheSpec(), layout.groups()));
    }
  }

  /// Memory for one more page of a group, filled with zeros.
  @SuppressWarnings("MustBeClosed") // closed by release and close
  public MemorySegment newPage(int group) {
    Arena arena = Arena.ofShared();
    MemorySegment page = arena.allocate(pageBytes(group), 64);
    arenas.put(page, arena);
    bytes += page.byteSize();
    return page;
  }

  /// Gives the memory of a page back to the system.
  public void release(MemorySegment page) {
    Arena arena = arenas.remove(page);
    if (arena == null) {
      throw new IllegalArgumentException("Bug: a page is released that this cache has not");
    }
    bytes -= page.byteSize();
    arena.close();
  }

  /// A table with pages for `tokens` tokens.
  public BlockTable newTable(int tokens) {
    BlockTable table = new BlockTable(this);
    grow(table, tokens);
    return table;
  }

  /// Appends pages until a table has room for `tokens` tokens.
  public void grow(BlockTable table, int tokens) {
    List<CacheLayout.Group> groups = layout.groups();
    for (int g = 0; g < groups.size(); g++) {
      int pages =
          switch (groups.get(g).spec()) {
            case CacheSpec.KeyValues _ -> Math.ceilDiv(tokens, pageSize);
            case CacheSpec.State _ -> 1;
          };
      while (table.numPages(g) < pages) {
        table.append(g, newPage(g));
      }
    }
  }

  /// Bytes in a page of a group.
  public long pageBytes(int group) {
    CacheLayout.Group g = layout.groups().get(group);
    return switch (g.spec()) {
      case CacheSpec.KeyValues(Heads heads, _) -> g.numLayers() * 2L * planeBytes(heads);
      case CacheSpec.State(int floats) -> (long) g.numLayers() * floats * Float.BYTES;
    };
  }

  /// Bytes of all pages that there are.
  public long bytes() {
    return bytes;
  }

  /// Positions in a page of keys and values.
  public int pageSize() {
    return pageSize;
  }

  /// How keys and values are stored.
  public StorageType type() {
    return type;
  }

  /// Where in a page the keys of a head begin.
  long keyOffset(Attention attention, int head) {
    Heads heads = attention.heads();
    return 2L * layout.index(attention.layer()) * planeBytes(heads) + head * headBytes(heads);
  }

  /// Where in a page the values of a head begin.
  long valueOffset(Attention attention, int head) {
    return keyOffset(attention, head) + planeBytes(attention.heads());
  }

  /// Where in a page of a recurrent group the state of a layer begins.
  long stateOffset(Mixer mixer) {
    return switch (mixer.cacheSpec()) {
      case CacheSpec.State(int floats) -> (long) layout.index(mixer.layer()) * floats * Float.BYTES;
      case CacheSpec.KeyValues spec ->
          throw new IllegalArgumentException("Bug: a layer of %s has no state".formatted(spec));
    };
  }

  /// Bytes of one token's key (or value) of one head.
  long rowBytes(Heads heads) {
    return type.bytes(heads.headDim());
  }

  private long headBytes(Heads heads) {
    return pageSize * rowBytes(heads);
  }

  private long planeBytes(Heads heads) {
    return heads.numKvHeads() * headBytes(heads);
  }

  @Override
  public void close() {
    arenas.values().forEach(Arena::close);
    arenas.clear();
    bytes = 0;
  }
}
