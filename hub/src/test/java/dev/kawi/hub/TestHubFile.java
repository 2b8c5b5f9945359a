package dev.kawi.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// A file in a repository of a [TestHub] and what the hubs say of it. A large one is kept with Git
/// LFS: Git itself has only a pointer, and the bytes are in the storage.
final class TestHubFile {
  private final byte[] content;
  private final boolean large;
  private final String sha256;
  private final String blob;
  private final String xetHash;
  private volatile boolean wrongChecksum;
  private volatile boolean pointerOnly;

  TestHubFile(byte[] content, boolean large) {
    this.content = content.clone();
    this.large = large;
    this.sha256 = hex("SHA-256", content);
    this.blob = blob(large ? pointer() : content);
    this.xetHash = hex("SHA-256", sha256.getBytes(StandardCharsets.UTF_8));
  }

  private static String blob(byte[] bytes) {
    return hex("SHA-1", ("blob " + bytes.length + "\0").getBytes(StandardCharsets.UTF_8), bytes);
  }

  /// The digest of these bytes in hexadecimal.
  static String hex(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      for (byte[] part : parts) {
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Bug: every Java has " + algorithm, e);
    }
  }

  /// The bytes that the hub should give; not to be changed.
  byte[] content() {
    return content;
  }

  int size() {
    return content.length;
  }

  boolean isLarge() {
    return large;
  }

  /// The SHA-256 that the hubs tell.
  String sha256() {
    return told(sha256);
  }

  /// The id of the Git blob that the hubs tell: of the content, or of the pointer to a large one.
  String blob() {
    return large ? blob : told(blob);
  }

  /// 64 hexadecimal digits that name a large file in the storage and are no digest of its content.
  String xetHash() {
    return xetHash;
  }

  /// What Git has instead of a large content.
  byte[] pointer() {
    String text =
        "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
            .formatted(sha256, content.length);
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private String told(String digest) {
    return wrongChecksum ? (digest.startsWith("0") ? "1" : "0") + digest.substring(1) : digest;
  }

  void tellWrongChecksum() {
    wrongChecksum = true;
  }

  void givePointerOnly() {
    pointerOnly = true;
  }

  boolean isPointerOnly() {
    return pointerOnly;
  }
}
