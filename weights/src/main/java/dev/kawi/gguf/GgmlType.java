package dev.kawi.gguf;

import dev.kawi.tensor.StorageType;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// What ggml calls the tensor types by number, whether or not Kawi reads them: a file with a type
/// that is only known by name can still be inspected. Source: the type table of ggml (`ggml.h`,
/// `ggml-common.h`).
record GgmlType(int id, String name, int blockSize, int blockBytes) {
  private static final Map<Integer, GgmlType> KNOWN =
      Arrays.stream(
              new GgmlType[] {
                new GgmlType(9, "Q8_1", 32, 36),
                new GgmlType(15, "Q8_K", 256, 292),
                new GgmlType(16, "IQ2_XXS", 256, 66),
                new GgmlType(17, "IQ2_XS", 256, 74),
                new GgmlType(18, "IQ3_XXS", 256, 98),
                new GgmlType(19, "IQ1_S", 256, 50),
                new GgmlType(21, "IQ3_S", 256, 110),
                new GgmlType(22, "IQ2_S", 256, 82),
                new GgmlType(24, "I8", 1, 1),
                new GgmlType(25, "I16", 1, 2),
                new GgmlType(26, "I32", 1, 4),
                new GgmlType(27, "I64", 1, 8),
                new GgmlType(28, "F64", 1, 8),
                new GgmlType(29, "IQ1_M", 256, 56),
                new GgmlType(34, "TQ1_0", 256, 54),
                new GgmlType(35, "TQ2_0", 256, 66),
                new GgmlType(40, "NVFP4", 64, 36),
              })
          .collect(Collectors.toUnmodifiableMap(GgmlType::id, type -> type));

  /// Types that were once written and were taken out of the format again.
  private static final Map<Integer, String> REMOVED =
      Map.of(
          4, "Q4_2 (removed from the format in 2023)",
          5, "Q4_3 (removed from the format in 2023)",
          31, "Q4_0_4_4 (removed from the format; convert the model to Q4_0)",
          32, "Q4_0_4_8 (removed from the format; convert the model to Q4_0)",
          33, "Q4_0_8_8 (removed from the format; convert the model to Q4_0)",
          36, "IQ4_NL_4_4 (removed from the format; convert the model to IQ4_NL)",
          37, "IQ4_NL_4_8 (removed from the format; convert the model to IQ4_NL)",
          38, "IQ4_NL_8_8 (removed from the format; convert the model to IQ4_NL)");

  /// The type with this number, if its block layout is known.
  static Optional<GgmlType> of(int id) {
    return StorageType.ofGgmlId(id)
        .map(t -> new GgmlType(id, t.name(), t.blockSize(), t.blockBytes()))
        .or(() -> Optional.ofNullable(KNOWN.get(id)));
  }

  /// A name to show for this number, also when nothing is known about it.
  static String nameOf(int id) {
    return of(id)
        .map(GgmlType::name)
        .orElseGet(() -> REMOVED.getOrDefault(id, "type number " + Integer.toUnsignedString(id)));
  }
}
