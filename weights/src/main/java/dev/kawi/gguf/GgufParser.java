package dev.kawi.gguf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads the header of one GGUF file: version, metadata, and where each tensor lies.
///
/// The file is not trusted. Every length is compared with the bytes that are left before anything
/// is allocated for it, so the heap that parsing takes is bounded by a small multiple of the
/// header's size, and the header is bounded by [#MAX_HEADER_BYTES]. Layout: magic, version, number
/// of tensors, number of pairs, the pairs, the tensor infos, padding, tensor data. Source: the GGUF
/// specification (`docs/gguf.md` of ggml).
final class GgufParser {
  static final int DEFAULT_ALIGNMENT = 32;
  static final String ALIGNMENT_KEY = "general.alignment";

  /// The largest vocabularies need some 20 MB.
  private static final long MAX_HEADER_BYTES = 256L << 20;

  /// Strings and arrays in one array; the largest vocabularies have some 300,000.
  private static final int MAX_OBJECTS = 1 << 24;

  private static final int MAX_NAME_BYTES = 65_535;
  static final int MAX_DIMENSIONS = 4;
  private static final int MAX_DEPTH = 8;
  private static final int MIN_TENSOR_INFO_BYTES = 8 + 4 + 8 + 4 + 8;
  private static final int MIN_PAIR_BYTES = 8 + 4 + 1;

  private static final ValueLayout.OfInt INT = little(ValueLayout.JAVA_INT_UNALIGNED);
  private static final ValueLayout.OfLong LONG = little(ValueLayout.JAVA_LONG_UNALIGNED);
  private static final ValueLayout.OfShort SHORT = little(ValueLayout.JAVA_SHORT_UNALIGNED);
  private static final ValueLayout.OfFloat FLOAT = little(ValueLayout.JAVA_FLOAT_UNALIGNED);
  private static final ValueLayout.OfDouble DOUBLE = little(ValueLayout.JAVA_DOUBLE_UNALIGNED);

  /// What a file says about itself.
  record Header(int version, int alignment, Metadata metadata, List<TensorInfo> tensors) {}

  private final MemorySegment file;
  private final long limit;
  private final String name;
  private final int part;
  private long position;

  private GgufParser(MemorySegment file, String name, int part) {
    this.file = file;
    this.limit = Math.min(file.byteSize(), MAX_HEADER_BYTES);
    this.name = name;
    this.part = part;
  }

  /// Parses the header of a file that lies in memory.
  static Header parse(MemorySegment file, String name, int part) {
    return new GgufParser(file, name, part).header();
  }

  private Header header() {
    FileKind.requireGguf(file, name);
    position = 4;
    int version = version();
    long tensorCount = count("tensors", MIN_TENSOR_INFO_BYTES);
    long pairCount = count("metadata pairs", MIN_PAIR_BYTES);
    Metadata metadata = metadata(pairCount);
    int alignment = alignment(metadata);
    List<TensorInfo> relative = tensorInfos(tensorCount);
    long dataStart = Math.ceilDiv(position, alignment) * alignment;
    List<TensorInfo> tensors =
        relative.stream().map(tensor -> place(tensor, dataStart, alignment)).toList();
    requireNoOverlap(tensors);
    return new Header(version, alignment, metadata, tensors);
  }

  private int version() {
    int version = (int) u32("the version");
    if (version == 2 || version == 3) {
      return version;
    }
    int swapped = Integer.reverseBytes(version);
    if (swapped >= 1 && swapped <= 3) {
      throw error("is a big-endian file; Kawi reads little-endian ones, convert it first");
    }
    if (version == 1) {
      throw error("has version 1 (before August 2023); Kawi reads 2 and 3, convert it again");
    }
    throw error("has version %s; Kawi reads 2 and 3", Integer.toUnsignedString(version));
  }

  private long count(String what, int minBytes) {
    long count = i64("the number of " + what);
    if (count < 0 || count > (limit - position) / minBytes) {
      throw error(
          "announces %s %s, but only %d bytes follow; is the download complete?",
          Long.toUnsignedString(count), what, file.byteSize() - position);
    }
    return count;
  }

