package dev.kawi.nn;

import dev.kawi.nn.Attention.Heads;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

// Layout of a page of keys and values: for each layer of the group, the keys of each head as a
// matrix [headDim, pageSize] (see KeyPage), then the values of each head as [pageSize, headDim]. A
// head's keys in a page are therefore one run of memory, which is what attention reads. A page of a
// recurrent group is one whole state: that of each layer, one after the other, in F32.

/// Pages off the heap, in the layout that the kernels of attention read.
public final class CpuCache implements KvCache {
  private final CacheLayout layout;
  private final StorageType type;
  private final int pageSize;
  private final Set<CpuPage> pages = new HashSet<>();
  private long bytes;

  /// A page: its memory, and the arena that ends it. Compared by identity.
  private static final class CpuPage implements CachePage {
    final Arena arena;
    final MemorySegment memory;

    @SuppressWarnings("MustBeClosed") // closed by release and close
    CpuPage(long bytes) {
      arena = Arena.ofShared();
      memory = arena.allocate(bytes, 64);
    }
  }

  /// A cache without pages.
  ///
  /// @param layout what the layers keep
  /// @param type of keys and values: F32, F16 or Q8_0
  /// @param pageSize positions in a page
  public CpuCache(CacheLayout layout, StorageType type, int pageSize) {
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
  public static CpuCache of(List<Block> blocks, StorageType type, int pageSize) {
    return new CpuCache(CacheLayout.ofBlocks(blocks), type, pageSize);
  }

  /// The cache of a step, which must be of this device.
  static CpuCache of(Step step) {
    return (CpuCache) step.cache();
  }

  /// The memory of a page, which must be of this device.
  static MemorySegment memory(CachePage page) {
    return ((CpuPage) page).memory;
  }

  @Override
  public CacheLayout layout() {
    return layout;
  }

  @Override
  public StorageType type() {
    return type;
  }

  @Override
  public int pageSize() {
    return pageSize;
  }

  @Override
  public long pageBytes(int group) {
    CacheLayout.Group g = layout.groups().get(group);
    return switch (g.spec()) {
      case CacheSpec.KeyValues(Heads heads, _) -> g.numLayers() * 2L * planeBytes(heads);
      case CacheSpec.State(int floats) -> (long) g.numLayers() * floats * Float.BYTES;
    };
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public CachePage newPage(int group) {
    CpuPage page = new CpuPage(pageBytes(group));
    pages.add(page);
    bytes += page.memory.byteSize();
    return page;
  }

  @Override
  public void release(CachePage page) {
    if (!(page instanceof CpuPage own) || !pages.remove(own)) {
      throw new IllegalArgumentException("Bug: a page is released that this cache has not");
    }
    bytes -= own.memory.byteSize();
    own.arena.close();
  }

  @Override
  public void copy(CachePage from, CachePage to) {
    memory(to).copyFrom(memory(from));
  }

  @Override
  public void clear(CachePage page) {
    memory(page).fill((byte) 0);
  }

  @Override
  public void read(CachePage page, long at, ByteBuffer target) {
    int count = target.remaining();
    MemorySegment.copy(memory(page), at, MemorySegment.ofBuffer(target), 0, count);
    target.position(target.position() + count);
  }

  @Override
  public void write(CachePage page, long at, ByteBuffer source) {
    int count = source.remaining();
    MemorySegment.copy(MemorySegment.ofBuffer(source), 0, memory(page), at, count);
    source.position(source.position() + count);
  }

  @Override
  public BlockTable newTable() {
    return new CpuTable(this);
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
    pages.forEach(page -> page.arena.close());
    pages.clear();
    bytes = 0;
  }
}
