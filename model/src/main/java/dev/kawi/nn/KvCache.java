package dev.kawi.nn;

import dev.kawi.nn.Attention.Heads;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

// Layout of a page: for each layer, the keys of each head as a matrix [headDim, pageSize] (see
// KeyPage), then the values of each head as [pageSize, headDim]. A head's keys in a page are
// therefore one run of memory, which is what attention reads.

/// Memory for keys and values, in pages of `pageSize` tokens. A page holds all layers. It hands out
/// memory; who uses which page is the engine's business.
public final class KvCache implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final Heads heads;
  private final int numLayers;
  private final StorageType type;
  private final int pageSize;

  /// A cache without pages.
  ///
  /// @param heads heads of every layer
  /// @param numLayers layers
  /// @param type F32, F16 or Q8_0
  /// @param pageSize tokens in a page
  public KvCache(Heads heads, int numLayers, StorageType type, int pageSize) {
    if (type != StorageType.F32 && type != StorageType.F16 && type != StorageType.Q8_0) {
      throw new IllegalArgumentException(
          "the key-value cache can be F32, F16 or Q8_0, asked for " + type);
    }
    if (heads.headDim() % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          "a %s key-value cache needs a head size that is a multiple of %d, this model has %d; use F16"
              .formatted(type, type.blockSize(), heads.headDim()));
    }
    if (numLayers < 1 || pageSize < 1) {
      throw new IllegalArgumentException(
          "a key-value cache needs layers and a page size, found %d and %d"
              .formatted(numLayers, pageSize));
    }
    this.heads = heads;
    this.numLayers = numLayers;
    this.type = type;
    this.pageSize = pageSize;
  }

  /// Refuses a model with other heads, which would write beside its pages.
  void require(Heads ofModel) {
    if (!heads.equals(ofModel)) {
      throw new IllegalArgumentException(
          "Bug: a key-value cache for %s is used by a model with %s".formatted(heads, ofModel));
    }
  }

  /// Memory for one more page.
  public MemorySegment newPage() {
    return arena.allocate(pageBytes(), 64);
  }

  /// Bytes in a page.
  public long pageBytes() {
    return numLayers * 2L * planeBytes();
  }

  /// Tokens in a page.
  public int pageSize() {
    return pageSize;
  }

  /// How elements are stored.
  public StorageType type() {
    return type;
  }

  /// Where in a page the keys of a head begin.
  long keyOffset(int layer, int head) {
    return 2L * layer * planeBytes() + head * headBytes();
  }

  /// Where in a page the values of a head begin.
  long valueOffset(int layer, int head) {
    return keyOffset(layer, head) + planeBytes();
  }

  /// Bytes of one token's key (or value) of one head.
  long rowBytes() {
    return type.bytes(heads.headDim());
  }

  private long headBytes() {
    return pageSize * rowBytes();
  }

  private long planeBytes() {
    return heads.numKvHeads() * headBytes();
  }

  @Override
  public void close() {
    arena.close();
  }
}
