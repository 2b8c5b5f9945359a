package dev.kawi.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// Writes one GGUF file beside its place and renames it. The header is put together in memory,
/// tensors go straight to the channel.
final class GgufOutput {
  private static final long CHUNK_BYTES = 64L << 20;
  private static final int MAX_ALIGNMENT = 1 << 20;

  private final ByteArrayOutputStream header = new ByteArrayOutputStream();
  private final Path path;
  private final int alignment;

  private GgufOutput(Path path, int alignment) {
    this.path = path;
    this.alignment = alignment;
  }

  static void write(Path path, int version, Metadata metadata, List<GgufWriter.Pending> tensors)
      throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new IOException("gguf: " + path + " cannot be written: its folder does not exist");
    }
    // Not createTempFile, whose files nobody else may read: the model would keep that.
    String unique = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path beside = Files.createFile(folder.resolve(path.getFileName() + "." + unique + ".part"));
    try {
      try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
        write(channel, path, version, metadata, tensors);
        channel.force(true);
      }
      rename(beside, path);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  private static void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException _) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static int alignment(Metadata metadata) {
    int alignment = metadata.integer(GgufParser.ALIGNMENT_KEY).orElse(GgufParser.DEFAULT_ALIGNMENT);
    if (alignment < 8 || alignment > MAX_ALIGNMENT || Integer.bitCount(alignment) != 1) {
      throw new IllegalArgumentException(
          "gguf: %s must be a power of two from 8 to %d, found %d"
              .formatted(GgufParser.ALIGNMENT_KEY, MAX_ALIGNMENT, alignment));
    }
    return alignment;
  }

  /// Writes to a channel that stands for the file at `path`.
  static void write(
      WritableByteChannel channel,
      Path path,
      int version,
      Metadata metadata,
      List<GgufWriter.Pending> tensors)
      throws IOException {
    new GgufOutput(path, alignment(metadata)).write(channel, version, metadata, tensors);
  }

  private void write(
      WritableByteChannel channel, int version, Metadata metadata, List<GgufWriter.Pending> tensors)
      throws IOException {
    header.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    i32(version);
    i64(tensors.size());
    i64(metadata.asMap().size());
    metadata.asMap().forEach((key, value) -> pair(key, metadata.typeOf(key).orElseThrow(), value));
    long offset = 0;
    for (GgufWriter.Pending tensor : tensors) {
      info(tensor, offset);
      offset = aligned(offset + tensor.bytes());
    }
    pad();
    writeFully(channel, ByteBuffer.wrap(header.toByteArray()));
    for (GgufWriter.Pending tensor : tensors) {
      data(channel, tensor);
    }
  }

  private void info(GgufWriter.Pending tensor, long offset) {
    string(tensor.name());
    i32(tensor.shape().size());
    tensor.shape().reversed().forEach(this::i64);
    i32(tensor.type().ggmlId());
    i64(offset);
  }

  private void data(WritableByteChannel channel, GgufWriter.Pending tensor) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = tensor.source().load(arena);
      if (bytes.byteSize() != tensor.bytes()) {
        throw new IllegalArgumentException(
            "gguf: %s (%s %s) takes %d bytes, its source gave %d"
                .formatted(
                    tensor.name(),
                    tensor.type(),
                    tensor.shape(),
                    tensor.bytes(),
                    bytes.byteSize()));
      }
      for (long at = 0; at < bytes.byteSize(); at += CHUNK_BYTES) {
        long size = Math.min(CHUNK_BYTES, bytes.byteSize() - at);
        writeFully(channel, bytes.asSlice(at, size).asByteBuffer());
      }
    }
    int padding = (int) (aligned(tensor.bytes()) - tensor.bytes());
    writeFully(channel, ByteBuffer.allocate(padding));
  }

  private void pair(String key, MetadataType type, Object value) {
    string(key);
    if (isArray(value)) {
      i32(MetadataType.ARRAY.id());
      array(type, value);
    } else {
      i32(type.id());
      scalar(type, value);
    }
  }

  private static boolean isArray(Object value) {
    return value.getClass().isArray() || value instanceof List;
  }

  private void scalar(MetadataType type, Object value) {
    switch (type) {
      case STRING -> string((String) value);
      case BOOL -> header.write((Boolean) value ? 1 : 0);
      case F32 -> i32(Float.floatToRawIntBits((Float) value));
      case F64 -> i64(Double.doubleToRawLongBits((Double) value));
      case U8, I8, U16, I16, U32, I32, U64, I64 -> number(type, ((Number) value).longValue());
      case ARRAY -> throw new AssertionError("Bug: an array is not a scalar");
    }
  }

  private void number(MetadataType type, long value) {
    for (int i = 0; i < type.minBytes(); i++) {
      header.write((int) (value >>> (8 * i)));
    }
  }

  private void array(MetadataType type, Object value) {
    i32(type.id());
    switch (value) {
      case List<?> list -> elements(type, list);
      case byte[] a -> {
        i64(a.length);
        header.writeBytes(a);
      }
      case boolean[] a -> {
        i64(a.length);
        for (boolean element : a) {
          header.write(element ? 1 : 0);
        }
      }
      default -> {
        int length = java.lang.reflect.Array.getLength(value);
        i64(length);
        for (int i = 0; i < length; i++) {
          scalar(type, java.lang.reflect.Array.get(value, i));
        }
      }
    }
  }

  private void elements(MetadataType type, List<?> list) {
    i64(list.size());
    for (Object element : list) {
      if (type == MetadataType.STRING) {
        string((String) element);
      } else {
        array(MetadataType.infer(element), element);
      }
    }
  }

  private void string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    i64(bytes.length);
    header.writeBytes(bytes);
  }

  private void i32(int value) {
    number(MetadataType.I32, value);
  }

  private void i64(long value) {
    number(MetadataType.I64, value);
  }

  private void pad() {
    while (header.size() % alignment != 0) {
      header.write(0);
    }
  }

  private long aligned(long offset) {
    return Math.ceilDiv(offset, alignment) * alignment;
  }

  private void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) { // a full disk does not say of which file it speaks
      throw new IOException("gguf: cannot write %s: %s".formatted(path, e.getMessage()), e);
    }
  }
}
