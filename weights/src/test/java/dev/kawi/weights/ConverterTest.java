package dev.kawi.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConverterTest {
  /// hiddenSize, intermediateSize, layers, heads, key-value heads, vocabSize, contextLength.
  private static final int[] SIZES = {8, 12, 2, 2, 1, 5, 16};

  /// Embedding, two norms and seven matrices in two layers, output norm.
  private static final int WEIGHTS = 5 * 8 + 2 * (16 + 2 * 64 + 2 * 32 + 3 * 96) + 8;

  @TempDir Path folder;
  private Path out;

  @BeforeEach
  void nameOutput() {
    out = folder.resolve("out.gguf");
  }

  @Test
  void llama2cV0_withItsOwnOutputMatrix_takesIt() throws IOException {
    int[] untied = SIZES.clone();
    untied[5] = -5;
    int rotary = 16 * 4;
    Path in = checkpoint(untied, WEIGHTS + rotary + 5 * 8);
    Converter.convert(in, tokenizer(5), out);
    try (GgufFile gguf = GgufFile.open(out)) {
      assertEquals(2 * 9 + 3, gguf.tensors().size());
      float[] output =
          gguf.data(gguf.tensor("output.weight").orElseThrow()).toArray(ValueLayout.JAVA_FLOAT);
      assertEquals(40, output.length);
      assertEquals(WEIGHTS + rotary, output[0], "element i of the file is i");
      assertEquals(
          List.of("<unk>", "<s>", "</s>", "\u2581t", "<0x0A>"),
          gguf.metadata().strings("tokenizer.ggml.tokens").orElseThrow());
      assertArrayEquals(
          new int[] {2, 3, 3, 1, 6},
          gguf.metadata().integers("tokenizer.ggml.token_type").orElseThrow());
    }
  }

  @Test
  void llama2c_thatIsCut_saysHowLongItShouldBe() throws IOException {
    Path in = checkpoint(SIZES, WEIGHTS + 16 * 4 - 1);
    var error =
        assertThrows(ModelFormatException.class, () -> Converter.convert(in, tokenizer(5), out));
    assertTrue(
        error
            .getMessage()
            .contains(
                "has %d bytes; a llama2.c checkpoint of these sizes has %d"
                    .formatted(Files.size(in), 28 + 4 * (WEIGHTS + 64))),
        error.getMessage());
    assertFalse(Files.exists(out));
  }

  @Test
  void llama2c_withoutVocabulary_asksForIt() throws IOException {
    Path in = checkpoint(SIZES, WEIGHTS + 16 * 4);
    var error = assertThrows(NoSuchFileException.class, () -> Converter.convert(in, out));
    assertTrue(error.getReason().contains("no tok5.bin or tokenizer.bin beside it"));
    tokenizer(5);
    Converter.convert(in, out);
    assertTrue(Files.exists(out));
  }

  @Test
  void llama2c_withTheVocabularyOfAnotherModel_saysSo() throws IOException {
    Path in = checkpoint(SIZES, WEIGHTS + 16 * 4);
    for (int tokens : new int[] {4, 6}) {
      var error =
          assertThrows(
              ModelFormatException.class, () -> Converter.convert(in, tokenizer(tokens), out));
      assertTrue(error.getMessage().contains("is it the tokenizer of this model?"));
    }
  }

  @Test
  void splitGguf_becomesOneFile() throws IOException {
    List<Path> parts =
        new GgufWriter(Metadata.builder().string("general.architecture", "llama").build())
            .add("a", StorageType.F32, List.of(8L), new float[8])
            .add("b", StorageType.F32, List.of(8L), new float[8])
            .write(folder.resolve("m.gguf"), new GgufWriter.Split.ByTensors(1));
    Converter.convert(parts.get(1), out);
    try (GgufFile gguf = GgufFile.open(out)) {
      assertEquals(2, gguf.tensors().size());
      assertEquals(List.of("general.architecture"), List.copyOf(gguf.metadata().asMap().keySet()));
    }
  }

  @Test
  void unknownInput_isNamed() throws IOException {
    Path in = Files.writeString(folder.resolve("poem.txt"), "Not a model, but a longer text.");
    var error = assertThrows(ModelFormatException.class, () -> Converter.convert(in, out));
    assertTrue(error.getMessage().contains("neither a GGUF file nor a llama2.c checkpoint"));
    assertThrows(IOException.class, () -> Converter.convert(in, in));
  }

  private Path checkpoint(int[] sizes, int floats) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(28 + 4 * floats).order(ByteOrder.LITTLE_ENDIAN);
    for (int size : sizes) {
      bytes.putInt(size);
    }
    for (int i = 0; i < floats; i++) {
      bytes.putFloat(i);
    }
    return Files.write(folder.resolve("model.bin"), bytes.array());
  }

  private Path tokenizer(int count) throws IOException {
    List<String> tokens = List.of("<unk>", "\n<s>\n", "\n</s>\n", " t", "<0x0A>", "more");
    ByteBuffer bytes = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN).putInt(6);
    for (String token : tokens.subList(0, count)) {
      byte[] text = token.getBytes(StandardCharsets.UTF_8);
      bytes.putFloat(-1).putInt(text.length).put(text);
    }
    byte[] written = java.util.Arrays.copyOf(bytes.array(), bytes.position());
    return Files.write(folder.resolve("tokenizer.bin"), written);
  }
}
