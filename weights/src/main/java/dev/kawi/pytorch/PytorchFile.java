package dev.kawi.pytorch;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.pytorch.PickleValue.Table;
import dev.kawi.pytorch.PickleValue.Tensor;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

// How it works. A pickle in the file says which tensors there are and from which storage each is
// cut, with strides; the storages lie in the file as they are ([Checkpoint]). A tensor whose
// elements follow each other is a slice of the mapped file. One that is not laid out so
// (transposed, a column) is copied when it is asked for, and so is one at an address that is no
// multiple of the size of its elements, which files before PyTorch 1.6 have. Nothing in the file
// is ever run ([Unpickler]).

/// An open file of `torch.save` with a dict of tensors, mapped into memory: `pytorch_model.bin` of
/// publishers that do not ship safetensors. Source: `torch/serialization.py`.
public final class PytorchFile implements AutoCloseable {
  private final Source source;
  private final MemorySegment bytes;
  private final Arena arena;
  private final List<Entry> tensors = new ArrayList<>();
  private final Map<Entry, MemorySegment> copies = new HashMap<>();
  private long copiedBytes;

  /// A tensor.
  ///
  /// @param name its name
  /// @param dtype as safetensors write it, such as `BF16`
  /// @param shape sizes, outermost first; empty for a single number
  /// @param strides bytes in the file from one element to the next along each dimension
  /// @param from its first byte in the file
  /// @param size bytes, without gaps
  public record Entry(
      String name, String dtype, List<Long> shape, List<Long> strides, long from, long size) {
    /// Copies the lists.
    public Entry {
      shape = List.copyOf(shape);
      strides = List.copyOf(strides);
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

    /// The same elements, whatever they are called.
    private Entry unnamed() {
      return new Entry("", dtype, shape, strides, from, size);
    }

    private int elementBytes() {
      return ElementType.valueOf(dtype).bytes();
    }

    /// Whether its elements follow each other without gaps, the last dimension first.
    private boolean isContiguous() {
      long expected = elementBytes();
      for (int i = shape.size() - 1; i >= 0; i--) {
        if (shape.get(i) != 1 && strides.get(i) != expected) {
          return false;
        }
        expected *= shape.get(i);
      }
      return true;
    }
  }

  /// Reads a file whose bytes are these; the arena, which closes with it, is for copies.
  PytorchFile(Path path, MemorySegment bytes, Arena arena) {
    this.source = new Source(path);
    this.bytes = bytes;
    this.arena = arena;
    read(Checkpoint.read(source, bytes));
  }

  /// Opens a file.
  ///
  /// @throws IOException if it cannot be read
  /// @throws ModelFormatException if it is not a whole file of `torch.save`, or holds anything but
  ///   a dict of tensors
  @SuppressWarnings("MustBeClosedChecker") // close() does
  public static PytorchFile open(Path path) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new PytorchFile(path, bytes, arena);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /// The file.
  public Path path() {
    return source.path();
  }

  /// All tensors, in the order of the dict.
  public List<Entry> tensors() {
    return List.copyOf(tensors);
  }

  /// The bytes of a tensor, row-major without gaps, borrowed until this file is closed.
  ///
  /// @throws ModelFormatException if it must be copied and repeats its elements many times
  public MemorySegment data(Entry tensor) {
    MemorySegment place = bytes.asSlice(tensor.from());
    boolean isAligned = place.address() % tensor.elementBytes() == 0;
    return tensor.size() == 0 || (isAligned && tensor.isContiguous())
        ? place.asSlice(0, tensor.size())
        : copy(tensor);
  }

  /// The size of the file when it was opened.
  public long sizeBytes() {
    return bytes.byteSize();
  }

  /// Ends all slices.
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  // ---- from the pickle ----

  private void read(Checkpoint checkpoint) {
    if (!(checkpoint.root() instanceof Table table)) {
      throw source.wrong(
          "holds %s, expected is a dict of tensors; save model.state_dict()"
              .formatted(checkpoint.root().kind()));
    }
    table
        .values()
        .forEach((name, value) -> {
          if (value instanceof Tensor tensor) {
            tensors.add(entry(name, tensor, checkpoint.storages()));
          }
        });
    if (tensors.isEmpty()) {
      throw source.wrong(
          "holds a dict without tensors (its keys are %s); save model.state_dict() itself"
              .formatted(table.values().keySet().stream().limit(5).toList()));
    }
  }

  private Entry entry(String name, Tensor tensor, Map<String, Extent> storages) {
    int elementBytes = tensor.storage().type().bytes();
    Extent storage = storages.get(tensor.storage().key());
    if (storage == null) {
      throw source.damaged("lacks the storage %s of %s".formatted(tensor.storage().key(), name));
    }
    if (tensor.storage().elements() > storage.size() / elementBytes) {
      throw source.damaged(
          "has %d bytes of the storage of %s, expected are %d elements of %d"
              .formatted(storage.size(), name, tensor.storage().elements(), elementBytes));
    }
    List<Long> strides = new ArrayList<>();
    for (int i = 0; i < tensor.shape().size(); i++) {
      boolean used = tensor.shape().get(i) > 1 && !tensor.shape().contains(0L);
      strides.add(used ? tensor.strides().get(i) * elementBytes : elementBytes);
    }
    return new Entry(
        name,
        tensor.storage().type().name(),
        tensor.shape(),
        strides,
        storage.from() + tensor.offset() * elementBytes,
        sizeBytes(name, tensor.shape(), elementBytes));
  }

  private long sizeBytes(String name, List<Long> shape, int elementBytes) {
    try {
      long size = elementBytes;
      for (long dimension : shape) {
        size = Math.multiplyExact(size, dimension);
      }
      return size;
    } catch (ArithmeticException e) {
      throw source.damaged("has %s with more elements than there can be".formatted(name));
    }
  }

  // ---- copies ----

  private synchronized MemorySegment copy(Entry tensor) {
    MemorySegment made = copies.get(tensor.unnamed());
    if (made != null) {
      return made;
    }
    if (tensor.size() > 2 * bytes.byteSize() - copiedBytes) {
      throw source.wrong(
          "has %s as %s with strides %s, whose copy of %d bytes is larger than the file; save it contiguous"
              .formatted(tensor.name(), tensor.shape(), tensor.strides(), tensor.size()));
    }
    copiedBytes += tensor.size();
    MemorySegment copy = arena.allocate(tensor.size(), Long.BYTES);
    if (tensor.isContiguous()) {
      MemorySegment.copy(bytes, tensor.from(), copy, 0, tensor.size());
    } else {
      copy(tensor, 0, tensor.from(), copy, 0);
    }
    copies.put(tensor.unnamed(), copy);
    return copy;
  }

  /// Copies what lies at `from` along the dimensions from this one on; returns the end in the copy.
  private long copy(Entry tensor, int dimension, long from, MemorySegment to, long at) {
    if (dimension == tensor.shape().size()) {
      MemorySegment.copy(bytes, from, to, at, tensor.elementBytes());
      return at + tensor.elementBytes();
    }
    long end = at;
    for (long i = 0; i < tensor.shape().get(dimension); i++) {
      end = copy(tensor, dimension + 1, from + i * tensor.strides().get(dimension), to, end);
    }
    return end;
  }
}
