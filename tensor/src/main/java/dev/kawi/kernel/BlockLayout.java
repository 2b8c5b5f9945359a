package dev.kawi.kernel;

import static dev.kawi.kernel.Kernels.GROUP_ROWS;

import dev.kawi.tensor.StorageType;

// How it works. The int8 dot product of a processor multiplies four neighbours in k for each 32-bit
// lane. So sixteen rows are put side by side, a row in a lane: the 32-bit words of the stored
// levels are transposed as they are, without unpacking them, and so are the scales. A unit (a block
// of 32 or 256 elements of each of sixteen rows) is, in this order:
//
//   scales  16 f16 (MXFP4: bf16, which holds its powers of two)
//   minimums 16 f16, of types that have them
//   small scales, small minimums: 16 signed or unsigned bytes for each sub-block
//   words   64 bytes for each 32-bit word of levels
//
// Words lie in the order in which they are first read, because memory is fast where it is read in
// order: those of Q6_K are not in the order of the file.
//
// Word w of a row's levels is four bytes; a group is four elements in k, element 4 g + b in byte b
// of what `low` and `high` select. All types fit this one description, because their makers had the
// same instructions in mind. It takes as much memory as the file, or up to 3 % more where 6-bit
// scales become bytes.

/// Where in packed weights the levels and scales of a block type lie.
///
/// @param type the stored type
/// @param lowBits bits of a level in the first of its words
/// @param highBits further bits in another word
/// @param offset what was added to levels to make them unsigned
/// @param table levels are indices into this table of signed bytes; empty if they are not
/// @param small what scales a sub-block within a block
/// @param words 32-bit words of levels in a block
public record BlockLayout(
    StorageType type, int lowBits, int highBits, int offset, Table table, Small small, int words) {

  /// How levels are to be understood.
  public enum Table {
    /// As they are.
    NONE,
    /// Indices into the sixteen levels of IQ4_NL.
    IQ4,
    /// Indices into the values of FP4.
    FP4;

    /// The signed bytes that indices stand for.
    public byte[] bytes() {
      return switch (this) {
        case NONE -> new byte[0];
        case IQ4 -> Blocks.IQ4_LEVELS.clone();
        case FP4 -> Blocks.FP4_DOUBLED.clone();
      };
    }
  }

  /// What scales a sub-block within a block.
  public enum Small {
    /// Nothing.
    NONE,
    /// A signed byte.
    SIGNED,
    /// An unsigned byte, and another one for the minimum.
    WITH_MIN,
    /// The low half of a byte; the high half is for the minimum.
    NIBBLES
  }

  /// The layout of a block type.
  public static BlockLayout of(StorageType type) {
    return switch (type) {
      case Q8_0 -> new BlockLayout(type, 8, 0, 128, Table.NONE, Small.NONE, 8);
      case Q4_0 -> new BlockLayout(type, 4, 0, 8, Table.NONE, Small.NONE, 4);
      case Q4_1 -> new BlockLayout(type, 4, 0, 0, Table.NONE, Small.NONE, 4);
      case Q5_0 -> new BlockLayout(type, 4, 1, 16, Table.NONE, Small.NONE, 5);
      case Q5_1 -> new BlockLayout(type, 4, 1, 0, Table.NONE, Small.NONE, 5);
      case Q2_K -> new BlockLayout(type, 2, 0, 0, Table.NONE, Small.NIBBLES, 16);
      case Q3_K -> new BlockLayout(type, 2, 1, 4, Table.NONE, Small.SIGNED, 24);
      case Q4_K -> new BlockLayout(type, 4, 0, 0, Table.NONE, Small.WITH_MIN, 32);
      case Q5_K -> new BlockLayout(type, 4, 1, 0, Table.NONE, Small.WITH_MIN, 40);
      case Q6_K -> new BlockLayout(type, 4, 2, 32, Table.NONE, Small.SIGNED, 48);
      case IQ4_NL -> new BlockLayout(type, 4, 0, 128, Table.IQ4, Small.NONE, 4);
      case IQ4_XS -> new BlockLayout(type, 4, 0, 128, Table.IQ4, Small.SIGNED, 32);
      case MXFP4 -> new BlockLayout(type, 4, 0, 128, Table.FP4, Small.NONE, 4);
      case F32, F16, BF16 ->
          throw new IllegalArgumentException("Bug: " + type + " is read as it is stored");
    };
  }

  /// Whether the weights of a type are packed; the others are read as they are stored.
  public static boolean isPacked(StorageType type) {
    return type.blockSize() > 1;
  }

  /// Whether scales are bf16, which holds powers of two of any size, and not f16.
  public boolean hasBf16Scales() {
    return type == StorageType.MXFP4;
  }

  /// Elements in a block.
  public int unitSize() {
    return type.blockSize();
  }

  /// Elements that share a scale.
  public int subSize() {
    return Blocks.subSize(type);
  }

  /// Sub-blocks in a block.
  public int subs() {
    return unitSize() / subSize();
  }

  /// Whether elements have a minimum added.
  public boolean hasMins() {
    return Blocks.hasMins(type);
  }

  /// Where the scales of the minimums begin.
  public int minOffset() {
    return 2 * GROUP_ROWS;
  }

  /// Where the small scales begin.
  public int smallOffset() {
    return minOffset() + (hasMins() ? 2 * GROUP_ROWS : 0);
  }

  /// Where the small minimums begin, if they have bytes of their own.
  public int smallMinOffset() {
    return smallOffset() + subs() * GROUP_ROWS;
  }

  /// Where the words begin.
  public int wordOffset() {
    return smallOffset()
        + switch (small) {
              case NONE -> 0;
              case SIGNED, NIBBLES -> subs();
              case WITH_MIN -> 2 * subs();
            }
            * GROUP_ROWS;
  }

  /// Bytes of a block of sixteen rows.
  public int unitBytes() {
    return wordOffset() + words * 4 * GROUP_ROWS;
  }

  /// Where the word with the lower bits of group `g` of a block begins.
  public int lowOffset(int g) {
    return wordOffset() + 4 * GROUP_ROWS * lowWord(g);
  }

  /// Where the word with the upper bits of group `g` begins.
  public int highOffset(int g) {
    return wordOffset() + 4 * GROUP_ROWS * highWord(g);
  }

  private int lowWord(int g) {
    int run = g / 8; // of 32 elements
    int word = g % 8;
    return switch (type) {
      case Q8_0 -> g;
      case Q4_0, Q4_1, IQ4_NL, MXFP4 -> g % 4;
      case Q5_0, Q5_1 -> 1 + g % 4;
      case Q2_K -> 8 * (run / 4) + word;
      case Q3_K -> 8 + 8 * (run / 4) + word;
      case Q4_K -> 8 * (run / 2) + word;
      case Q5_K -> 8 + 8 * (run / 2) + word;
      case Q6_K -> 24 * (run / 4) + (run % 2 == 0 ? 2 * word : 16 + word);
      case IQ4_XS -> 4 * run + g % 4;
      case F32, F16, BF16 -> throw new AssertionError("Bug: " + type);
    };
  }

  /// How far right the lower bits of group `g` are to be shifted.
  public int lowShift(int g) {
    int run = g / 8;
    return switch (type) {
      case Q8_0 -> 0;
      case Q4_0, Q4_1, Q5_0, Q5_1, IQ4_NL, IQ4_XS, MXFP4 -> 4 * (g % 8 / 4);
      case Q2_K, Q3_K -> 2 * (run % 4);
      case Q4_K, Q5_K -> 4 * (run % 2);
      case Q6_K -> 4 * (run % 4 / 2);
      case F32, F16, BF16 -> throw new AssertionError("Bug: " + type);
    };
  }

  private int highWord(int g) {
    return switch (type) {
      case Q5_0, Q5_1 -> 0;
      case Q3_K, Q5_K -> g % 8;
      case Q6_K -> 24 * (g / 32) + 2 * (g % 8) + 1;
      default -> throw new AssertionError("Bug: levels of " + type + " lie in one word");
    };
  }

  /// How far right the upper bits of group `g` are to be shifted.
  public int highShift(int g) {
    return switch (type) {
      case Q5_0, Q5_1 -> g;
      case Q3_K, Q5_K -> g / 8;
      case Q6_K -> 2 * (g / 8 % 4);
      default -> throw new AssertionError("Bug: levels of " + type + " lie in one word");
    };
  }

  /// A mask of `bits` bits in each byte of a word.
  public static int everyByte(int bits) {
    return 0x01010101 * ((1 << bits) - 1);
  }
}
