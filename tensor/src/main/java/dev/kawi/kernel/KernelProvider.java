package dev.kawi.kernel;

import dev.kawi.kernel.x86.InstructionSet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Chooses the tier of kernels, once per model. The system property `kawi.kernels` (`scalar`,
/// `vector` or `generated`) forces one.
///
/// The vector tier lives behind a guarded class: without `--add-modules jdk.incubator.vector` that
/// module is not there, and touching the class would fail.
public final class KernelProvider {
  private static final System.Logger LOG = System.getLogger("dev.kawi.kernel");
  private static final Map<InstructionSet, Kernels> GENERATED = new EnumMap<>(InstructionSet.class);

  /// What was chosen, and why, in a sentence for people.
  ///
  /// @param kernels the tier
  /// @param reason why this one
  public record Choice(Kernels kernels, String reason) {}

  private KernelProvider() {}

  /// Chooses by the processor, the platform and the system property; logs a line when the vector
  /// tier is missing.
  public static Choice choose() {
    String forced = System.getProperty("kawi.kernels", "");
    return switch (forced) {
      case "" -> best();
      case "scalar" -> new Choice(new ScalarKernels(), "forced by -Dkawi.kernels");
      case "vector" -> new Choice(vector(), "forced by -Dkawi.kernels");
      case "generated" -> new Choice(generated(), "forced by -Dkawi.kernels");
      default ->
          throw new IllegalArgumentException(
              "-Dkawi.kernels must be scalar, vector or generated, found " + forced);
    };
  }

  /// Every tier that this machine can run, slowest first: all give the same bits.
  public static List<Kernels> available() {
    List<Kernels> tiers = new ArrayList<>(List.of(new ScalarKernels()));
    if (hasVectorModule()) {
      tiers.add(new VectorKernels());
      if (obstacle().isEmpty()) {
        Set<String> features = Set.copyOf(Cpu.detect().features());
        for (InstructionSet set : InstructionSet.values()) {
          if (set.isIn(features)) {
            tiers.add(generated(set));
          }
        }
      }
    }
    return tiers;
  }

  private static Choice best() {
    if (!hasVectorModule()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the Vector API is not there, so the much slower scalar kernels are used;"
              + " start Java with --add-modules jdk.incubator.vector");
      return new Choice(new ScalarKernels(), "started without --add-modules jdk.incubator.vector");
    }
    String obstacle = obstacle();
    if (!obstacle.isEmpty()) {
      return new Choice(new VectorKernels(), "no generated kernels: " + obstacle);
    }
    try {
      return new Choice(generated(), "the processor has what they need");
    } catch (IllegalStateException e) {
      return new Choice(new VectorKernels(), "no generated kernels: " + e.getMessage());
    }
  }

  /// Whether there can be generated code of 512 bits.
  static boolean hasWideCode() {
    return obstacle().isEmpty() && instructionSet().filter(set -> set.bits() == 512).isPresent();
  }

  /// Why there can be no generated kernels; empty if there can.
  private static String obstacle() {
    if (!System.getProperty("os.arch", "").equals("amd64")) {
      return "they are for x86-64, this is " + System.getProperty("os.arch");
    }
    if (!Native.isAvailable()) {
      return "they need Linux and --enable-native-access";
    }
    return instructionSet().isEmpty() ? "the processor has neither AVX-512 VNNI nor AVX2" : "";
  }

  /// The best set of instructions for this processor. On Intel's the product of BF16 is slower than
  /// that of floats (Sapphire Rapids: half as fast), on AMD's twice as fast (Zen 4).
  private static Optional<InstructionSet> instructionSet() {
    Cpu cpu = Cpu.detect();
    Set<String> features = new HashSet<>(cpu.features());
    if (!cpu.model().contains("AMD")) {
      features.remove("avx512_bf16");
    }
    return InstructionSet.largest(features);
  }

  private static Kernels generated() {
    String obstacle = obstacle();
    if (!obstacle.isEmpty()) {
      throw new IllegalArgumentException("-Dkawi.kernels=generated: " + obstacle);
    }
    requireExecutableMemory();
    return generated(instructionSet().orElseThrow());
  }

  /// One for the life of the JVM: its code is never freed, and the same for all.
  private static synchronized Kernels generated(InstructionSet set) {
    return GENERATED.computeIfAbsent(set, s -> new GeneratedKernels(s, vector()));
  }

  /// Fails where the system gives no executable memory, before a model depends on it.
  private static void requireExecutableMemory() {
    byte[] nothing = {(byte) 0xC3}; // ret
    Native.run(Native.install(nothing), 0);
  }

  private static Kernels vector() {
    if (!hasVectorModule()) {
      throw new IllegalArgumentException(
          "-Dkawi.kernels=vector needs the Vector API; start Java with --add-modules"
              + " jdk.incubator.vector");
    }
    return new VectorKernels();
  }

  private static boolean hasVectorModule() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }
}
