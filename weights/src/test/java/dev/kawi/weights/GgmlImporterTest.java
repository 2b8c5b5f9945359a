package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.Dequantize;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GgmlImporterTest {
  private static final String WQ = "layers.1.attention.wq.weight";
  private static final float HALF_ULP = 1f / 2048;

  @TempDir Path folder;
  private Path out;

  @BeforeEach
  void nameOutput() {
    out = folder.resolve("out.gguf");
  }

  @ParameterizedTest
  @CsvSource({
    "GGML, F32", "GGML, F16", "GGML, Q4_0", "GGML, Q4_1", "GGMF_1, F32", "GGMF_1, F16",
    "GGMF_1, Q4_0", "GGMF_1, Q4_1", "GGJT_1, F32", "GGJT_1, F16", "GGJT_1, Q4_0", "GGJT_1, Q4_1",
    "GGJT_1, Q5_0", "GGJT_1, Q5_1", "GGJT_1, Q8_0", "GGJT_2, F32", "GGJT_2, F16", "GGJT_2, Q4_0",
    "GGJT_2, Q4_1", "GGJT_2, Q5_0", "GGJT_2, Q5_1", "GGJT_2, Q8_0", "GGJT_3, F32", "GGJT_3, F16",
    "GGJT_3, Q4_0", "GGJT_3, Q4_1", "GGJT_3, Q5_0", "GGJT_3, Q5_1", "GGJT_3, Q8_0"
  })
  void weights_areWhatTheCodeOfTheTimeRead(GgmlFormat format, StorageType type) throws IOException {
    GgmlFixture fixture = new GgmlFixture(format, type, 1);
    try (GgufFile gguf = convert(fixture)) {
      assertEquals(3 + 2 * 9, gguf.tensors().size());
      assertEqualValues(fixture.values("tok_embeddings.weight"), gguf, "token_embd.weight", type);
      assertEqualValues(fixture.values("output.weight"), gguf, "output.weight", type);
      assertEqualValues(fixture.values(WQ), gguf, "blk.1.attn_q.weight", type);
      assertEqualValues(
          fixture.values("layers.0.feed_forward.w2.weight"), gguf, "blk.0.ffn_down.weight", type);
    }
  }

  private static void assertEqualValues(
      float[] expected, GgufFile gguf, String name, StorageType type) {
    TensorInfo tensor = gguf.tensor(name).orElseThrow();
    assertEquals(type, tensor.type());
    assertEquals(expected.length, tensor.elements());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found = arena.allocate(4L * expected.length, 64);
      Dequantize.row(type, gguf.data(tensor), 0, found, 0, expected.length);
      for (int i = 0; i < expected.length; i++) {
        float value = found.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        // A scale and a minimum, each rounded to F16; those are at most 0.5.
        float bound = HALF_ULP * (Math.abs(expected[i]) + 1);
        assertEquals(expected[i], value, type.blockSize() == 1 ? 0 : bound, name + " " + i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"})
  void ggjt3_isCopiedByteByByte(StorageType type) throws IOException {
    GgmlFixture fixture = new GgmlFixture(GgmlFormat.GGJT_3, type, 2);
    try (GgufFile gguf = convert(fixture)) {
      byte[] found =
          gguf.data(gguf.tensor("blk.1.attn_q.weight").orElseThrow())
              .toArray(ValueLayout.JAVA_BYTE);
      assertArrayEquals(fixture.stored.get(WQ), found);
    }
  }

  @Test
  void ggjt3_mayHoldKQuants() throws IOException {
    byte[] block = new byte[3 * StorageType.Q6_K.blockBytes()];
    Arrays.fill(block, (byte) 7);
    ByteBuffer bytes = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(2).putInt(1).putInt(14).putInt(256).putInt(3).put((byte) 'a').put(new byte[11]);
    bytes.put(block);
    GgmlTensor tensor =
        GgmlTensor.read(
            new GgmlReader(MemorySegment.ofArray(bytes.array()), "file"), GgmlFormat.GGJT_3);
    assertEquals(List.of(3L, 256L), tensor.shape());
    assertEquals(-1, tensor.blocks(Arena.ofAuto()).mismatch(MemorySegment.ofArray(block)));
  }

  @Test
  void sizesAndVocabulary_areThoseOfTheFile() throws IOException {
    try (GgufFile gguf = convert(new GgmlFixture(GgmlFormat.GGJT_3, StorageType.F32, 3))) {
      Metadata metadata = gguf.metadata();
      assertEquals("llama", metadata.string("general.architecture").orElseThrow());
      assertEquals(96, metadata.integer("llama.feed_forward_length").orElseThrow());
      assertEquals(4, metadata.integer("llama.attention.head_count").orElseThrow());
      assertEquals(2, metadata.integer("llama.attention.head_count_kv").orElseThrow());
      assertEquals(16, metadata.integer("llama.rope.dimension_count").orElseThrow());
      List<String> tokens = metadata.strings("tokenizer.ggml.tokens").orElseThrow();
      assertEquals(List.of("<unk>", "<s>", "</s>", "<0x00>"), tokens.subList(0, 4));
      assertEquals(List.of("<0xFF>", "\u2581t", "he", "\u4f60"), tokens.subList(258, 262));
      int[] types = metadata.integers("tokenizer.ggml.token_type").orElseThrow();
      assertArrayEquals(new int[] {2, 3, 3, 6}, Arrays.copyOf(types, 4));
      assertArrayEquals(new int[] {6, 1, 1, 1}, Arrays.copyOfRange(types, 258, 262));
      float[] scores = metadata.numbers("tokenizer.ggml.scores").orElseThrow();
      assertEquals(-130.5f, scores[261]);
    }
  }

  @Test
  void scoresOfTheOldestFormat_areTheRanksOfMerges() throws IOException {
    try (GgufFile gguf = convert(new GgmlFixture(GgmlFormat.GGML, StorageType.F32, 3))) {
      float[] scores = gguf.metadata().numbers("tokenizer.ggml.scores").orElseThrow();
      assertArrayEquals(new float[] {0, 0, -1, -2}, Arrays.copyOfRange(scores, 258, 262));
    }
  }

  @Test
  void contextAndEpsilon_areThoseOfTheOptions_elseThoseOfLlama2() throws IOException {
    GgmlFixture fixture = new GgmlFixture(GgmlFormat.GGJT_3, StorageType.F32, 4);
    try (GgufFile gguf = convert(fixture)) {
      assertEquals(4096, gguf.metadata().integer("llama.context_length").orElseThrow());
      assertEquals(1e-5f, epsilon(gguf));
    }
    Path in = Files.write(folder.resolve("model.bin"), fixture.bytes());
    Converter.convert(
        in, out, new ConversionOptions(Optional.empty(), Optional.of(77), Optional.of(1e-6f)));
    try (GgufFile gguf = GgufFile.open(out)) {
      assertEquals(77, gguf.metadata().integer("llama.context_length").orElseThrow());
      assertEquals(1e-6f, epsilon(gguf));
    }
  }

  private static float epsilon(GgufFile gguf) {
    return gguf.metadata().number("llama.attention.layer_norm_rms_epsilon").orElseThrow();
  }

  @Test
  void optionsThatTheFormatDoesNotLeaveOpen_areRefused() throws IOException {
    Path in =
        Files.write(
            folder.resolve("model.bin"),
            new GgmlFixture(GgmlFormat.GGML, StorageType.F32, 5).bytes());
    var error = assertThrows(IOException.class, () -> Converter.convert(in, in, out));
    assertTrue(error.getMessage().contains("leave out --tokenizer"), error.getMessage());
    Converter.convert(in, out);
    ConversionOptions context =
        new ConversionOptions(Optional.empty(), Optional.of(77), Optional.empty());
    Path again = folder.resolve("again.gguf");
    error = assertThrows(IOException.class, () -> Converter.convert(out, again, context));
    assertTrue(error.getMessage().contains("leave out --ctx and --rms-eps"), error.getMessage());
    assertFalse(Files.exists(again));
  }

  @Test
  void damage_isNamedWithItsCure() {
    GgmlFixture fixture = new GgmlFixture(GgmlFormat.GGJT_3, StorageType.F32, 6);
    byte[] whole = fixture.bytes();
    assertError("ends at byte %d, inside output.weight".formatted(whole.length - 1), cut(whole, 1));
    assertError(
        "has no tensor layers.0.feed_forward.w1.weight", Arrays.copyOf(whole, fixture.firstTensor));
    assertError("has magic number 67676a74 and version 4", with(whole, 4, 4));
    assertError("says that the number of tokens is 4294967295", with(whole, 8, -1));
    assertError("has 16777216 tokens, and has", with(whole, 8, 1 << 24));
    assertError("and 64 rotated elements, which no LLaMA has", with(whole, 28, 64));
  }

  @Test
  void partOfAModel_isRecognised() {
    byte[] part = new GgmlFixture(GgmlFormat.GGMF_1, StorageType.F32, 6).bytes();
    byte[] wider = with(with(part, 12, 2 * GgmlFixture.HIDDEN), 28, 32);
    assertError("is it one of several parts (.bin, .bin.1, ...)?", wider);
  }

  @Test
  void whatKawiDoesNotConvert_isNamed() {
    GgmlFixture other = new GgmlFixture(GgmlFormat.GGJT_1, StorageType.F32, 7);
    other.tensor("layers.0.attention.bias", StorageType.F32, 8);
    assertError("has tensors that no LLaMA has: layers.0.attention.bias", other.bytes());
    GgmlFixture removed = new GgmlFixture(GgmlFormat.GGJT_1, StorageType.F32, 7);
    removed.tensor("x", 4, new byte[10], 16);
    assertError("stores x as Q4_2, which Kawi does not convert", removed.bytes());
    GgmlFixture twice = new GgmlFixture(GgmlFormat.GGJT_1, StorageType.F32, 7);
    twice.tensor("norm.weight", StorageType.F32, 64);
    assertError("has the tensor norm.weight twice", twice.bytes());
  }

  @Test
  void scaleThatF16CannotHold_isAnError() {
    GgmlFixture fixture = new GgmlFixture(GgmlFormat.GGJT_2, StorageType.Q8_0, 8);
    byte[] data = fixture.stored.get("output.weight");
    byte[] bytes = fixture.bytes();
    assertError(
        "the scale 1.0E20", with(bytes, bytes.length - data.length, Float.floatToIntBits(1e20f)));
  }

  @Test
  void rotaryTables_areLeftOut() throws IOException {
    GgmlFixture fixture = new GgmlFixture(GgmlFormat.GGMF_1, StorageType.F32, 9);
    fixture.tensor("rope.freqs", StorageType.F32, 8);
    try (GgufFile gguf = convert(fixture)) {
      assertEquals(21, gguf.tensors().size());
    }
  }

  private GgufFile convert(GgmlFixture fixture) throws IOException {
    Path in = Files.write(folder.resolve("model.bin"), fixture.bytes());
    Converter.convert(in, out);
    return GgufFile.open(out);
  }

  private static byte[] cut(byte[] whole, int bytes) {
    return Arrays.copyOf(whole, whole.length - bytes);
  }

  private static byte[] with(byte[] whole, int at, int value) {
    byte[] changed = whole.clone();
    ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    return changed;
  }

  private void assertError(String expected, byte[] file) {
    var error =
        assertThrows(
            ModelFormatException.class,
            () -> Converter.convert(Files.write(folder.resolve("model.bin"), file), out));
    assertTrue(error.getMessage().contains(expected), error.getMessage());
    assertTrue(error.getMessage().startsWith("ggml: "), error.getMessage());
    assertFalse(Files.exists(out));
  }
}
