package dev.kawi.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The folder of what is Kawi's own on a machine: the list of runs, the history of chats. Models
/// lie where the tools of their hubs keep them, and never here.
///
/// It is the folder that the variable `KAWI_HOME` names, or else the usual place of the platform:
///
/// | platform | folder |
/// |---|---|
/// | Linux and others | `$XDG_DATA_HOME/kawi`, or `~/.local/share/kawi` |
/// | macOS | `~/Library/Application Support/kawi` |
/// | Windows | `%LOCALAPPDATA%\kawi`, or `~\AppData\Local\kawi` |
///
/// The system property `kawi.home` goes before all, for programs that Kawi is a part of, and for
/// tests. Nothing is made before it is needed; folders that are made here can be read by their
/// owner alone.
///
/// @param folder absolute; may not be there yet
public record KawiHome(Path folder) {

  /// Makes the path absolute.
  public KawiHome {
    folder = folder.toAbsolutePath().normalize();
  }

  /// The home of this process.
  ///
  /// @throws IOException if neither the variables nor the system name a place
  public static KawiHome fromEnvironment() throws IOException {
    String set = System.getProperty("kawi.home", "");
    if (!set.isBlank()) {
      return new KawiHome(Path.of(set));
    }
    return from(
        System::getenv, System.getProperty("os.name", ""), System.getProperty("user.home", ""));
  }

  /// The home of a user with these variables.
  static KawiHome from(UnaryOperator<@Nullable String> environment, String os, String userHome)
      throws IOException {
    Optional<Path> named = variable(environment, "KAWI_HOME");
    if (named.isPresent()) {
      return new KawiHome(named.get());
    }
    String system = os.toLowerCase(Locale.ROOT);
    Optional<Path> data =
        system.startsWith("windows")
            ? variable(environment, "LOCALAPPDATA")
            : system.startsWith("mac") ? Optional.empty() : variable(environment, "XDG_DATA_HOME");
    if (data.isPresent() && data.get().isAbsolute()) {
      return new KawiHome(data.get().resolve("kawi"));
    }
    Path user = Path.of(userHome);
    if (!user.isAbsolute()) {
      throw new IOException(
          "cannot find Kawi's home: the system names no home folder of the user, found '%s'; set KAWI_HOME to a folder"
              .formatted(userHome));
    }
    String usual =
        system.startsWith("windows")
            ? "AppData/Local"
            : system.startsWith("mac") ? "Library/Application Support" : ".local/share";
    return new KawiHome(user.resolve(usual).resolve("kawi"));
  }

  private static Optional<Path> variable(UnaryOperator<@Nullable String> environment, String name) {
    return Optional.ofNullable(environment.apply(name))
        .map(String::strip)
        .filter(value -> !value.isEmpty())
        .map(Path::of);
  }

  /// A folder of the home, which is made if it is missing, with those above it.
  ///
  /// @param name relative to the home
  /// @throws IOException if it cannot be made, with the cure in its message
  public Path folder(String name) throws IOException {
    Path wanted = existing();
    for (Path part : Path.of(name)) {
      wanted = wanted.resolve(part);
      makePrivate(wanted);
    }
    return wanted;
  }

  /// The home, which is made if it is missing.
  ///
  /// @throws IOException if it cannot be made, with the cure in its message
  public Path existing() throws IOException {
    makePrivate(folder);
    return folder;
  }

  private void makePrivate(Path wanted) throws IOException {
    if (Files.isDirectory(wanted)) {
      return;
    }
    try {
      Files.createDirectories(wanted.getParent());
      Files.createDirectory(wanted, ownerOnly(wanted));
    } catch (IOException e) {
      if (!Files.isDirectory(wanted)) { // another process was not faster
        throw new IOException(
            "cannot make the folder %s in Kawi's home (%s); set KAWI_HOME to a folder that you may write to"
                .formatted(wanted, reason(e)),
            e);
      }
    }
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  private static FileAttribute<?>[] ownerOnly(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        }
        : new FileAttribute<?>[0];
  }
}
