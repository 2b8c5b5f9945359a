package dev.kawi.pytorch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.Dequantize;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that PyTorch wrote ([Fixtures]), and files that it would not write ([TorchSave]).
class PytorchFileTest {
  @TempDir private Path folder;

  private PytorchFile open(byte[] bytes) throws IOException {
    Path file = folder.resolve("pytorch_model.bin");
    Files.write(file, bytes);
    return PytorchFile.open(file);
  }

  private String refusal(byte[] bytes) {
    ModelFormatException e = assertThrows(ModelFormatException.class, () -> open(bytes).close());
    assertTrue(e.getMessage().startsWith("pytorch: " + folder), e.getMessage());
    return e.getMessage();
  }

  private static PytorchFile.Entry entry(PytorchFile file, String name) {
    return file.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  private static float[] values(PytorchFile file, PytorchFile.Entry entry) {
    StorageType type = entry.type().orElseThrow();
    float[] values = new float[Math.toIntExact(entry.size() / type.blockBytes())];
    MemorySegment to = MemorySegment.ofArray(values);
    Dequantize.row(type, file.data(entry), 0, to, 0, values.length);
    return values;
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "legacy.bin"})
  void dictOfPytorch_hasItsTensorsInOrder(String fixture) throws IOException {
    try (PytorchFile file = open(Fixtures.bytes(fixture))) {
      assertEquals(
          List.of(
              "f32",
              "f16",
              "position_ids",
              "parameter",
              "bf16",
              "scalar",
              "empty",
              "transposed",
              "three",
              "whole",
              "rows",
              "column",
              "tied",
              "expanded",
              "mask"),
          file.tensors().stream().map(PytorchFile.Entry::name).toList());
      assertEquals(List.of(3L, 4L), entry(file, "f32").shape());
      assertEquals(List.of(), entry(file, "scalar").shape());
      assertEquals(Optional.of(StorageType.BF16), entry(file, "bf16").type());
      assertEquals("I64", entry(file, "position_ids").dtype());
      assertEquals(Optional.empty(), entry(file, "position_ids").type());
    }
  }

