package dev.kawi.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/// Writes random texts of a grammar byte by byte, without a vocabulary. Quotes and closing brackets
/// are likelier than other bytes, so that texts end.
final class RandomTexts {
  private static final String CLOSING = "\"]}";

  private final Grammar grammar;
  private final Random random;
  private final Closure closure = new Closure();

  RandomTexts(Grammar grammar, long seed) {
    this.grammar = grammar;
    this.random = new Random(seed);
  }

  String next() {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    Position position = closure.start(grammar.root());
    while (position.size() > 0) {
      if (position.ends == Position.Ends.TEXT && random.nextInt(4) == 0) {
        break;
      }
      int value = choose(position);
      text.write(value);
      position = closure.next(position, value);
    }
    return text.toString(StandardCharsets.UTF_8);
  }

  private int choose(Position position) {
    IntList possible = new IntList();
    for (int value = 0; value < 256; value++) {
      if (!closure.next(position, value).isDead()) {
        possible.add(value);
      }
    }
    int[] values = possible.toArray();
    for (int value : values) {
      if (CLOSING.indexOf(value) >= 0 && random.nextInt(5) == 0) {
        return value;
      }
    }
    return values[random.nextInt(values.length)];
  }
}
