package dev.kawi.token;

import java.util.Random;

/// Seeded random strings of every kind of character.
final class RandomText {
  private static final String[] PARTS = {
    "the",
    " the",
    "don't",
    "123",
    "\n\n",
    "  ",
    " ",
    "你好",
    "é",
    "e\u0301",
    "\uD83D\uDE00",
    "।",
    "<|endoftext|>",
    "</s>",
    "<|user|>",
    "<tool>",
    "\u2581",
    "<0x41>",
    "[CLS]",
    "\0",
    "\u3000"
  };

  private final Random random;

  RandomText(long seed) {
    random = new Random(seed);
  }

  Random random() {
    return random;
  }

  /// A well-formed string.
  String next() {
    StringBuilder text = new StringBuilder();
    int parts = random.nextInt(12);
    for (int i = 0; i < parts; i++) {
      switch (random.nextInt(4)) {
        case 0 -> text.append(PARTS[random.nextInt(PARTS.length)]);
        case 1 -> text.append((char) (' ' + random.nextInt(95)));
        case 2 -> text.append(Character.toString(random.nextInt(0xD800)));
        default -> text.append(Character.toString(0x10000 + random.nextInt(0x100000)));
      }
    }
    return text.toString();
  }
}
