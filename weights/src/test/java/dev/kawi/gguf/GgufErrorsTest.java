package dev.kawi.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files are put together by hand, so that each breaks one promise of the format.
class GgufErrorsTest {
  private static final int U32 = 4;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int U64 = 10;

  @TempDir Path folder;

  @Test
  void cutFile_namesTensorAndBytes() throws IOException {
    Path file = SampleFiles.write(folder.resolve("model.gguf"));
    byte[] whole = Files.readAllBytes(file);
    long end;
    try (GgufFile gguf = GgufFile.open(file)) {
      TensorInfo last = gguf.tensor("output_norm.weight").orElseThrow();
      end = last.offset() + last.bytes();
    }
    assertError(
        "says that output_norm.weight (F32 [32]) ends at byte %d, the file has %d; is the download complete?"
            .formatted(end, end - 1),
        Arrays.copyOf(whole, (int) end - 1));
  }

  @Test
  void cutHeader_namesWhatIsMissing() {
    assertError("is empty; is the download complete?", new byte[0]);
    assertError(
        "ends at byte 20, in the middle of its header, where the number of metadata pairs should"
            + " be; is the download complete?",
        Arrays.copyOf(bytes().header(3, 0, 0).get(), 20));
  }

  @Test
  void otherFiles_areRecognised() {
    assertError("is a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n");
    assertError("is a web page", "<!DOCTYPE html><html>");
    assertError("is a zip archive", "PK\u0003\u0004....");
    assertError("is a GGML file from before GGUF", "tjgg\u0003\0\0\0");
    assertError("begins with the bytes 68656c6c, expected 47475546", "hello");
    assertError("is a big-endian file", bytes().text("GGUF").i32(0x03000000).get());
    assertError("has version 1 (before August 2023)", bytes().text("GGUF").i32(1).get());
    assertError("has version 4000000000", bytes().text("GGUF").i32((int) 4000000000L).get());
  }

  @Test
  void hostileCounts_areRefusedBeforeMemoryIsTaken() {
    assertError("announces 1152921504606846976 tensors", bytes().header(3, 1L << 60, 0).get());
    assertError("announces 18446744073709551615 metadata pairs", bytes().header(3, 0, -1).get());
    assertError(
        "says that the name of metadata pair 1 of 1 is 1152921504606846976 bytes long",
        bytes().header(3, 0, 1).i64(1L << 60).zeros(64).get());
    assertError(
        "says that metadata \"a\" has 1152921504606846976 elements (U32)",
        bytes().header(3, 0, 1).string("a").i32(ARRAY).i32(U32).i64(1L << 60).zeros(8).get());
    assertError(
        "says that metadata \"a\" is 18446744073709551615; Kawi holds numbers below 2^63",
        bytes().header(3, 0, 1).string("a").i32(U64).i64(-1).get());
  }

  @Test
  void nestedArrays_haveALimit() {
    Bytes deep = bytes().header(3, 0, 1).string("a").i32(ARRAY);
    for (int i = 0; i < 100_000; i++) {
      deep.i32(ARRAY).i64(1);
    }
    assertError("nests the arrays of metadata \"a\" deeper than 8", deep.get());
  }

  @Test
  void duplicates_areRefused() {
    assertError(
        "has the metadata key \"a\" twice",
        bytes().header(3, 0, 2).string("a").i32(U32).i32(1).string("a").i32(U32).i32(1).get());
    assertError(
        "has the tensor t twice",
        bytes().header(3, 2, 0).tensor("t", 0, 0, 8).tensor("t", 0, 32, 8).zeros(96).get());
  }

  @Test
  void impossibleShapes_areRefused() {
    assertError("has 0 dimensions", bytes().header(3, 1, 0).tensor("t", 0, 0).zeros(64).get());
    assertError("has 5 dimensions", bytes().header(3, 1, 0).tensor("t", 0, 0, 1, 1, 1, 1, 1).get());
    assertError(
        "the sizes [8, 0] (innermost first)",
        bytes().header(3, 1, 0).tensor("t", 0, 0, 8, 0).zeros(64).get());
    assertError(
        "and so must the number of rows",
        bytes().header(3, 1, 0).tensor("t", 0, 0, 8, 1 << 30, 1 << 30).zeros(64).get());
    assertError(
        "says that t is Q8_0 of shape [2, 48], but a row of Q8_0 is a whole number of blocks of 32",
        bytes().header(3, 1, 0).tensor("t", 8, 0, 48, 2).zeros(999).get());
    assertError(
        "says that t (F32 [2147483647, 2147483647]) ends at byte",
        bytes().header(3, 1, 0).tensor("t", 0, 0, 0x7FFFFFFF, 0x7FFFFFFF).zeros(64).get());
  }

