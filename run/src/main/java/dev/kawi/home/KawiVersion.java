package dev.kawi.home;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// The version that the build wrote beside this class.
public final class KawiVersion {
  private KawiVersion() {}

  /// The version, such as `0.1.0`.
  public static String number() {
    try (InputStream in = KawiVersion.class.getResourceAsStream("version.properties")) {
      if (in == null) {
        throw new IllegalStateException("Bug: version.properties is not beside KawiVersion.class");
      }
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
