package dev.kawi.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufRoundTripTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Access.class)
  void tensors_comeBackAsTheyWereWritten(Access access) throws IOException {
    Path file = folder.resolve("model.gguf");
    float[] values = SampleFiles.floats(3 * 64);
    new GgufWriter(Metadata.builder().string("general.architecture", "llama").build())
        .add("a.weight", StorageType.F32, List.of(3L, 64L), values)
        .add("b.weight", StorageType.Q8_0, List.of(3L, 64L), values)
        .add("c.weight", StorageType.F16, List.of(2L, 3L, 32L), values)
        .write(file);
    try (GgufFile gguf = GgufFile.open(file, access)) {
      assertEquals(List.of("a.weight", "b.weight", "c.weight"), names(gguf));
      TensorInfo a = gguf.tensor("a.weight").orElseThrow();
      assertEquals(List.of(3L, 64L), a.shape());
      assertArrayEquals(values, gguf.data(a).toArray(ValueLayout.JAVA_FLOAT));
      TensorInfo b = gguf.tensor("b.weight").orElseThrow();
      assertEquals(StorageType.Q8_0, b.type());
      assertEquals(3 * 2 * 34, gguf.data(b).byteSize());
      TensorInfo c = gguf.tensor("c.weight").orElseThrow();
      assertEquals(6, c.rows());
      assertEquals(32, c.cols());
      assertEquals(0, c.offset() % 32);
      assertEquals(Files.size(file), gguf.sizeBytes());
    }
    assertEquals(1, folder.toFile().list().length, "no temporary file is left");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void metadata_ofEveryType_comesBackWithItsType(int version) throws IOException {
    Path file = folder.resolve("all.gguf");
    Metadata written = SampleFiles.everyMetadataType();
    new GgufWriter(written).version(version).write(file);
    try (GgufFile gguf = GgufFile.open(file)) {
      Metadata read = gguf.metadata();
      assertEquals(version, gguf.version());
      assertEquals(List.copyOf(written.asMap().keySet()), List.copyOf(read.asMap().keySet()));
      written
          .asMap()
          .forEach((key, value) -> {
            assertEquals(written.typeOf(key), read.typeOf(key), key);
            assertTrue(Objects.deepEquals(plain(value), plain(read.asMap().get(key))), key);
          });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 32, 64, 4096})
  void alignment_isObeyed(int alignment) throws IOException {
    Path file = folder.resolve("aligned.gguf");
    new GgufWriter(Metadata.builder().u32("general.alignment", alignment).build())
        .add("odd", StorageType.F16, List.of(3L), SampleFiles.floats(3))
        .add("next", StorageType.F32, List.of(1L), SampleFiles.floats(1))
        .write(file);
    try (GgufFile gguf = GgufFile.open(file)) {
      assertEquals(alignment, gguf.alignment());
      gguf.tensors().forEach(tensor -> assertEquals(0, tensor.offset() % alignment));
      assertEquals(
          SampleFiles.floats(1)[0],
          gguf.data(gguf.tensor("next").orElseThrow()).get(ValueLayout.JAVA_FLOAT, 0));
    }
  }

  @Test
  void data_afterClose_namesTheFile() throws IOException {
    Path file = SampleFiles.write(folder.resolve("closed.gguf"));
    GgufFile gguf = GgufFile.open(file);
    TensorInfo tensor = gguf.tensors().getFirst();
    MemorySegment slice = gguf.data(tensor);
    gguf.close();
    gguf.close();
    var error = assertThrows(IllegalStateException.class, () -> gguf.data(tensor));
    assertEquals("gguf: " + file + " is closed; open it again to use it", error.getMessage());
    assertFalse(slice.scope().isAlive());
  }

  @Test
  void checkUnchanged_afterTheFileWasCut_givesBothSizes() throws IOException {
    Path file = SampleFiles.write(folder.resolve("cut.gguf"));
    long size = Files.size(file);
    try (GgufFile gguf = GgufFile.open(file)) {
      gguf.checkUnchanged();
      try (var channel =
          java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
        channel.truncate(size - 1);
      }
      var error = assertThrows(ModelFormatException.class, gguf::checkUnchanged);
      assertTrue(
          error
              .getMessage()
              .contains(
                  "had %d bytes when it was opened and has %d now".formatted(size, size - 1)));
    }
  }

  @Test
  void failingSource_leavesTheOldFile() throws IOException {
    Path file = folder.resolve("model.gguf");
    Files.writeString(file, "old");
    GgufWriter writer =
        new GgufWriter(Metadata.builder().build())
            .add("a", StorageType.F32, List.of(4L), MemorySegment.ofArray(new byte[15]));
    var error = assertThrows(IllegalArgumentException.class, () -> writer.write(file));
    assertEquals("gguf: a (F32 [4]) takes 16 bytes, its source gave 15", error.getMessage());
    assertEquals("old", Files.readString(file));
    assertEquals(1, folder.toFile().list().length);
  }

  private static @Nullable Object plain(@Nullable Object value) {
    return value instanceof List<?> list ? list.toArray() : value;
  }

  private static List<String> names(GgufFile gguf) {
    return gguf.tensors().stream().map(TensorInfo::name).toList();
  }
}
