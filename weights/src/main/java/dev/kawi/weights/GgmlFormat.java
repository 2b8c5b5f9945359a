package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// The formats that llama.cpp had before GGUF, and what each changed. Source: `llama.cpp` and
/// `convert_llama_ggml_to_gguf.py` of ggml-org/llama.cpp, for the blocks its pull requests 1405
/// (ggjt 2) and 1508 (ggjt 3).
enum GgmlFormat {
  /// March 2023: no version, no scores of tokens.
  GGML("ggml"),
  /// Scores of tokens.
  GGMF_1("ggmf 1"),
  /// Data begin at multiples of 32 bytes.
  GGJT_1("ggjt 1"),
  /// May 2023: the two halves of a block lie in the two halves of its bytes, no longer neighbours.
  GGJT_2("ggjt 2"),
  /// May 2023: scales in F16.
  GGJT_3("ggjt 3");

  private static final int MAGIC_GGML = 0x67676d6c;
  private static final int MAGIC_GGMF = 0x67676d66;
  private static final int MAGIC_GGJT = 0x67676a74;

  private final String title;

  GgmlFormat(String title) {
    this.title = title;
  }

  /// Its name, for people.
  String title() {
    return title;
  }

  /// Whether a file begins like one of these formats, perhaps of a version that is not known.
  static boolean matches(MemorySegment file) {
    int magic = file.byteSize() < 4 ? 0 : file.get(LittleEndian.INT, 0);
    return magic == MAGIC_GGML || magic == MAGIC_GGMF || magic == MAGIC_GGJT;
  }

  /// Reads magic number and version.
  static GgmlFormat read(GgmlReader reader) {
    int magic = reader.i32("its magic number");
    if (magic == MAGIC_GGML) {
      return GGML;
    }
    int version = reader.i32("its version");
    return of(magic, version)
        .orElseThrow(() ->
            reader.error(
                "has magic number %08x and version %s; Kawi converts ggml, ggmf 1 and ggjt 1 to 3"
                    .formatted(magic, Integer.toUnsignedString(version))));
  }

  private static Optional<GgmlFormat> of(int magic, int version) {
    return switch (magic) {
      case MAGIC_GGMF -> version == 1 ? Optional.of(GGMF_1) : Optional.empty();
      case MAGIC_GGJT ->
          switch (version) {
            case 1 -> Optional.of(GGJT_1);
            case 2 -> Optional.of(GGJT_2);
            case 3 -> Optional.of(GGJT_3);
            default -> Optional.empty();
          };
      default -> Optional.empty();
    };
  }

  boolean hasScores() {
    return this != GGML;
  }

  boolean isAligned() {
    return compareTo(GGJT_1) >= 0;
  }

  /// Whether a byte of quants holds two neighbours.
  boolean pairsNeighbours() {
    return compareTo(GGJT_2) < 0;
  }

  /// Whether the scales of Q4_0, Q4_1 and Q8_0 are F32.
  boolean hasWideScales() {
    return compareTo(GGJT_3) < 0;
  }

  /// What a type has this number in tensors of these formats.
  static StorageType type(int id, GgmlReader reader, String tensor) {
    Optional<StorageType> known =
        StorageType.ofGgmlId(id).filter(type -> type.ggmlId() <= StorageType.Q6_K.ggmlId());
    return known.orElseThrow(() -> reader.error(unknownType(id, tensor)));
  }

  private static String unknownType(int id, String tensor) {
    String name =
        switch (id) {
          case 4 -> "Q4_2";
          case 5 -> "Q4_3";
          default -> "type number " + Integer.toUnsignedString(id);
        };
    return "stores %s as %s, which Kawi does not convert; take a file of another quantization"
        .formatted(tensor, name);
  }

  /// The error for a file of none of these formats, or a damaged one.
  static ModelFormatException error(String file, String what) {
    return new ModelFormatException("ggml: " + file + " " + what);
  }
}
