package dev.kawi.run;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/// Tells whether an input is still the one that a run began with.
public final class InputHash {
  private static final int BLOCK = 1 << 20;

  private InputHash() {}

  /// The SHA-256 of a file; of a folder that of the names and hashes of its files.
  public static String of(Path input) throws IOException {
    MessageDigest digest = sha256();
    if (Files.isDirectory(input)) {
      try (Stream<Path> walk = Files.walk(input)) {
        List<Path> files = walk.filter(Files::isRegularFile).sorted().toList();
        for (Path file : files) {
          String name = input.relativize(file).toString().replace('\\', '/');
          digest.update((name + "\n" + of(file) + "\n").getBytes(StandardCharsets.UTF_8));
        }
      }
    } else {
      try (InputStream in = Files.newInputStream(input)) {
        byte[] block = new byte[BLOCK];
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
          digest.update(block, 0, n);
        }
      }
    }
    return "sha256:" + HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Bug: a JDK without SHA-256", e);
    }
  }
}
