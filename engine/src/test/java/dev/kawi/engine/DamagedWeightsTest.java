package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DamagedWeightsTest {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @TempDir private Path folder;

  /// A small random model in which an element of these tensors is NaN, with the metadata more.
  private Path model(Metadata.Builder more, String... damaged) throws IOException {
    Path random = folder.resolve("random.gguf");
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-gpt2"), StorageType.F32, 3).write(random);
    try (GgufFile from = GgufFile.open(random)) {
      Metadata.Builder all = from.metadata().toBuilder();
      more.build().asMap().forEach((key, value) -> all.string(key, String.valueOf(value)));
      GgufWriter writer = new GgufWriter(all.build());
      for (TensorInfo tensor : from.tensors()) {
        float[] values = from.data(tensor).toArray(FLOAT);
        if (Arrays.asList(damaged).contains(tensor.name())) {
          values[5] = Float.NaN;
        }
        writer.add(tensor.name(), StorageType.F32, tensor.shape(), values);
      }
      writer.write(file);
    }
    return file;
  }

  @Test
  void weightThatIsNoNumber_isNamedWithItsLayer() throws IOException {
    Path file = model(Metadata.builder(), "output_norm.weight", "blk.1.ffn_up.weight");
    try (Model model = Model.load(file)) {
      String expected =
          file
              + " is damaged: element 5 of blk.1.ffn_up.weight (layer 1) is NaN; get the file again";
      GenerationRequest request = GenerationRequest.of(new int[] {1, 2, 3}).withMaxTokens(3);
      assertEquals(
          expected,
          assertThrows(ModelFormatException.class, () -> model.generate(request).await())
              .getMessage());
      assertEquals(
          expected, assertThrows(ModelFormatException.class, () -> model.embed("a")).getMessage());
    }
  }

  @Test
  void templatesWithoutADefault_areNamed_andAnOnlyOneIsUsed() throws IOException {
    Metadata.Builder one = Metadata.builder().string("tokenizer.chat_template.rag", "R");
    try (Model model = Model.load(model(one))) {
      assertEquals("R", model.chatFormat().templateSource().orElseThrow());
    }
    Metadata.Builder two = one.string("tokenizer.chat_template.tool_use", "T");
    try (Model model = Model.load(model(two))) {
      String message = assertThrows(ModelFormatException.class, model::chatFormat).getMessage();
      for (String name : List.of("rag", "tool_use")) {
        assertTrue(message.contains(name), message);
      }
    }
  }
}
