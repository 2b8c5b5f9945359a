package dev.kawi.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/// What pulls ask of the disk; tests put one in its place that is full.
interface Disk {
  /// The disk as it is.
  Disk REAL = new Disk() {};

  /// Bytes that are left where a folder is or, if it is not there yet, will be.
  default long free(Path folder) throws IOException {
    return Files.getFileStore(existing(folder)).getUsableSpace();
  }

  /// The nearest folder on the way to this one that is there.
  static Path existing(Path folder) {
    Path at = folder.toAbsolutePath();
    while (!Files.exists(at) && at.getParent() != null) {
      at = at.getParent();
    }
    return at;
  }

  /// Writes bytes to a place in a file and returns how many.
  default int write(FileChannel out, ByteBuffer bytes, long at) throws IOException {
    return out.write(bytes, at);
  }
}
