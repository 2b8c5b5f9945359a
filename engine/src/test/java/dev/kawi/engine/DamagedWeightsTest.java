package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.engine.Perplexity.Convention;
import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DamagedWeightsTest {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @TempDir private Path folder;

  /// A small random model in which an element of these tensors is NaN, with the metadata more.
  private Path model(Metadata.Builder more, String... damaged) throws IOException {
    return model("tiny-gpt2", more, damaged);
  }

  private Path model(String shape, Metadata.Builder more, String... damaged) throws IOException {
    Path random = folder.resolve("random.gguf");
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named(shape), StorageType.F32, 3).write(random);
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

  private static String error(Executable work) {
    return assertThrows(ModelFormatException.class, work).getMessage();
  }

  /// All that computes with a model: what `kawi generate`, `embed`, `score`, `logits`, `perplexity`
  /// and `explain` call.
  private static Map<String, Consumer<Model>> uses() {
    int[] ids = {1, 2, 3, 4, 5};
    return Map.of(
        "generate", model -> model.generate(GenerationRequest.of(ids).withMaxTokens(3)).await(),
        "embed", model -> model.embed("a"),
        "score", model -> model.score(ScoreRequest.of(ids, 1)),
        "candidates", model -> model.score(ScoreRequest.of(ids, 5).withCandidates(List.of(7))),
        "logits", model -> TokenLogits.of(model, ids, 3, 0),
        "perplexity", model -> Perplexity.of(model, "a b c d e f", 4, 1, Convention.GPTQ, _ -> {}),
        "explain", model -> model.explain("a b", 1, SamplingOptions.greedy()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "token_embd.weight",
        "blk.0.attn_qkv.weight",
        "blk.1.ffn_up.weight",
        "output_norm.weight"
      })
  void weightThatIsNoNumber_isNamedWithItsLayer_whateverIsComputed(String first)
      throws IOException {
    Path file = model(Metadata.builder(), "output_norm.weight", first);
    try (Model model = Model.load(file)) {
      String layer =
          first.replaceFirst("blk\\.(\\d)\\..*|.*", " (layer $1)").replace(" (layer )", "");
      String expected =
          file + " is damaged: element 5 of " + first + layer + " is NaN; get the file again";
      uses().forEach((use, work) -> assertEquals(expected, error(() -> work.accept(model)), use));
    }
  }

  @Test
  void weightOfAnEncoder_isNamedByTheRerankerAndTheEmbedder() throws IOException {
    Path file = model("encoder-bert-reranker", Metadata.builder(), "blk.1.ffn_up.weight");
    try (EncoderModel model = EncoderModel.load(file, EngineOptions.defaults())) {
      String expected =
          file
              + " is damaged: element 5 of blk.1.ffn_up.weight (layer 1) is NaN; get the file again";
      assertEquals(expected, error(() -> model.score("a", "b")));
      assertEquals(expected, error(() -> model.embed("a")));
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