  @Test
  void overlappingAndMisalignedTensors_areRefused() {
    assertError(
        "says that b begins at byte 128, inside a, which begins at 96 and ends at 160",
        bytes().header(3, 2, 0).tensor("a", 0, 0, 16).tensor("b", 0, 32, 8).zeros(160).get());
    assertError(
        "says that t begins at byte 4 of the data; it must be a multiple of 32",
        bytes().header(3, 1, 0).tensor("t", 0, 4, 8).zeros(160).get());
    assertError(
        "has general.alignment 24; it must be a power of two",
        bytes().header(3, 0, 1).string("general.alignment").i32(U32).i32(24).get());
    assertError(
        "general.alignment must be a whole number",
        bytes().header(3, 0, 1).string("general.alignment").i32(STRING).string("x").get());
  }

  @Test
  void unreadableType_isNamedWhenItsDataAreAskedFor() {
    byte[] file =
        bytes().header(3, 2, 0).tensor("x", 16, 0, 256).tensor("y", 99, 96, 7).zeros(300).get();
    GgufFile gguf = GgufFile.of(MemorySegment.ofArray(file), "model.gguf");
    TensorInfo x = gguf.tensor("x").orElseThrow();
    TensorInfo y = gguf.tensor("y").orElseThrow();
    assertFalse(x.readable());
    assertEquals(66, x.bytes());
    assertTrue(y.storedBytes().isEmpty());
    String message = assertThrows(ModelFormatException.class, () -> gguf.data(x)).getMessage();
    assertTrue(message.startsWith("gguf: x is stored as IQ2_XXS, which Kawi cannot read"), message);
    message = assertThrows(ModelFormatException.class, () -> gguf.data(y)).getMessage();
    assertTrue(message.startsWith("gguf: y is stored as type number 99,"), message);
  }

  @Test
  void missingFile_isAnIoError() {
    var error =
        assertThrows(NoSuchFileException.class, () -> GgufFile.open(folder.resolve("absent.gguf")));
    assertTrue(error.getMessage().contains("no such file"));
    String message = assertThrows(IOException.class, () -> GgufFile.open(folder)).getMessage();
    assertTrue(message.contains("is a folder"));
  }

  @Test
  void writer_refusesWhatCannotBeRead() {
    GgufWriter writer = new GgufWriter(Metadata.builder().build());
    float[] values = new float[64];
    writer.add("t", StorageType.F32, List.of(64L), values);
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.add("t", StorageType.F32, List.of(64L), values));
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.add("u", StorageType.Q8_0, List.of(4L, 16L), values));
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.add("u", StorageType.Q6_K, List.of(256L), new float[256]));
    assertThrows(IllegalArgumentException.class, () -> writer.version(1));
  }

  private static void assertError(String expected, String file) {
    assertError(expected, file.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void assertError(String expected, byte[] file) {
    var error =
        assertThrows(
            ModelFormatException.class,
            () -> GgufFile.of(MemorySegment.ofArray(file), "model.gguf"));
    assertTrue(error.getMessage().contains(expected), error.getMessage());
  }

  private static Bytes bytes() {
    return new Bytes();
  }

  /// A file in the making.
  private static final class Bytes {
    private final ByteBuffer buffer = ByteBuffer.allocate(2 << 20).order(ByteOrder.LITTLE_ENDIAN);

    Bytes header(int version, long tensors, long pairs) {
      return text("GGUF").i32(version).i64(tensors).i64(pairs);
    }

    Bytes tensor(String name, int type, long offset, long... innermostFirst) {
      string(name).i32(innermostFirst.length);
      for (long size : innermostFirst) {
        i64(size);
      }
      return i32(type).i64(offset);
    }

    Bytes string(String text) {
      return i64(text.length()).text(text);
    }

    Bytes text(String text) {
      buffer.put(text.getBytes(StandardCharsets.UTF_8));
      return this;
    }

    Bytes i32(int value) {
      buffer.putInt(value);
      return this;
    }

    Bytes i64(long value) {
      buffer.putLong(value);
      return this;
    }

    Bytes zeros(int count) {
      buffer.put(new byte[count]);
      return this;
    }

    byte[] get() {
      return Arrays.copyOf(buffer.array(), buffer.position());
    }
  }
}
