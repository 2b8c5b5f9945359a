package dev.kawi.tensor;

import java.util.Optional;

/// How the elements of a tensor are stored: blocks of [#blockSize] elements in [#blockBytes] bytes.
/// A row of a matrix is a whole number of blocks. Source: the type table of ggml (`ggml.h`,
/// `ggml-common.h`).
public enum StorageType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  Q2_K(10, 256, 84),
  Q3_K(11, 256, 110),
  Q4_K(12, 256, 144),
  Q5_K(13, 256, 176),
  Q6_K(14, 256, 210),
  IQ4_NL(20, 32, 18),
  IQ4_XS(23, 256, 136),
  BF16(30, 1, 2),
  MXFP4(39, 32, 17);

  private final int ggmlId;
  private final int blockSize;
  private final int blockBytes;

  StorageType(int ggmlId, int blockSize, int blockBytes) {
    this.ggmlId = ggmlId;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /// The number of this type in GGUF files.
  public int ggmlId() {
    return ggmlId;
  }

  /// Elements in a block.
  public int blockSize() {
    return blockSize;
  }

  /// Bytes in a block.
  public int blockBytes() {
    return blockBytes;
  }

  /// Bytes of `elements` elements, which must be a whole number of blocks.
  public long bytes(long elements) {
    if (elements < 0 || elements % blockSize != 0) {
      throw new IllegalArgumentException(
          "%s holds blocks of %d elements; %d is not a whole number of them"
              .formatted(this, blockSize, elements));
    }
    return Math.multiplyExact(elements / blockSize, blockBytes);
  }

  /// The type with this number in GGUF files, if Kawi reads it.
  public static Optional<StorageType> ofGgmlId(int id) {
    for (StorageType type : values()) {
      if (type.ggmlId == id) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
