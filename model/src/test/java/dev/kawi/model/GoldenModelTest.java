package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ScalarKernels;
import dev.kawi.nn.Executor;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every architecture, and every storage type, against llama.cpp ([Golden]).
class GoldenModelTest {
  private static final int CONTEXT_LENGTH = 256;
  private static final double TOLERANCE = 2e-3;

  /// llama.cpp computes GELU through a table of F16.
  private static final double GELU_TOLERANCE = 5e-3;

  /// The same after 46 or 62 layers.
  private static final double DEEP_GELU_TOLERANCE = 2e-2;

  /// What F16 in a GELU costs where llama.cpp runs the F32 file itself.
  private static final double NO_DIVERGENCE = 5e-6;

  @TempDir private Path folder;

  static List<Golden> goldens() {
    return Golden.all();
  }

  /// Every variation in F32, and every storage type once.
  static List<Golden> selected() {
    return Golden.all().stream()
        .filter(g -> g.storage().equals("F32") || g.shape().equals("tiny-llama"))
        .toList();
  }

  static Stream<Arguments> tiersAndSelected() {
    return KernelProvider.available().stream()
        .skip(1)
        .flatMap(tier -> selected().stream().map(g -> Arguments.of(tier, g)));
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void scalarTier_onExpandedWeights_givesTheProbabilitiesOfLlamaCpp(Golden golden)
      throws Exception {
    Path expanded = Expanded.write(file(golden), folder.resolve("expanded.gguf"));
    try (ModelRun run = open(expanded, new ScalarKernels(), TableGeluExecutor::new)) {
      double[][] found = run.append(golden.ids());

      assertTrue(
          golden.largestDelta(found) <= tolerance(golden, TOLERANCE), golden.compared(found));
    }
  }

  @ParameterizedTest
  @MethodSource("tiersAndSelected")
  void everyTier_onFloats_givesTheProbabilitiesAndGreedyTokensOfLlamaCpp(
      Kernels tier, Golden golden) throws Exception {
    Path expanded = Expanded.write(file(golden), folder.resolve("expanded.gguf"));
    try (ModelRun run = open(expanded, tier, fast -> fast)) {
      double[][] found = run.append(golden.ids());
      double tolerance = tolerance(golden, golden.hasGelu() ? GELU_TOLERANCE : TOLERANCE);

      assertTrue(golden.largestDelta(found) <= tolerance, golden.compared(found));
      int[] greedy = run.greedy(found[found.length - 1], golden.greedy().length);
      assertArrayEquals(golden.greedy(), greedy);
    }
  }

  /// With activations rounded to int8, as llama.cpp does it too.
  @ParameterizedTest
  @MethodSource("tiersAndSelected")
  void everyTier_isAsNearToTheExactModelAsLlamaCpp(Kernels tier, Golden golden) throws Exception {
    try (ModelRun run = open(file(golden), tier, fast -> fast)) {
      double[][] found = run.append(golden.ids());

      assertTrue(
          golden.kld(found) <= 2 * golden.llamaCppKld() + NO_DIVERGENCE, golden.compared(found));
    }
  }

  private static double tolerance(Golden golden, double usual) {
    return golden.hasGelu() && golden.model().shape().numLayers() > 40
        ? DEEP_GELU_TOLERANCE
        : usual;
  }

  @Test
  void goldens_holdEveryArchitecture() {
    List<String> found =
        Golden.all().stream().map(g -> g.model().shape().architecture()).distinct().toList();

    for (Architecture architecture : Architecture.all()) {
      assertTrue(found.contains(architecture.name()), architecture.name());
    }
  }

  @Test
  void goldens_holdEveryStorageType() {
    List<String> found = Golden.all().stream().map(Golden::storage).distinct().toList();

    for (StorageType type : StorageType.values()) {
      assertTrue(found.contains(type.name()), type.name());
    }
  }

  private Path file(Golden golden) throws IOException, GeneralSecurityException {
    Path path = folder.resolve("model.gguf");
    golden.model().write(path);
    assertEquals(golden.sha256(), sha256(path), "the generator has changed; the numbers are void");
    return path;
  }

  private static ModelRun open(Path path, Kernels kernels, UnaryOperator<Executor> around)
      throws IOException {
    return new ModelRun(path, kernels, CONTEXT_LENGTH, around);
  }

  private static String sha256(Path path) throws IOException, GeneralSecurityException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path));
    return HexFormat.of().formatHex(digest);
  }
}
