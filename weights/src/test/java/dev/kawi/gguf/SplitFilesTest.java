package dev.kawi.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitFilesTest {
  @TempDir Path folder;

  @Test
  void anyPart_opensTheWholeModel() throws IOException {
    List<Path> files = split(new GgufWriter.Split.ByTensors(2));
    assertEquals(
        List.of("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"),
        files.stream().map(file -> file.getFileName().toString()).toList());
    for (Path file : files) {
      try (GgufFile gguf = GgufFile.open(file)) {
        assertEquals(files, gguf.paths());
        assertEquals("llama", gguf.metadata().string("general.architecture").orElseThrow());
        assertEquals(5, gguf.tensors().size());
        for (int i = 0; i < 5; i++) {
          TensorInfo tensor = gguf.tensor("t" + i).orElseThrow();
          assertEquals(i / 2, tensor.part());
          assertArrayEquals(values(i), gguf.data(tensor).toArray(ValueLayout.JAVA_FLOAT));
        }
      }
    }
  }

  @Test
  void splitByBytes_fillsEachFile() throws IOException {
    List<Path> files = split(new GgufWriter.Split.ByBytes(3 * 40 - 1));
    assertEquals(3, files.size(), "two tensors of 40 bytes fit, three do not");
    assertEquals(5, split(new GgufWriter.Split.ByBytes(1)).size(), "always one");
  }

  @Test
  void missingPart_isNamed() throws IOException {
    List<Path> files = split(new GgufWriter.Split.ByTensors(2));
    Files.delete(files.get(1));
    var error = assertThrows(NoSuchFileException.class, () -> GgufFile.open(files.get(0)));
    assertTrue(error.getMessage().contains("m-00002-of-00003.gguf"));
    assertTrue(error.getMessage().contains("the model is split into 3 files"));
  }

  @Test
  void swappedParts_areRefused() throws IOException {
    List<Path> files = split(new GgufWriter.Split.ByTensors(2));
    Path aside = folder.resolve("aside");
    Files.move(files.get(1), aside);
    Files.move(files.get(2), files.get(1));
    Files.move(aside, files.get(2));
    var error = assertThrows(ModelFormatException.class, () -> GgufFile.open(files.get(0)));
    assertTrue(
        error.getMessage().contains("is file 2 of 3 by its name, but 3 of 3 by its metadata"),
        error.getMessage());
  }

  @Test
  void renamedPart_isNotTakenForAModel() throws IOException {
    List<Path> files = split(new GgufWriter.Split.ByTensors(2));
    Path renamed = Files.move(files.get(0), folder.resolve("model.gguf"));
    var error = assertThrows(ModelFormatException.class, () -> GgufFile.open(renamed));
    assertTrue(error.getMessage().contains("the model is split into 3 files, its name says 1"));
  }

  @Test
  void partOfAnotherModel_isRefused() throws IOException {
    List<Path> files = split(new GgufWriter.Split.ByTensors(2));
    byte[] first = Files.readAllBytes(files.get(0));
    new GgufWriter(Metadata.builder().build())
        .add("t0", StorageType.F32, List.of(10L), values(0))
        .add("x", StorageType.F32, List.of(10L), values(0))
        .add("y", StorageType.F32, List.of(10L), values(0))
        .write(folder.resolve("m.gguf"), new GgufWriter.Split.ByTensors(1));
    Files.write(files.get(0), first);
    var error = assertThrows(ModelFormatException.class, () -> GgufFile.open(files.get(0)));
    assertTrue(error.getMessage().contains("announces 5 tensors, its files hold 4"));
  }

  private List<Path> split(GgufWriter.Split split) throws IOException {
    GgufWriter writer =
        new GgufWriter(Metadata.builder().string("general.architecture", "llama").build());
    for (int i = 0; i < 5; i++) {
      writer.add("t" + i, StorageType.F32, List.of(2L, 5L), values(i));
    }
    return writer.write(folder.resolve("m.gguf"), split);
  }

  private static float[] values(int tensor) {
    return Arrays.copyOf(SampleFiles.floats(10 + tensor), 10);
  }
}
