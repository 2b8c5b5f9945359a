package dev.kawi.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFileTest {
  private static final String GOOD =
      "{\"__metadata__\":{\"format\":\"pt\"},"
          + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
          + "\"b\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[16,22]},"
          + "\"c\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[22,30]}}";

  /// They refuse an address that is no multiple of their size.
  private static final ValueLayout.OfInt LITTLE_ENDIAN_INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfShort LITTLE_ENDIAN_SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

  @TempDir private Path folder;

  private Path write(String header, int dataBytes) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    for (int i = 0; i < dataBytes; i++) {
      bytes.put((byte) i);
    }
    Path file = folder.resolve("x.safetensors");
    Files.write(file, bytes.array());
    return file;
  }

  @Test
  void tensors_areSlicesOfTheFile() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(write(GOOD, 30))) {
      assertEquals(
          List.of("a", "b", "c"),
          file.tensors().stream().map(SafetensorsFile.Entry::name).toList());
      SafetensorsFile.Entry b = file.tensors().get(1);
      assertEquals(Optional.of(StorageType.BF16), b.type());
      assertEquals(List.of(3L), b.shape());
      assertEquals(16, file.data(b).get(ValueLayout.JAVA_BYTE, 0));
      assertEquals(Optional.empty(), file.tensors().get(2).type());
    }
  }

  @Test
  void tensorsBehindAHeaderWithoutPadding_canBeRead() throws IOException {
    String header = GOOD;
    while (header.length() % 4 != 1) {
      header += " ";
    }
    try (SafetensorsFile file = SafetensorsFile.open(write(header, 30))) {
      MemorySegment a = file.data(file.tensors().get(0));
      assertEquals(0x07060504, a.get(LITTLE_ENDIAN_INT, 4));
      MemorySegment b = file.data(file.tensors().get(1));
      assertEquals(0x1312, b.get(LITTLE_ENDIAN_SHORT, 2));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{\"a\":1}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,17]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[16,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[100,116]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2,-2],\"data_offsets\":[0,16]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.5],\"data_offsets\":[0,10]}}",
        "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,16]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0]}}",
      })
  void headerThatCannotBe_isRefused(String header) throws IOException {
    Path file = write(header, 30);
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> SafetensorsFile.open(file));
    assertTrue(e.getMessage().startsWith("safetensors: " + file), e.getMessage());
  }

  @Test
  void mutatedFiles_areReadOrRefused() throws IOException {
    byte[] good = Files.readAllBytes(write(GOOD, 30));
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 3000; i++) {
      byte[] bad = good.clone();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt();
      }
      int length = random.nextInt(4) == 0 ? random.nextInt(bad.length) : bad.length;
      Path file = folder.resolve("bad.safetensors");
      Files.write(file, java.util.Arrays.copyOf(bad, length));
      try (SafetensorsFile opened = SafetensorsFile.open(file)) {
        opened
            .tensors()
            .forEach(tensor -> assertEquals(tensor.size(), opened.data(tensor).byteSize()));
      } catch (ModelFormatException e) {
        assertTrue(e.getMessage().contains("safetensors"), e.getMessage());
      }
    }
  }
}
