package dev.kawi.kernel.x86;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// What code may be generated for: sets of instructions, each one more than the one before.
public enum InstructionSet {
  AVX2("AVX2", 256),
  AVX512("AVX-512 VNNI", 512),
  AVX512_BF16("AVX-512 VNNI BF16", 512);

  private static final List<String> NARROW = List.of("avx2", "f16c", "fma");
  private static final List<String> WIDE =
      List.of("avx512f", "avx512bw", "avx512vl", "avx512_vnni");

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

  /// What a processor with these features, in the words of Linux, lacks of it.
  public List<String> missing(Set<String> found) {
    return features().filter(feature -> !found.contains(feature)).toList();
  }

  private Stream<String> features() {
    return switch (this) {
      case AVX2 -> NARROW.stream();
      case AVX512 -> Stream.concat(AVX2.features(), WIDE.stream());
      case AVX512_BF16 -> Stream.concat(AVX512.features(), Stream.of("avx512_bf16"));
    };
  }

  /// Whether a processor with these features has it.
  public boolean isIn(Set<String> found) {
    return missing(found).isEmpty();
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
