package dev.kawi.engine;

import dev.kawi.nn.BlockTable;
import dev.kawi.nn.CacheLayout;
import dev.kawi.nn.CachePage;
import dev.kawi.nn.CacheSpec;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Mixer;
import dev.kawi.tensor.StorageType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/// Pages that are arrays: for each layer the keys of each position, [pageSize, kvSize], then its
/// values; or the states of the layers.
final class HeapCache implements KvCache {
  /// A page; compared by identity.
  static final class Memory implements CachePage {
    final float[] floats;

    Memory(int size) {
      floats = new float[size];
    }
  }

  /// The pages of a sequence.
  static final class Table extends BlockTable {
    private final Memory[][] pages;

    Table(HeapCache cache) {
      super(cache);
      pages = new Memory[cache.layout().groups().size()][0];
    }

    @Override
    protected void set(int group, int index, CachePage page) {
      pages[group] = withRoom(pages[group], index);
      pages[group][index] = (Memory) page;
    }

    @Override
    protected void unset(int group, int index) {
      pages[group] = withRoom(pages[group], index);
      pages[group][index] = new Memory(0); // whoever reads it fails
    }

    float[] page(int group, int index) {
      return pages[group][index].floats;
    }
  }

  private final CacheLayout layout;
  private final int pageSize;
  private final Set<Memory> pages = new HashSet<>();
  private long bytes;

  HeapCache(CacheLayout layout, StorageType type, int pageSize) {
    if (type != StorageType.F32) {
      throw new IllegalArgumentException(
          "the heap keeps keys and values in F32, asked for %s; use F32".formatted(type));
    }
    this.layout = layout;
    this.pageSize = pageSize;
  }

  /// Where in a page the part of a layer begins.
  int offset(Mixer mixer) {
    return layout.index(mixer.layer()) * floatsOfLayer(mixer.cacheSpec());
  }

  private int floatsOfLayer(CacheSpec spec) {
    return switch (spec) {
      case CacheSpec.KeyValues kv -> 2 * pageSize * kv.heads().kvSize();
      case CacheSpec.State(int floats) -> floats;
    };
  }

  @Override
  public CacheLayout layout() {
    return layout;
  }

  @Override
  public StorageType type() {
    return StorageType.F32;
  }

  @Override
  public int pageSize() {
    return pageSize;
  }

  @Override
  public long pageBytes(int group) {
    CacheLayout.Group of = layout.groups().get(group);
    return 4L * of.numLayers() * floatsOfLayer(of.spec());
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public CachePage newPage(int group) {
    Memory page = new Memory((int) pageBytes(group) / 4);
    pages.add(page);
    bytes += pageBytes(group);
    return page;
  }

  @Override
  public void release(CachePage page) {
    if (!(page instanceof Memory memory) || !pages.remove(memory)) {
      throw new IllegalArgumentException("Bug: a page is released that this cache has not");
    }
    bytes -= 4L * memory.floats.length;
  }

  @Override
  public void copy(CachePage from, CachePage to) {
    float[] source = ((Memory) from).floats;
    System.arraycopy(source, 0, ((Memory) to).floats, 0, source.length);
  }

  @Override
  public void clear(CachePage page) {
    Arrays.fill(((Memory) page).floats, 0);
  }

  @Override
  public void read(CachePage page, long at, ByteBuffer target) {
    FloatBuffer floats = target.asFloatBuffer();
    floats.put(((Memory) page).floats, (int) (at / 4), floats.remaining());
    target.position(target.limit());
  }

  @Override
  public void write(CachePage page, long at, ByteBuffer source) {
    FloatBuffer floats = source.asFloatBuffer();
    floats.get(((Memory) page).floats, (int) (at / 4), floats.remaining());
    source.position(source.limit());
  }

  @Override
  public BlockTable newTable() {
    return new Table(this);
  }

  @Override
  public void close() {
    pages.clear();
    bytes = 0;
  }
}