  /// Element i is first + i / 4 ... by rows.
  @ParameterizedTest
  @CsvSource({
    "f32, 12, 1",
    "f16, 5, 2",
    "parameter, 4, 3",
    "bf16, 9, 4",
    "scalar, 1, 5",
    "empty, 0, 0",
    "transposed, 12, 6",
    "three, 24, 7",
    "whole, 16, 8",
    "rows, 8, 9",
    "tied, 12, 1",
  })
  void tensorsOfPytorch_haveTheirValuesByRows(String name, int count, float first)
      throws IOException {
    float[] expected = new float[count];
    for (int i = 0; i < count; i++) {
      expected[i] = first + i / 4f;
    }
    for (String fixture : List.of("zip.bin", "legacy.bin")) {
      try (PytorchFile file = open(Fixtures.bytes(fixture))) {
        assertArrayEquals(expected, values(file, entry(file, name)), fixture);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "legacy.bin"})
  void columnsAndExpandedTensors_haveTheirValues(String fixture) throws IOException {
    try (PytorchFile file = open(Fixtures.bytes(fixture))) {
      assertArrayEquals(
          new float[] {8.5f, 9.5f, 10.5f, 11.5f}, values(file, entry(file, "column")));
      assertArrayEquals(new float[] {9, 9, 9, 9, 9, 9}, values(file, entry(file, "expanded")));
      MemorySegment ids = file.data(entry(file, "position_ids"));
      assertArrayEquals(
          new long[] {0, 1, 2, 3, 4, 5}, ids.toArray(ValueLayout.JAVA_LONG_UNALIGNED));
    }
  }

  @Test
  void tensors_areSlicesOfTheFile() throws IOException {
    try (PytorchFile file = open(Fixtures.bytes("zip.bin"))) {
      MemorySegment whole = file.data(entry(file, "whole"));
      MemorySegment rows = file.data(entry(file, "rows"));
      assertEquals(whole.address() + 16, rows.address());
      assertEquals(
          file.data(entry(file, "f32")).address(), file.data(entry(file, "tied")).address());
      MemorySegment copy = file.data(entry(file, "transposed"));
      assertEquals(copy.address(), file.data(entry(file, "transposed")).address());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "legacy.bin"})
  void data_isAlignedToItsElements(String fixture) throws IOException {
    try (PytorchFile file = open(Fixtures.bytes(fixture))) {
      for (PytorchFile.Entry entry : file.tensors()) {
        if (entry.type().isPresent() && entry.size() > 0) {
          long size = entry.type().get().blockBytes();
          assertEquals(0, file.data(entry).address() % size, entry.toString());
        }
      }
    }
  }

  /// The storages of this file lie at odd places.
  @Test
  void tensorsThatAreTied_areCopiedOnce() throws IOException {
    try (PytorchFile file = open(Fixtures.bytes("legacy.bin"))) {
      PytorchFile.Entry one = entry(file, "f32");
      assertTrue(one.from() % 4 != 0, one.toString());
      assertEquals(file.data(one).address(), file.data(entry(file, "tied")).address());
    }
  }

  @Test
  void sliceOfAClosedFile_isDead() throws IOException {
    PytorchFile file = open(Fixtures.bytes("zip.bin"));
    MemorySegment data = file.data(entry(file, "f32"));
    file.close();
    file.close();
    assertThrows(IllegalStateException.class, () -> data.get(ValueLayout.JAVA_BYTE, 0));
  }

  // ---- what is refused ----

  @ParameterizedTest
  @CsvSource({
    "os, system",
    "posix, system",
    "builtins, eval",
    "__builtin__, exec",
    "builtins, getattr",
    "numpy.core.multiarray, _reconstruct",
    "torch, load",
    "torch.storage, UntypedStorage",
    "torch._utils, _rebuild_tensor_v3",
    "subprocess, Popen",
    "collections, Counter",
  })
  void functionsThatNoTensorNeeds_areRefusedByName(String module, String name) throws IOException {
    byte[] old = Pickle.start().global(module, name).text("echo").tuple(1).reduce().stop();
    assertTrue(refusal(TorchSave.zip(old)).contains(module + "." + name));
    byte[] stacked =
        Pickle.start().text(module).text(name).stackGlobal().text("echo").tuple(1).reduce().stop();
    assertTrue(refusal(TorchSave.zip(stacked)).contains(module + "." + name));
  }

  @ParameterizedTest
  @ValueSource(ints = {'i', 'o', 0x81, 0x92, 0x82, 'P', 'V', 'I', 'd', 'l', '0', '1', '2', 0x97})
  void instructionsThatNoTensorNeeds_areRefusedByNumber(int opcode) throws IOException {
    byte[] pickle = Pickle.start().mark().op(opcode).stop();
    assertTrue(refusal(TorchSave.zip(pickle)).contains("instruction 0x%02x".formatted(opcode)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "5 | 2 | 1 | a storage of 4", // begins behind the end
        "0 | 5 | 1 | a storage of 4", // ends behind the end
        "2 | 3 | 1 | a storage of 4",
        "0 | 2 | 4 | a storage of 4",
        "-1 | 2 | 1 | a storage of 4",
        "0 | -2 | 1 | the number -2",
        "0 | 2 | -1 | the number -1",
        "0 | 4611686018427387904 | 4611686018427387904 | a storage of 4",
        "9223372036854775807 | 1 | 1 | a storage of 4",
        "0 | 4611686018427387904 | 0 | more elements than there can be",
      })
  void tensorOutsideOfItsStorage_isRefused(long offset, long size, long stride, String found)
      throws IOException {
    byte[] pickle =
        Pickle.start().emptyDict().text("a").tensor(4, offset, size, stride).setItem().stop();
    String message = refusal(TorchSave.zip(pickle, new byte[16]));
    assertTrue(message.contains(found), message);
  }

  @Test
  void storageThatIsShorterThanItSays_isRefused() throws IOException {
    byte[] pickle = Pickle.start().emptyDict().text("a").tensor(4, 0, 4, 1).setItem().stop();
    assertTrue(refusal(TorchSave.zip(pickle, new byte[15])).contains("4 elements of 4"));
    assertTrue(refusal(TorchSave.zip(pickle)).contains("lacks the storage 0"));
  }

  @Test
  void tensorThatRepeatsOneElementForever_isRefusedWhenItIsRead() throws IOException {
    byte[] pickle = Pickle.start().emptyDict().text("a").tensor(4, 0, 1L << 40, 0).setItem().stop();
    try (PytorchFile file = open(TorchSave.zip(pickle, new byte[16]))) {
      PytorchFile.Entry entry = file.tensors().getFirst();
      ModelFormatException e = assertThrows(ModelFormatException.class, () -> file.data(entry));
      assertTrue(e.getMessage().contains("larger than the file"), e.getMessage());
    }
  }

  @Test
  void valuesThatContainThemselves_areReadAndRefused() throws IOException {
    byte[] list = Pickle.start().emptyList().put(0).get(0).append().stop();
    assertTrue(refusal(TorchSave.zip(list)).contains("a list of 1"));
    byte[] dict = Pickle.start().emptyDict().put(0).text("a").get(0).setItem().stop();
    assertTrue(refusal(TorchSave.zip(dict)).contains("without tensors"));
  }

  @Test
  void endlessNesting_endsAtTheLimit() throws IOException {
    Pickle deep = Pickle.start();
    for (int i = 0; i < 3_000_000; i++) {
      deep.emptyList();
    }
    assertTrue(refusal(TorchSave.zip(deep.stop())).contains("2000000 instructions"));
  }

  @Test
  void wholeModels_areRefusedWithTheCure() throws IOException {
    byte[] number = Pickle.start().integer(7).stop();
    assertTrue(refusal(TorchSave.zip(number)).contains("state_dict()"));
  }

  @Test
  void bytesOfAnotherFormat_areNamed() {
    assertTrue(refusal(new byte[100]).contains("no file of torch.save"));
    assertTrue(refusal(new byte[0]).contains("no file of torch.save"));
    byte[] pointer = "version https://git-lfs.github.com/spec/v1\n".getBytes(UTF_8);
    assertTrue(refusal(pointer).contains("git lfs pull"));
  }

  @Test
  void bigEndianAndCompressedFiles_areRefused() throws IOException {
    byte[] pickle = Pickle.start().emptyDict().stop();
    assertTrue(refusal(TorchSave.bigEndian(pickle)).contains("big-endian"));
    assertTrue(refusal(TorchSave.compressed(pickle)).contains("compressed"));
  }
}
