package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Merging by heap against the definition of BPE, carried out step by step.
class LongWordTest {
  private static final String[] MERGES = {"a b", "ab c", "b c", "a a", "aa aa", "c ab", "abc abc"};

  @Test
  void heapAndScan_giveWhatTheDefinitionGives() {
    PieceTable pieces = new PieceTable(0);
    LongMap byPair = new LongMap(8);
    for (char c = 'a'; c <= 'd'; c++) {
      pieces.intern(Utf8.bytes("" + c));
    }
    for (int rank = 0; rank < MERGES.length; rank++) {
      String[] pair = MERGES[rank].split(" ", -1);
      int left = pieces.intern(Utf8.bytes(pair[0]));
      int right = pieces.intern(Utf8.bytes(pair[1]));
      int both = pieces.intern(Utf8.bytes(pair[0] + pair[1]));
      byPair.putIfAbsent(Merges.pair(left, right), Merges.merge(rank, both));
    }
    MergeModel model =
        new MergeModel(
            MergeModel.Start.BYTES,
            pieces,
            pieces.size(),
            Merges.listed(byPair),
            (word, from, to, out) -> out.addUnknown(OptionalInt.empty(), to - from));
    Random random = new Random(21);
    for (int round = 0; round < 400; round++) {
      StringBuilder word = new StringBuilder();
      int length = 1 + random.nextInt(round % 2 == 0 ? 30 : 300);
      random.ints(length, 'a', 'e').forEach(c -> word.append((char) c));
      TokenBuffer out = new TokenBuffer();
      model.encode(Utf8.bytes(word.toString()), length, out);
      List<String> got = new ArrayList<>();
      for (int i = 0; i < out.size(); i++) {
        got.add(word.substring(out.start(i), out.end(i)));
      }
      assertEquals(byDefinition(word.toString()), got);
    }
  }

  private static List<String> byDefinition(String word) {
    List<String> symbols = new ArrayList<>();
    word.chars().forEach(c -> symbols.add("" + (char) c));
    while (true) {
      int best = -1;
      int bestRank = MERGES.length;
      for (int i = 0; i + 1 < symbols.size(); i++) {
        int rank = List.of(MERGES).indexOf(symbols.get(i) + " " + symbols.get(i + 1));
        if (rank >= 0 && rank < bestRank) {
          best = i;
          bestRank = rank;
        }
      }
      if (best < 0) {
        return symbols;
      }
      symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
    }
  }
}
