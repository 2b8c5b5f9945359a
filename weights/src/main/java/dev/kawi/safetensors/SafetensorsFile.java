package dev.kawi.safetensors;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// An open safetensors file, mapped into memory: eight bytes with the length of a header, the
/// header in JSON, then the tensors without gaps. Everything in the header is checked before a byte
/// is used. Source: the README of huggingface/safetensors.
public final class SafetensorsFile implements AutoCloseable {
  private static final long MOST_HEADER_BYTES = 100_000_000;
  private static final int LENGTH_BYTES = 8;
  private static final int COPY_ALIGNMENT = 64;
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final Path path;
  private final MemorySegment bytes;
  private final Arena arena;
  private final Map<String, Entry> tensors;

  /// A tensor.
  ///
  /// @param name its name
  /// @param dtype as the file writes it, such as `BF16`
  /// @param shape sizes, outermost first; empty for a single number
  /// @param from its first byte in the file
  /// @param size bytes
  public record Entry(String name, String dtype, List<Long> shape, long from, long size) {
    /// Copies the shape.
    public Entry {
      shape = List.copyOf(shape);
    }

    /// How it is stored, if Kawi reads that.
    public Optional<StorageType> type() {
      return switch (dtype) {
        case "F32" -> Optional.of(StorageType.F32);
        case "F16" -> Optional.of(StorageType.F16);
        case "BF16" -> Optional.of(StorageType.BF16);
        default -> Optional.empty();
      };
    }
  }

  private SafetensorsFile(Path path, MemorySegment bytes, Arena arena) {
    this.path = path;
    this.bytes = bytes;
    this.arena = arena;
    this.tensors = parse();
  }

  /// Opens a file.
  ///
  /// @throws IOException if it cannot be read
  /// @throws ModelFormatException if it is not a whole safetensors file
  @SuppressWarnings("MustBeClosedChecker") // close() does
  public static SafetensorsFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new SafetensorsFile(path, bytes, arena);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /// The file.
  public Path path() {
    return path;
  }

  /// All tensors, in the order of the header.
  public List<Entry> tensors() {
    return List.copyOf(tensors.values());
  }

  /// The bytes of a tensor, borrowed until this file is closed. They lie where the type can be
  /// read: writers pad the header, but the format does not ask them to, and then this is a copy.
  public MemorySegment data(Entry tensor) {
    MemorySegment mapped = bytes.asSlice(tensor.from(), tensor.size());
    int unit = tensor.type().map(StorageType::blockBytes).orElse(1);
    return tensor.from() % unit == 0
        ? mapped
        : arena.allocate(tensor.size(), COPY_ALIGNMENT).copyFrom(mapped);
  }

  /// The size of the file when it was opened.
  public long sizeBytes() {
    return bytes.byteSize();
  }

  private ModelFormatException wrong(String what) {
    return new ModelFormatException(
        "safetensors: %s %s; is the file complete?".formatted(path, what));
  }

  private Map<String, Entry> parse() {
    long size = bytes.byteSize();
    if (size < LENGTH_BYTES) {
      throw wrong("has %d bytes, expected at least 8".formatted(size));
    }
    long header = bytes.get(LONG, 0);
    if (header < 2 || header > MOST_HEADER_BYTES || header > size - LENGTH_BYTES) {
      throw wrong("names a header of %d bytes in a file of %d".formatted(header, size));
    }
    byte[] text = bytes.asSlice(LENGTH_BYTES, header).toArray(ValueLayout.JAVA_BYTE);
    JsonNode root;
    try {
      root = MAPPER.readTree(new String(text, StandardCharsets.UTF_8));
    } catch (JacksonException e) {
      throw wrong("has a header that is no JSON (" + e.getOriginalMessage() + ")");
    }
    if (!root.isObject()) {
      throw wrong("has a header that is no JSON object");
    }
    Map<String, Entry> found = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : root.properties()) {
      if (!property.getKey().equals("__metadata__")) {
        found.put(
            property.getKey(),
            entry(property.getKey(), property.getValue(), LENGTH_BYTES + header));
      }
    }
    return found;
  }

  private Entry entry(String name, JsonNode node, long dataFrom) {
    String dtype = node.path("dtype").asString("");
    List<Long> shape = new ArrayList<>();
    long elements = 1;
    for (long dimension : longs(name, node.path("shape"))) {
      shape.add(dimension);
      try {
        elements = Math.multiplyExact(elements, dimension);
      } catch (ArithmeticException e) {
        throw wrong("has %s with more elements than there can be".formatted(name));
      }
    }
    long[] offsets = longs(name, node.path("data_offsets"));
    long most = bytes.byteSize() - dataFrom;
    if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > most) {
      throw wrong("says that %s lies outside of the file".formatted(name));
    }
    Entry entry = new Entry(name, dtype, shape, dataFrom + offsets[0], offsets[1] - offsets[0]);
    int bytesEach = entry.type().map(StorageType::blockBytes).orElse(0);
    boolean whole = bytesEach == 0 || entry.size() % bytesEach == 0;
    if (!whole || (bytesEach > 0 && entry.size() / bytesEach != elements)) {
      throw wrong("has %s as %s %s in %d bytes".formatted(name, dtype, shape, entry.size()));
    }
    return entry;
  }

  private long[] longs(String name, JsonNode array) {
    if (!array.isArray()) {
      throw wrong("says nothing of the shape or the place of " + name);
    }
    long[] values = new long[array.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = array.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw wrong("has a size or place of %s that is no number: %s".formatted(name, value));
      }
      values[i] = value.longValue();
    }
    return values;
  }

  /// Ends all slices.
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
