package dev.kawi.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/// One file of a model: its bytes, its header and, while it is mapped, its channel.
record GgufPart(
    Path path,
    MemorySegment bytes,
    GgufParser.Header header,
    Optional<FileChannel> channel,
    Optional<Arena> arena) {
  /// Also the size of the temporary native buffers; a `ByteBuffer` holds less than 2 GiB.
  private static final long CHUNK_BYTES = 64L << 20;

  private static final int ALIGNMENT = 64;

  /// A file whose bytes belong to someone else.
  static GgufPart borrowed(Path path, MemorySegment bytes) {
    GgufParser.Header header = GgufParser.parse(bytes, path.toString(), 0);
    return new GgufPart(path, bytes, header, Optional.empty(), Optional.empty());
  }

  @SuppressWarnings("MustBeClosedChecker") // close() does
  static GgufPart open(Path path, Access access, int part) throws IOException {
    requireFile(path);
    Arena arena = Arena.ofShared();
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      MemorySegment bytes =
          switch (access) {
            case MAP -> channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            case READ -> read(path, channel, arena);
          };
      GgufParser.Header header = GgufParser.parse(bytes, path.toString(), part);
      if (access == Access.READ) {
        channel.close();
        return new GgufPart(path, bytes, header, Optional.empty(), Optional.of(arena));
      }
      return new GgufPart(path, bytes, header, Optional.of(channel), Optional.of(arena));
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      arena.close();
      throw e;
    }
  }

  void checkUnchanged() {
    if (channel.isEmpty()) {
      return;
    }
    long size;
    try {
      size = channel.get().size();
    } catch (IOException e) {
      throw new ModelFormatException("gguf: the size of " + path + " cannot be read any more", e);
    }
    if (size != bytes.byteSize()) {
      throw new ModelFormatException(
          "gguf: %s had %d bytes when it was opened and has %d now; open it again when it is complete"
              .formatted(path, bytes.byteSize(), size));
    }
  }

  void close() {
    arena.filter(open -> open.scope().isAlive()).ifPresent(Arena::close);
    channel.ifPresent(GgufPart::closeReadOnly);
  }

  /// Nothing was written through the channel, so nothing can be lost when closing it fails.
  private static void closeReadOnly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      System.getLogger(GgufPart.class.getName())
          .log(System.Logger.Level.WARNING, "gguf: a model file could not be closed", e);
    }
  }

  private static void requireFile(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new IOException("gguf: " + path + " is a folder; name the .gguf file in it");
    }
    if (!Files.exists(path)) {
      throw new java.nio.file.NoSuchFileException(
          path.toString(), null, "gguf: no such file; is the path right?");
    }
    if (!Files.isReadable(path)) {
      throw new IOException("gguf: " + path + " may not be read by this user");
    }
  }

  private static MemorySegment read(Path path, FileChannel channel, Arena arena)
      throws IOException {
    long size = channel.size();
    MemorySegment bytes = allocate(path, size, arena);
    long done = 0;
    while (done < size) {
      ByteBuffer chunk = bytes.asSlice(done, Math.min(CHUNK_BYTES, size - done)).asByteBuffer();
      int read = channel.read(chunk);
      if (read < 0) {
        throw new ModelFormatException(
            "gguf: %s was cut from %d to %d bytes while it was read".formatted(path, size, done));
      }
      done += read;
    }
    return bytes;
  }

  private static MemorySegment allocate(Path path, long size, Arena arena) throws IOException {
    try {
      return arena.allocate(Math.max(size, 1), ALIGNMENT).asSlice(0, size);
    } catch (OutOfMemoryError e) {
      throw new IOException(
          "gguf: reading %s takes %d bytes outside the heap, which this JVM may not use; map the file, or raise -XX:MaxDirectMemorySize"
              .formatted(path, size),
          e);
    }
  }
}
