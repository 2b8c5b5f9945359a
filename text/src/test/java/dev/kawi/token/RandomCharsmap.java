package dev.kawi.token;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A `precompiled_charsmap` with a few rules of the kinds that SentencePiece's nmt_nfkc has: builds
/// the double array that [Charsmap] reads.
final class RandomCharsmap {
  private static final Map<String, String> RULES =
      Map.ofEntries(
          Map.entry("\t", " "),
          Map.entry("\n", " "),
          Map.entry("\r", " "),
          Map.entry("\u0001", ""),
          Map.entry("\u007F", ""),
          Map.entry("\u00A0", " "),
          Map.entry("\u3000", " "),
          Map.entry("\u2003", " "),
          Map.entry("\u200B", " "),
          Map.entry("\u200D", ""),
          Map.entry("\uFB01", "fi"),
          Map.entry("\u2460", "1"),
          Map.entry("\u00BD", "1\u20442"),
          Map.entry("\uFF41", "a"),
          Map.entry("\uFF42", "b"),
          Map.entry("\uFF11", "1"),
          Map.entry("e\u0301", "\u00E9"),
          Map.entry("\u304B\u3099", "\u304C"),
          Map.entry("\uFF76", "\u30AB"),
          Map.entry("\uFF76\uFF9E", "\u30AC"),
          Map.entry("\u2026", "..."),
          Map.entry("\u2122", "TM"),
          Map.entry("\u1112\u1161", "\uD558"),
          Map.entry("\uFDFA", "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647"));

  static final String BASE64 = Base64.getEncoder().encodeToString(new RandomCharsmap().blob());

  /// A node of the trie, its children by byte.
  private static final class Node {
    private final TreeMap<Integer, Node> children = new TreeMap<>();
    private int value = -1;
  }

  private int[] units = new int[1 << 12];
  private final BitSet taken = new BitSet();
  private final BitSet bases = new BitSet();

  private byte[] blob() {
    Node root = new Node();
    StringBuilder replacements = new StringBuilder();
    int length = 0;
    for (Map.Entry<String, String> rule : new TreeMap<>(RULES).entrySet()) {
      Node node = root;
      for (byte b : rule.getKey().getBytes(StandardCharsets.UTF_8)) {
        node = node.children.computeIfAbsent(b & 0xFF, key -> new Node());
      }
      node.value = length;
      replacements.append(rule.getValue()).append('\0');
      length += rule.getValue().getBytes(StandardCharsets.UTF_8).length + 1;
    }
    taken.set(0);
    place(root, 0);
    int size = (taken.length() + 511) & ~255;
    ByteBuffer blob =
        ByteBuffer.allocate(4 + 4 * size + length).order(ByteOrder.LITTLE_ENDIAN).putInt(4 * size);
    Arrays.stream(units, 0, size).forEach(blob::putInt);
    return blob.put(replacements.toString().getBytes(StandardCharsets.UTF_8)).array();
  }

  /// Gives the children of the node at this index places of which none is taken.
  private void place(Node node, int index) {
    List<Integer> labels = new ArrayList<>(node.children.keySet());
    if (node.value >= 0) {
      labels.add(0);
      units[index] |= 1 << 8;
    }
    int base = 1;
    while (bases.get(base) || !isFree(base, labels)) {
      base++;
    }
    bases.set(base);
    units[index] |= (index ^ base) << 10;
    for (int label : labels) {
      taken.set(base ^ label);
      units[base ^ label] = label == 0 ? node.value | 1 << 31 : label;
    }
    for (Map.Entry<Integer, Node> child : node.children.entrySet()) {
      place(child.getValue(), base ^ child.getKey());
    }
  }

  private boolean isFree(int base, List<Integer> labels) {
    return labels.stream().noneMatch(label -> taken.get(base ^ label));
  }
}
