package dev.kawi.model.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.Dequantize;
import dev.kawi.model.Architecture;
import dev.kawi.model.EncoderArchitecture;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RandomModelTest {
  private static final RandomShape LLAMA = RandomShape.named("tiny-llama");

  @TempDir private Path folder;

  @Test
  void write_givesTheSameBytesForTheSameSeed() throws IOException {
    byte[] first = Files.readAllBytes(write(LLAMA, StorageMix.uniform(StorageType.Q4_0), 5));
    byte[] again = Files.readAllBytes(write(LLAMA, StorageMix.uniform(StorageType.Q4_0), 5));
    byte[] other = Files.readAllBytes(write(LLAMA, StorageMix.uniform(StorageType.Q4_0), 6));

    assertArrayEquals(first, again);
    assertFalse(Arrays.equals(first, other));
  }

  @ParameterizedTest
  @EnumSource
  void weights_haveMeanZeroAndTheDeviationOfTheirWidth(StorageType type) throws IOException {
    Path path = write(LLAMA, StorageMix.uniform(type), 1);
    try (GgufFile file = GgufFile.open(path)) {
      TensorInfo info = file.tensor("blk.0.attn_v.weight").orElseThrow();
      double[] statistics = meanAndDeviation(info, file.data(info));

      assertEquals(type, info.type());
      assertEquals(1 / Math.sqrt(256), statistics[1], 0.004);
      assertEquals(0, statistics[0], 0.05 * statistics[1]);
    }
  }

  @Test
  void norms_areSpreadAndStayF32() throws IOException {
    Path path = write(LLAMA, StorageMix.uniform(StorageType.Q8_0), 1);
    try (GgufFile file = GgufFile.open(path)) {
      TensorInfo info = file.tensor("blk.1.ffn_norm.weight").orElseThrow();
      double[] statistics = meanAndDeviation(info, file.data(info));

      assertEquals(StorageType.F32, info.type());
      assertEquals(1, statistics[0], 0.05);
      assertEquals(0.29, statistics[1], 0.03);
    }
  }

  @Test
  void mediumQ4K_storesTheOutputFiner() throws IOException {
    Path path = write(LLAMA, StorageMix.mediumQ4K(2), 1);
    try (GgufFile file = GgufFile.open(path)) {
      assertEquals(StorageType.Q6_K, file.tensor("output.weight").orElseThrow().type());
      assertEquals(StorageType.Q4_K, file.tensor("blk.0.attn_q.weight").orElseThrow().type());
      assertEquals(StorageType.Q6_K, file.tensor("blk.1.ffn_down.weight").orElseThrow().type());
    }
  }

  @Test
  void fitting_takesSmallerBlocksForRowsThatAreNoMultipleOf256() {
    assertEquals(StorageType.Q4_K, StorageMix.fitting(StorageType.Q4_K, 512));
    assertEquals(StorageType.Q5_0, StorageMix.fitting(StorageType.Q4_K, 896));
    assertEquals(StorageType.F16, StorageMix.fitting(StorageType.Q8_0, 172));
  }

  @Test
  void named_listsTheShapesWhenTheNameIsUnknown() {
    var error = assertThrows(IllegalArgumentException.class, () -> RandomShape.named("gpt5"));

    assertTrue(error.getMessage().contains("qwen2.5-0.5b"), error.getMessage());
  }

  /// The numbers of weights that the publishers' safetensors files have.
  @ParameterizedTest
  @CsvSource({
    "qwen2.5-0.5b, 494032768",
    "qwen2.5-1.5b, 1543714304",
    "llama-3.2-1b, 1235814400",
    "qwen3-0.6b, 596049920"
  })
  void releasedShapes_haveAsManyWeightsAsTheirReleases(String shape, long weights) {
    long sum =
        Layouts.of(RandomShape.named(shape)).tensors().stream()
            .filter(tensor -> !tensor.name().equals("rope_freqs.weight"))
            .mapToLong(RandomTensor::elements)
            .sum();

    assertEquals(weights, sum);
  }

  /// As `gguf-dump` lists the first layers of the released files, without norms.
  @ParameterizedTest
  @CsvSource({
    "qwen2.5-0.5b, attn_q.bias attn_k.bias attn_v.bias",
    "qwen2.5-1.5b, attn_q.bias attn_k.bias attn_v.bias",
    "llama-3.2-1b, ''",
    "qwen3-0.6b, ''"
  })
  void releasedShapes_haveTheBiasesOfTheirReleases(String shape, String biases) {
    String found =
        Layouts.of(RandomShape.named(shape)).tensors().stream()
            .map(RandomTensor::name)
            .filter(name -> name.startsWith("blk.0.") && name.endsWith(".bias"))
            .map(name -> name.substring("blk.0.".length()))
            .collect(Collectors.joining(" "));

    assertEquals(biases, found);
  }

  @Test
  void llama32_hasTheRopeFrequenciesOfItsRelease() {
    RandomTensor factors =
        Layouts.of(RandomShape.named("llama-3.2-1b")).tensors().stream()
            .filter(tensor -> tensor.name().equals("rope_freqs.weight"))
            .findFirst()
            .orElseThrow();

    assertEquals(32, factors.elements());
  }

  @Test
  void everyArchitecture_hasALayout() {
    Stream<String> names =
        Stream.concat(
            Architecture.all().stream().map(Architecture::name),
            EncoderArchitecture.all().stream().map(EncoderArchitecture::name));

    assertEquals(Layouts.architectures(), names.sorted().toList());
  }

  private Path write(RandomShape shape, StorageMix storage, long seed) throws IOException {
    Path path = folder.resolve("model.gguf");
    new RandomModel(shape, storage, seed).write(path);
    return path;
  }

  private static double[] meanAndDeviation(TensorInfo info, MemorySegment data) {
    int count = (int) info.elements();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats = arena.allocate(4L * count, 64);
      Dequantize.row(info.type(), data, 0, floats, 0, count);
      double sum = 0;
      double squares = 0;
      for (float value : floats.toArray(ValueLayout.JAVA_FLOAT)) {
        sum += value;
        squares += (double) value * value;
      }
      double mean = sum / count;
      return new double[] {mean, Math.sqrt(squares / count - mean * mean)};
    }
  }
}
