package dev.kawi.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import picocli.CommandLine.Option;

/// Files that a user names to be written. What is there already is overwritten only when asked, and
/// an error has the name of the file.
final class NewFile {
  @Option(names = "--force", description = "Overwrite the file if there is one.")
  private boolean force;

  /// Whether a file that is there may be overwritten.
  enum Existing {
    KEEP,
    OVERWRITE
  }

  /// What the user chose.
  Existing existing() {
    return force ? Existing.OVERWRITE : Existing.KEEP;
  }

  /// Refuses a file that is there, before any work is done for it.
  void check(Path file) {
    check(file, existing());
  }

  /// Refuses a file that is there, unless it may be overwritten; a device or a pipe may always be.
  static void check(Path file, Existing existing) {
    if (Files.isDirectory(file)) {
      throw new CommandFailure(file + " is a folder, expected the name of a new file");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new CommandFailure("cannot write %s: its folder does not exist".formatted(file));
    }
    if (existing == Existing.KEEP && Files.isRegularFile(file)) {
      throw new CommandFailure(file + " is there already; choose another name, or add --force");
    }
  }

  /// Writes the text beside its place and renames it.
  void write(Path file, String text) throws IOException {
    write(file, text, existing());
  }

  /// Writes the bytes beside their place and renames the file.
  void write(Path file, byte[] bytes) throws IOException {
    write(file, bytes, existing());
  }

  /// Writes the text beside its place and renames it.
  static void write(Path file, String text, Existing existing) throws IOException {
    write(file, text.getBytes(StandardCharsets.UTF_8), existing);
  }

  private static void write(Path file, byte[] bytes, Existing existing) throws IOException {
    check(file, existing);
    boolean special = Files.exists(file) && !Files.isRegularFile(file);
    Path beside = special ? file : file.resolveSibling(file.getFileName() + ".kawi-part");
    try {
      Files.write(beside, bytes);
      if (!special) {
        Files.move(
            beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      if (!special) {
        Files.deleteIfExists(beside);
      }
      throw failed(file, e);
    }
  }

  /// The error with the name of the file, which that of a full disk lacks.
  static IOException failed(Path file, IOException e) {
    boolean named = e instanceof FileSystemException;
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return named ? e : new IOException("cannot write %s: %s".formatted(file, reason), e);
  }
}
