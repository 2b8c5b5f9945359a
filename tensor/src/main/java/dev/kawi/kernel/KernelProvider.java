package dev.kawi.kernel;

/// Chooses the tier of kernels, once per model. The system property `kawi.kernels` (`scalar` or
/// `vector`) forces one.
///
/// The vector tier lives behind a guarded class: without `--add-modules jdk.incubator.vector` that
/// module is not there, and touching the class would fail.
public final class KernelProvider {
  private static final System.Logger LOG = System.getLogger("dev.kawi.kernel");

  /// What was chosen, and why, in a sentence for people.
  ///
  /// @param kernels the tier
  /// @param reason why this one
  public record Choice(Kernels kernels, String reason) {}

  private KernelProvider() {}

  /// Chooses by the platform and the system property; logs a line when the vector tier is missing.
  public static Choice choose() {
    String forced = System.getProperty("kawi.kernels", "");
    return switch (forced) {
      case "" -> best();
      case "scalar" -> new Choice(new ScalarKernels(), "forced by -Dkawi.kernels");
      case "vector" -> new Choice(vector(), "forced by -Dkawi.kernels");
      default ->
          throw new IllegalArgumentException(
              "-Dkawi.kernels must be scalar or vector, found " + forced);
    };
  }

  private static Choice best() {
    if (!hasVectorModule()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the Vector API is not there, so the much slower scalar kernels are used;"
              + " start Java with --add-modules jdk.incubator.vector");
      return new Choice(new ScalarKernels(), "started without --add-modules jdk.incubator.vector");
    }
    return new Choice(new VectorKernels(), "the Vector API is there");
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
