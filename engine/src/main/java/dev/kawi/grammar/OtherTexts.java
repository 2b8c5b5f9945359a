package dev.kawi.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// All texts but some, as the inside of a string: a trie of the texts, which any other character
/// leaves for good.
final class OtherTexts {
  private static final int ELSEWHERE = 1;

  private final List<Syntax.Arc> arcs = new ArrayList<>();
  private final List<Integer> ends = new ArrayList<>(List.of(ELSEWHERE));
  private int states = 2;

  /// The texts that are none of these.
  Syntax notOneOf(List<int[]> texts) {
    arcs.add(new Syntax.Arc(ELSEWHERE, JsonText.character(CodePoints.ALL), ELSEWHERE));
    branch(0, texts, 0);
    return new Syntax.Graph(arcs, ends);
  }

  private void branch(int state, List<int[]> texts, int length) {
    Map<Integer, List<int[]>> longer = new HashMap<>();
    boolean excluded = false;
    for (int[] text : texts) {
      if (text.length == length) {
        excluded = true;
      } else {
        longer.computeIfAbsent(text[length], _ -> new ArrayList<>()).add(text);
      }
    }
    if (!excluded) {
      ends.add(state);
    }
    int[] taken =
        longer.keySet().stream().flatMap(c -> List.of(c, c).stream()).mapToInt(c -> c).toArray();
    arcs.add(
        new Syntax.Arc(state, JsonText.character(CodePoints.of(taken).complement()), ELSEWHERE));
    longer.forEach((c, rest) -> {
      int next = states++;
      arcs.add(new Syntax.Arc(state, JsonText.character(CodePoints.of(c, c)), next));
      branch(next, rest, length + 1);
    });
  }
}
