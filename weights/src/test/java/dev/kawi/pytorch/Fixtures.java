package dev.kawi.pytorch;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/// Files that PyTorch wrote; `make_fixtures.py` beside them says how.
final class Fixtures {
  private Fixtures() {}

  static byte[] bytes(String name) throws IOException {
    try (InputStream stream = Fixtures.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(stream, name).readAllBytes();
    }
  }
}
