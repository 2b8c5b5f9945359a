package dev.kawi.hub;

import java.net.URI;
import java.util.Optional;

/// A file that a hub offers.
///
/// @param path its path in the repository, with `/`
/// @param size bytes
/// @param sha256 of its content, in hexadecimal, if the hub says it
/// @param gitSha1 its name in git (SHA-1 of a header and the content), if the hub says it
/// @param commit the one that changed it last, if the hub says it
/// @param url where its bytes are
public record RemoteFile(
    String path,
    long size,
    Optional<String> sha256,
    Optional<String> gitSha1,
    Optional<String> commit,
    URI url) {
  /// Checks the path, which ends up on disk.
  public RemoteFile {
    requireSafePath(path);
    if (size < 0) {
      throw new IllegalArgumentException("%s has %d bytes".formatted(path, size));
    }
  }

  /// The last part of the path.
  public String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /// What the content is known by; names it in the store.
  Optional<String> digest() {
    return sha256.or(() -> gitSha1);
  }

  /// Fails for a path that would lead out of the folder it is put into, or that not every system
  /// can hold.
  static void requireSafePath(String path) {
    boolean safe = !path.isEmpty() && path.length() <= 1000 && !path.startsWith("/");
    for (String part : path.split("/", -1)) {
      safe &= !part.isEmpty() && !part.equals(".") && !part.equals("..") && isPlain(part);
    }
    if (!safe) {
      throw new IllegalArgumentException(
          "the name of a file must be a plain path inside its repository, found '"
              + path.replaceAll("\\p{Cntrl}", "?")
              + "'");
    }
  }

  private static boolean isPlain(String part) {
    return part.chars().noneMatch(c -> c < 0x20 || c == 0x7F || "\\:*?\"<>|".indexOf(c) >= 0);
  }
}