  private Metadata metadata(long count) {
    Map<String, Object> values = new LinkedHashMap<>();
    Map<String, MetadataType> types = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      String key =
          string("the name of metadata pair %d of %d".formatted(i + 1, count), MAX_NAME_BYTES);
      MetadataType type = type(key);
      if (type == MetadataType.ARRAY) {
        MetadataType element = type(key);
        types.put(key, element);
        putOnce(values, key, array(key, element, 1));
      } else {
        types.put(key, type);
        putOnce(values, key, scalar(key, type));
      }
    }
    return Metadata.ofTyped(values, types);
  }

  private void putOnce(Map<String, Object> values, String key, Object value) {
    if (values.put(key, value) != null) {
      throw error("has the metadata key \"%s\" twice", printable(key));
    }
  }

  private MetadataType type(String key) {
    int id = (int) u32("the type of " + key);
    return MetadataType.of(id)
        .orElseThrow(() ->
            error(
                "says that metadata \"%s\" has type %s; types are 0 to 12",
                printable(key), Integer.toUnsignedString(id)));
  }

  private Object scalar(String key, MetadataType type) {
    return switch (type) {
      case U8 -> u8(key);
      case I8 -> (byte) u8(key);
      case U16 -> Short.toUnsignedInt(i16(key));
      case I16 -> i16(key);
      case U32 -> u32(key);
      case I32 -> (int) u32(key);
      case F32 -> Float.intBitsToFloat((int) u32(key));
      case BOOL -> bool(key, u8(key));
      case STRING -> string(key, limit);
      case U64 -> notNegative(key, i64(key));
      case I64 -> i64(key);
      case F64 -> Double.longBitsToDouble(i64(key));
      case ARRAY -> throw new AssertionError("Bug: an array is not a scalar");
    };
  }

  private Object array(String key, MetadataType type, int depth) {
    long announced = i64("the length of " + key);
    boolean objects = type == MetadataType.STRING || type == MetadataType.ARRAY;
    if (announced < 0
        || announced > (limit - position) / type.minBytes()
        || (objects && announced > MAX_OBJECTS)) {
      throw error(
          "says that metadata \"%s\" has %s elements (%s), but only %d bytes follow;"
              + " is the download complete?",
          printable(key), Long.toUnsignedString(announced), type, file.byteSize() - position);
    }
    int n = (int) announced;
    return switch (type) {
      case U8, U16 -> unsignedInts(key, type, n);
      case I8 -> take(n).toArray(JAVA_BYTE);
      case I16 -> take(2L * n).toArray(SHORT);
      case I32 -> take(4L * n).toArray(INT);
      case U32 -> unsignedLongs(key, n);
      case U64 -> notNegative(key, take(8L * n).toArray(LONG));
      case I64 -> take(8L * n).toArray(LONG);
      case F32 -> take(4L * n).toArray(FLOAT);
      case F64 -> take(8L * n).toArray(DOUBLE);
      case BOOL -> bools(key, n);
      case STRING -> strings(key, n);
      case ARRAY -> arrays(key, n, depth);
    };
  }

  private MemorySegment take(long bytes) {
    MemorySegment slice = file.asSlice(position, bytes);
    position += bytes;
    return slice;
  }

  private int[] unsignedInts(String key, MetadataType type, int n) {
    int[] values = new int[n];
    for (int i = 0; i < n; i++) {
      values[i] = type == MetadataType.U8 ? u8(key) : Short.toUnsignedInt(i16(key));
    }
    return values;
  }

  private long[] unsignedLongs(String key, int n) {
    long[] values = new long[n];
    for (int i = 0; i < n; i++) {
      values[i] = u32(key);
    }
    return values;
  }

  private boolean[] bools(String key, int n) {
    boolean[] values = new boolean[n];
    for (int i = 0; i < n; i++) {
      values[i] = bool(key, u8(key));
    }
    return values;
  }

  private List<String> strings(String key, int n) {
    List<String> values = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      values.add(string(key, limit));
    }
    return List.copyOf(values);
  }

  private List<Object> arrays(String key, int n, int depth) {
    if (depth >= MAX_DEPTH) {
      throw error("nests the arrays of metadata \"%s\" deeper than %d", printable(key), MAX_DEPTH);
    }
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      values.add(array(key, type(key), depth + 1));
    }
    return List.copyOf(values);
  }

  private boolean bool(String key, int value) {
    if (value > 1) {
      throw error(
          "says that metadata \"%s\" is the boolean %d; it must be 0 or 1", printable(key), value);
    }
    return value == 1;
  }

  private long notNegative(String key, long value) {
    if (value < 0) {
      throw error(
          "says that metadata \"%s\" is %s; Kawi holds numbers below 2^63",
          printable(key), Long.toUnsignedString(value));
    }
    return value;
  }

  private long[] notNegative(String key, long[] values) {
    for (long value : values) {
      notNegative(key, value);
    }
    return values;
  }

  private int alignment(Metadata metadata) {
    if (!metadata.has(ALIGNMENT_KEY)) {
      return DEFAULT_ALIGNMENT;
    }
    int alignment = metadata.integer(ALIGNMENT_KEY).orElseThrow();
    if (alignment < 8 || Integer.bitCount(alignment) != 1) {
      throw error("has %s %d; it must be a power of two, at least 8", ALIGNMENT_KEY, alignment);
    }
    return alignment;
  }

  /// The tensor infos with offsets as in the file, relative to the start of the data.
  private List<TensorInfo> tensorInfos(long count) {
    List<TensorInfo> tensors = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < count; i++) {
      String tensor = string("the name of tensor %d of %d".formatted(i + 1, count), MAX_NAME_BYTES);
      if (!names.add(tensor)) {
        throw error("has the tensor %s twice", printable(tensor));
      }
      List<Long> shape = shape(tensor);
      int type = (int) u32("the type of " + tensor);
      long offset = i64("the offset of " + tensor);
      tensors.add(new TensorInfo(tensor, type, shape, offset, part));
    }
    return tensors;
  }

  private List<Long> shape(String tensor) {
    int dimensions = (int) u32("the number of dimensions of " + tensor);
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw error(
          "says that %s has %s dimensions; 1 to %d are possible",
          printable(tensor), Integer.toUnsignedString(dimensions), MAX_DIMENSIONS);
    }
    List<Long> innermostFirst = new ArrayList<>();
    long rows = 1;
    for (int i = 0; i < dimensions; i++) {
      long size = i64("a size of " + tensor);
      innermostFirst.add(size);
      rows = i == 0 || size <= 0 || size > Integer.MAX_VALUE ? rows : rows * size;
      if (size <= 0 || size > Integer.MAX_VALUE || rows > Integer.MAX_VALUE) {
        throw error(
            "says that %s has the sizes %s (innermost first); each must be 1 to 2^31-1, and so must"
                + " the number of rows",
            printable(tensor), innermostFirst.stream().map(Long::toUnsignedString).toList());
      }
    }
    return innermostFirst.reversed();
  }

  private TensorInfo place(TensorInfo tensor, long dataStart, int alignment) {
    String label = printable(tensor.name());
    long relative = tensor.offset();
    if (relative < 0 || relative > file.byteSize() || relative % alignment != 0) {
      throw error(
          "says that %s begins at byte %s of the data; it must be a multiple of %d inside the file"
              + " of %d bytes; is the download complete?",
          label, Long.toUnsignedString(relative), alignment, file.byteSize());
    }
    TensorInfo placed =
        new TensorInfo(tensor.name(), tensor.ggmlId(), tensor.shape(), dataStart + relative, part);
    GgmlType.of(tensor.ggmlId()).ifPresent(type -> requireInside(placed, type));
    return placed;
  }

  private void requireInside(TensorInfo tensor, GgmlType type) {
    if (tensor.cols() % type.blockSize() != 0) {
      throw error(
          "says that %s is %s of shape %s, but a row of %s is a whole number of blocks of %d",
          printable(tensor.name()), type.name(), tensor.shape(), type.name(), type.blockSize());
    }
    // At most 2^62 elements of at most 8 bytes.
    double end =
        tensor.offset() + (double) tensor.elements() / type.blockSize() * type.blockBytes();
    if (end > 0x1p60 || tensor.offset() + tensor.bytes() > file.byteSize()) {
      throw error(
          "says that %s (%s %s) ends at byte %.0f, the file has %d; is the download complete?",
          printable(tensor.name()), type.name(), tensor.shape(), end, file.byteSize());
    }
  }

  private void requireNoOverlap(List<TensorInfo> tensors) {
    List<TensorInfo> sorted =
        tensors.stream().sorted(Comparator.comparingLong(TensorInfo::offset)).toList();
    for (int i = 1; i < sorted.size(); i++) {
      TensorInfo before = sorted.get(i - 1);
      TensorInfo after = sorted.get(i);
      long end = before.offset() + before.storedBytes().orElse(1);
      if (after.offset() < end) {
        throw error(
            "says that %s begins at byte %d, inside %s, which begins at %d and ends at %d",
            printable(after.name()),
            after.offset(),
            printable(before.name()),
            before.offset(),
            end);
      }
    }
  }

  private String string(String what, long maxBytes) {
    long length = i64("the length of " + what);
    if (length < 0 || length > limit - position || length > maxBytes) {
      throw error(
          "says that %s is %s bytes long, but only %d bytes follow%s",
          printable(what),
          Long.toUnsignedString(length),
          file.byteSize() - position,
          length > maxBytes && maxBytes < limit ? " and names have at most " + maxBytes : "");
    }
    return new String(take(length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
  }

  private int u8(String what) {
    return Byte.toUnsignedInt(file.get(JAVA_BYTE, advance(1, what)));
  }

  private short i16(String what) {
    return file.get(SHORT, advance(2, what));
  }

  private long u32(String what) {
    return Integer.toUnsignedLong(file.get(INT, advance(4, what)));
  }

  private long i64(String what) {
    return file.get(LONG, advance(8, what));
  }

  private long advance(int bytes, String what) {
    if (position + bytes > limit) {
      throw limit == file.byteSize()
          ? error(
              "ends at byte %d, in the middle of its header, where %s should be;"
                  + " is the download complete?",
              limit, printable(what))
          : error("has a header of more than %d bytes", MAX_HEADER_BYTES);
    }
    long at = position;
    position += bytes;
    return at;
  }

  @SuppressWarnings("AnnotateFormatMethod") // would need a run-time dependency on Error Prone
  private ModelFormatException error(String message, Object... arguments) {
    return new ModelFormatException("gguf: " + name + " " + message.formatted(arguments));
  }

  /// A name from the file, short and without control characters, fit for a terminal.
  private static String printable(String text) {
    String safe = text.replaceAll("\\p{Cntrl}", "?");
    return safe.length() > 120 ? safe.substring(0, 120) + "..." : safe;
  }

  private static <L extends ValueLayout> L little(L layout) {
    @SuppressWarnings("unchecked")
    L little = (L) layout.withOrder(ByteOrder.LITTLE_ENDIAN);
    return little;
  }
}
