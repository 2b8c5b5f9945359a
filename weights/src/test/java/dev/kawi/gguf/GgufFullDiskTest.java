package dev.kawi.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class GgufFullDiskTest {
  /// What the operating system says, without the name of a file.
  private static final class FullDisk implements WritableByteChannel {
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      throw new IOException("No space left on device");
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  @Test
  void fullDisk_isAnErrorWithTheNameOfTheFile() {
    Metadata metadata = Metadata.builder().string("general.architecture", "llama").build();
    IOException e =
        assertThrows(
            IOException.class,
            () -> GgufOutput.write(new FullDisk(), Path.of("model.gguf"), 3, metadata, List.of()));
    assertEquals("gguf: cannot write model.gguf: No space left on device", e.getMessage());
  }
}
