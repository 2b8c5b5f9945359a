package dev.kawi.kernel;

import dev.kawi.kernel.x86.InstructionSet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Chooses the tier of kernels, once per model. The system property `kawi.kernels` forces one of
/// [#names]: `scalar`; `vector`, or `vector128`, `vector256` or `vector512` for vectors of that
/// many bits, which holds for the whole life of the JVM; `generated`, or `avx2` or `avx512` for
/// code for these instructions.
///
/// The vector tier is reached through a guarded class: without `--add-modules jdk.incubator.vector`
/// that module is not there, and touching the class would fail.
public final class KernelProvider {
  private static final String PROPERTY = "kawi.kernels";
  private static final List<String> NAMES =
      List.of(
          "scalar", "vector", "vector128", "vector256", "vector512", "generated", "avx2", "avx512");
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
  ///
  /// @throws IllegalArgumentException if the property asks for what there is not
  public static Choice choose() {
    String forced = System.getProperty(PROPERTY, "");
    return forced.isEmpty() ? best() : new Choice(forced(forced), reasonOfForced());
  }

  private static String reasonOfForced() {
    String reason = "forced by -D" + PROPERTY;
    return forcedVectorBits().isPresent() && VectorKernels.areEmulated()
        ? reason + "; the processor has no vectors that wide, so they are slow"
        : reason;
  }

  /// The values of the system property.
  public static List<String> names() {
    return NAMES;
  }

  /// Why this JVM on this machine cannot run the tier with this name; empty if it can.
  public static Optional<String> refusal(String name) {
    String reason =
        switch (name) {
          case "scalar" -> "";
          case "vector" -> vectorObstacle();
          case "vector128", "vector256", "vector512" -> widthObstacle(vectorBits(name));
          case "generated" -> obstacle();
          case "avx2" -> obstacle(InstructionSet.AVX2);
          case "avx512" -> obstacle(InstructionSet.AVX512);
          default ->
              throw new IllegalArgumentException(
                  "-D%s must be one of %s, found %s"
                      .formatted(PROPERTY, String.join(", ", NAMES), name));
        };
    return Optional.of(reason).filter(text -> !text.isEmpty());
  }

  private static Kernels forced(String name) {
    Optional<String> refusal = refusal(name);
    if (refusal.isPresent()) {
      throw new IllegalArgumentException("-D%s=%s: %s".formatted(PROPERTY, name, refusal.get()));
    }
    return switch (name) {
      case "scalar" -> new ScalarKernels();
      case "generated", "avx512" -> generated();
      case "avx2" -> generated(InstructionSet.AVX2);
      default -> new VectorKernels();
    };
  }

  /// The bits of a vector that the system property asks for; empty if it leaves them to the
  /// platform.
  static OptionalInt forcedVectorBits() {
    String forced = System.getProperty(PROPERTY, "");
    return switch (forced) {
      case "vector128", "vector256", "vector512" -> OptionalInt.of(vectorBits(forced));
      default -> OptionalInt.empty();
    };
  }

  private static int vectorBits(String name) {
    return Integer.parseInt(name.substring("vector".length()));
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

  /// Why there can be no code for these instructions; empty if there can.
  private static String obstacle(InstructionSet set) {
    String obstacle = obstacle();
    List<String> missing = set.missing(Set.copyOf(Cpu.detect().features()));
    return obstacle.isEmpty() && !missing.isEmpty()
        ? "this processor lacks " + String.join(", ", missing)
        : obstacle;
  }

  private static Kernels generated() {
    return generated(instructionSet().orElseThrow());
  }

  /// One for the life of the JVM: its code is never freed, and the same for all.
  private static synchronized Kernels generated(InstructionSet set) {
    requireExecutableMemory();
    return GENERATED.computeIfAbsent(set, s -> new GeneratedKernels(s, new VectorKernels()));
  }

  /// Fails where the system gives no executable memory, before a model depends on it.
  private static void requireExecutableMemory() {
    byte[] nothing = {(byte) 0xC3}; // ret
    Native.run(Native.install(nothing), 0);
  }

  private static String vectorObstacle() {
    return hasVectorModule()
        ? ""
        : "it needs the Vector API; start Java with --add-modules jdk.incubator.vector";
  }

  private static String widthObstacle(int bits) {
    String obstacle = vectorObstacle();
    if (obstacle.isEmpty() && VectorKernels.bits() != bits) {
      return "the vectors of this JVM have %d bits since it first used them; give the option when Java starts"
          .formatted(VectorKernels.bits());
    }
    return obstacle;
  }

  private static boolean hasVectorModule() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }
}
