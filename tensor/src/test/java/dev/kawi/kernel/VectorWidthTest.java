package dev.kawi.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.kernel.RandomBlocks.Kind;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The vector tier equals its scalar twin at each width. The width is chosen when a JVM starts, so
/// each runs in one of its own; where the processor has no vectors that wide, the Vector API
/// computes them element by element.
class VectorWidthTest {
  /// What the other JVM runs.
  static final class Cases {
    private Cases() {}

    /// Compares products, rows and attention of the tier that the system property forces.
    public static void main(String[] args) {
      Kernels tier = KernelProvider.choose().kernels();
      SplittableRandom random = new SplittableRandom(3);
      KernelsTest rows = new KernelsTest();
      for (StorageType type : StorageType.values()) {
        MatmulTest.check(tier, type, 20, 256, 1, Kind.NORMAL, random);
        MatmulTest.check(tier, type, 20, 256, 5, Kind.NORMAL, random);
        rows.dequantize_equalsTwinOnAnyBits(tier, type);
      }
      rows.unusualValues_equalTwin(tier);
      for (StorageType type :
          new StorageType[] {StorageType.F32, StorageType.F16, StorageType.Q8_0}) {
        rows.attend_withSlopesAndSinks_equalsTwin(tier, type);
      }
      System.out.println(tier.name());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void vectors_equalTheirScalarTwin(int bits) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-Dkawi.kernels=vector" + bits,
                "-cp",
                System.getProperty("java.class.path"),
                Cases.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    assertEquals("vector, " + bits + " bit", output.strip().lines().toList().getLast());
  }
}
