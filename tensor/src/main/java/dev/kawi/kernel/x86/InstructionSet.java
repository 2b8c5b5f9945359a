package dev.kawi.kernel.x86;

import java.util.Optional;
import java.util.Set;

/// What code may be generated for: sets of instructions, each one more than the one before.
public enum InstructionSet {
  AVX2("AVX2", 256),
  AVX512("AVX-512 VNNI", 512),
  AVX512_BF16("AVX-512 VNNI BF16", 512);

  private static final Set<String> NARROW = Set.of("avx2", "f16c", "fma");
  private static final Set<String> WIDE = Set.of("avx512f", "avx512bw", "avx512vl", "avx512_vnni");

  private final String title;
  private final int bits;

  InstructionSet(String title, int bits) {
    this.title = title;
    this.bits = bits;
  }

  /// Its name, for people.
  public String title() {
    return title;
  }

  /// Bits of its vectors.
  public int bits() {
    return bits;
  }

  /// Whether a processor with these features, in the words of Linux, has it.
  public boolean isIn(Set<String> features) {
    return switch (this) {
      case AVX2 -> features.containsAll(NARROW);
      case AVX512 -> AVX2.isIn(features) && features.containsAll(WIDE);
      case AVX512_BF16 -> AVX512.isIn(features) && features.contains("avx512_bf16");
    };
  }

  /// The largest that a processor with these features has.
  public static Optional<InstructionSet> largest(Set<String> features) {
    Optional<InstructionSet> largest = Optional.empty();
    for (InstructionSet set : values()) {
      if (set.isIn(features)) {
        largest = Optional.of(set);
      }
    }
    return largest;
  }
}
