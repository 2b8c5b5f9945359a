package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.ScalarKernels;
import dev.kawi.model.PublishedDeltaNet.Published;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What files of models with gated delta nets may say in another way, against the probabilities of
/// llama.cpp ([Golden]); and what they may not say.
class DeltaNetTest {
  private static final double TOLERANCE = 2e-4;

  @TempDir private Path folder;

  private static Golden golden(String shape) {
    return Golden.all().stream().filter(g -> g.shape().equals(shape)).findFirst().orElseThrow();
  }

  private Path file(Golden golden) throws IOException {
    Path path = folder.resolve("model.gguf");
    golden.model().write(path);
    return path;
  }

  private Path changed(Path path, UnaryOperator<Metadata.Builder> change) throws IOException {
    Path other = folder.resolve("changed.gguf");
    try (GgufFile file = GgufFile.open(path)) {
      GgufWriter writer = new GgufWriter(change.apply(file.metadata().toBuilder()).build());
      for (TensorInfo info : file.tensors()) {
        writer.add(info.name(), info.type(), info.shape(), file.data(info));
      }
      writer.write(other);
    }
    return other;
  }

  private static void assertGolden(Golden golden, Path path) throws IOException {
    try (ModelRun run = new ModelRun(path, new ScalarKernels(), 256)) {
      double[][] found = run.append(golden.ids());
      assertTrue(golden.largestDelta(found) <= TOLERANCE, golden.compared(found));
    }
  }

  @Test
  void olderFile_hasQueriesKeysValuesAndGatesOfAKeyHeadInOneMatrix() throws IOException {
    Golden golden = golden("tiny-qwen3next");
    Path older = folder.resolve("older.gguf");
    try (GgufFile file = GgufFile.open(file(golden))) {
      GgufWriter writer = new GgufWriter(file.metadata());
      for (TensorInfo info : file.tensors()) {
        if (info.name().endsWith("attn_gate.weight")) {
          Published both = both(file, info, golden);
          String name = info.name().replace("attn_gate", "ssm_in");
          MemorySegment values = MemorySegment.ofArray(both.values());
          writer.add(
              name,
              info.type(),
              both.shape(),
              arena -> arena.allocate(values.byteSize(), 64).copyFrom(values));
        } else if (!info.name().endsWith("attn_qkv.weight")) {
          writer.add(info.name(), info.type(), info.shape(), file.data(info));
        }
      }
      writer.write(older);
    }
    assertGolden(golden, older);
  }

  private static Published both(GgufFile file, TensorInfo gate, Golden golden) {
    TensorInfo qkv = file.tensor(gate.name().replace("attn_gate", "attn_qkv")).orElseThrow();
    return PublishedDeltaNet.of(golden.model().shape())
        .of("attn_gate", gate, floats(file, gate), floats(file, qkv));
  }

  private static float[] floats(GgufFile file, TensorInfo info) {
    return file.data(info).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }

  @Test
  void kindsOfLayers_mayBeSaidOfEach() throws IOException {
    Golden golden = golden("tiny-qwen35");
    boolean[] recurrent = {true, true, true, false, true};
    Path other =
        changed(
            file(golden),
            all ->
                all.remove("qwen35.full_attention_interval")
                    .bools("qwen35.attention.recurrent_layers", recurrent));
    assertGolden(golden, other);
  }

  @Test
  void blocksThatPredictFurtherTokens_areNotRun() throws IOException {
    Golden golden = golden("tiny-qwen35");
    Path other =
        changed(
            file(golden),
            all -> all.u32("qwen35.block_count", 6).u32("qwen35.nextn_predict_layers", 1));
    assertGolden(golden, other);
  }

  @ParameterizedTest
  @CsvSource({
    "qwen35.ssm.state_size, 0",
    "qwen35.ssm.state_size, 1000000",
    "qwen35.ssm.group_count, 5",
    "qwen35.ssm.time_step_rank, 7",
    "qwen35.ssm.inner_size, 513",
    "qwen35.ssm.conv_kernel, 65",
    "qwen35.full_attention_interval, 0",
    "qwen35.nextn_predict_layers, 5"
  })
  void sizesThatCannotBe_areRefused(String key, int value) throws IOException {
    Path other = changed(file(golden("tiny-qwen35")), all -> all.u32(key, value));
    assertThrows(
        ModelFormatException.class, () -> new ModelRun(other, new ScalarKernels(), 64).close());
  }

  /// The state that a sequence leaves is zero for the one that begins in its memory.
  @Test
  void sequenceInTheMemoryOfAnother_seesNothingOfIt() throws IOException {
    Golden golden = golden("tiny-qwen35");
    int[] ids = Arrays.copyOf(golden.ids(), 9);
    try (ModelRun run = new ModelRun(file(golden), new ScalarKernels(), 256)) {
      double[][] first = run.append(ids);
      run.append(golden.ids());
      run.restart();
      assertArrayEquals(first, run.append(ids));
    }
  }
}
