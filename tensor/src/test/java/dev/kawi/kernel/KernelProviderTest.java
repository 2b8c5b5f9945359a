package dev.kawi.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.kernel.x86.InstructionSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class KernelProviderTest {
  private static final String PROPERTY = "kawi.kernels";

  private static <T> T forcing(String name, Supplier<T> body) {
    String before = System.getProperty(PROPERTY, "");
    System.setProperty(PROPERTY, name);
    try {
      return body.get();
    } finally {
      System.setProperty(PROPERTY, before);
    }
  }

  static List<String> names() {
    return KernelProvider.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void forcedTier_isChosenOrRefusedWithTheReason(String name) {
    Optional<String> refusal = KernelProvider.refusal(name);
    if (refusal.isEmpty()) {
      assertTrue(forcing(name, KernelProvider::choose).reason().startsWith("forced by"));
    } else {
      Exception e =
          assertThrows(IllegalArgumentException.class, () -> forcing(name, KernelProvider::choose));
      assertEquals("-Dkawi.kernels=%s: %s".formatted(name, refusal.get()), e.getMessage());
    }
  }

  /// What the processor has decides which of the two is seen.
  @ParameterizedTest
  @CsvSource({"avx2, AVX2, AVX2", "avx512, AVX512, AVX-512 VNNI"})
  void generatedCode_isForcedToItsInstructions_orRefusedByWhatIsMissing(
      String name, InstructionSet set, String title) {
    List<String> missing = set.missing(Set.copyOf(Cpu.detect().features()));
    Optional<String> refusal = KernelProvider.refusal(name);
    if (KernelProvider.refusal("generated").isPresent()) {
      assertEquals(KernelProvider.refusal("generated"), refusal);
    } else if (missing.isEmpty()) {
      String found = forcing(name, KernelProvider::choose).kernels().name();
      assertTrue(found.startsWith("generated, " + title), found);
    } else {
      assertEquals("this processor lacks " + String.join(", ", missing), refusal.orElseThrow());
    }
  }

  @Test
  void avx512_isMissingByTheNamesOfItsFeatures() {
    Set<String> zen3 = Set.of("avx2", "f16c", "fma", "vaes");
    assertEquals(List.of(), InstructionSet.AVX2.missing(zen3));
    assertEquals(
        List.of("avx512f", "avx512bw", "avx512vl", "avx512_vnni"),
        InstructionSet.AVX512.missing(zen3));
    assertFalse(InstructionSet.AVX512.isIn(zen3));
  }

  @Test
  void vectorsOfAnotherWidth_areRefusedOnceTheJvmHasChosen() {
    int other = VectorKernels.bits() == 128 ? 256 : 128;
    String refusal = KernelProvider.refusal("vector" + other).orElseThrow();
    assertTrue(refusal.contains("give the option when Java starts"), refusal);
  }

  @Test
  void unknownTier_isRefusedWithTheNamesThatThereAre() {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> forcing("sse", KernelProvider::choose));
    assertEquals(
        "-Dkawi.kernels must be one of scalar, vector, vector128, vector256, vector512, generated,"
            + " avx2, avx512, found sse",
        e.getMessage());
  }
}
