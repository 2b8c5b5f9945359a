package dev.kawi.grammar;

import dev.kawi.token.Tokenizer;
import dev.kawi.token.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;

/// The tokens of a vocabulary as a trie of their bytes, in preorder: the children of node `i` begin
/// at `i + 1`, and `ends[i]` is the first node that does not lie under it. A walk is one pass over
/// arrays that jumps over what is impossible.
///
/// A control token stands in it as its text between two bytes of [FreeTextStates#CONTROL], which no
/// text reaches; tokens that end a generation, stand for nothing, or have bytes that UTF-8 does not
/// know, do not stand in it.
final class TokenTrie {
  final byte[] labels;
  final int[] ends;
  final short[] depths;

  /// The first place in `tokens` that lies under the node.
  final int[] from;

  /// How many tokens end at the node.
  final byte[] counts;

  /// Token ids in the order of their bytes.
  final int[] tokens;

  /// Token ids, the longest first.
  final int[] byLength;

  private final byte[][] bytes;
  private final int longest;
  private final int vocabSize;

  private static final class Builder {
    byte[] labels = new byte[1024];
    int[] ends = new int[1024];
    short[] depths = new short[1024];
    int[] from = new int[1024];
    byte[] counts = new byte[1024];
    int size;

    int add(byte label, int depth, int token) {
      if (size == labels.length) {
        labels = Arrays.copyOf(labels, 2 * size);
        ends = Arrays.copyOf(ends, 2 * size);
        depths = Arrays.copyOf(depths, 2 * size);
        from = Arrays.copyOf(from, 2 * size);
        counts = Arrays.copyOf(counts, 2 * size);
      }
      labels[size] = label;
      depths[size] = (short) depth;
      from[size] = token;
      return size++;
    }
  }

  private TokenTrie(byte[][] bytes, int[] tokens) {
    this.bytes = bytes;
    this.tokens = tokens;
    this.vocabSize = bytes.length;
    this.byLength =
        IntStream.of(tokens)
            .mapToLong(token -> (long) -bytes[token].length << 32 | token)
            .sorted()
            .mapToInt(key -> (int) key)
            .toArray();
    this.longest = tokens.length == 0 ? 0 : bytes[byLength[0]].length;
    Builder builder = new Builder();
    int[] path = new int[longest + 1];
    int depth = 0;
    byte[] before = {};
    for (int t = 0; t < tokens.length; t++) {
      byte[] text = bytes[tokens[t]];
      int common = Arrays.mismatch(before, text);
      for (; common >= 0 && depth > common; depth--) {
        builder.ends[path[depth]] = builder.size;
      }
      while (depth < text.length) {
        byte label = text[depth++];
        path[depth] = builder.add(label, depth, t);
      }
      builder.counts[path[depth]]++;
      before = text;
    }
    for (; depth > 0; depth--) {
      builder.ends[path[depth]] = builder.size;
    }
    labels = Arrays.copyOf(builder.labels, builder.size);
    ends = Arrays.copyOf(builder.ends, builder.size);
    depths = Arrays.copyOf(builder.depths, builder.size);
    from = Arrays.copyOf(builder.from, builder.size);
    counts = Arrays.copyOf(builder.counts, builder.size);
  }

  static TokenTrie of(Tokenizer tokenizer) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    byte[][] bytes =
        IntStream.range(0, vocabulary.size())
            .mapToObj(id -> bytes(tokenizer, id))
            .toArray(byte[][]::new);
    int[] tokens =
        IntStream.range(0, bytes.length)
            .filter(id -> bytes[id].length > 0)
            .boxed()
            .sorted((a, b) -> Arrays.compareUnsigned(bytes[a], bytes[b]))
            .mapToInt(Integer::intValue)
            .toArray();
    return new TokenTrie(bytes, tokens);
  }

  private static byte[] bytes(Tokenizer tokenizer, int id) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    byte[] none = {};
    if (vocabulary.isEndOfGeneration(id)) {
      return none;
    }
    return switch (vocabulary.kind(id)) {
      case NORMAL, USER_DEFINED, BYTE -> {
        byte[] bytes = tokenizer.bytes(id);
        yield usable(bytes) ? bytes : none;
      }
      case CONTROL -> control(vocabulary.text(id));
      case UNKNOWN, UNUSED -> none;
    };
  }

  private static boolean usable(byte[] bytes) {
    for (byte b : bytes) {
      int value = b & 0xff;
      if (value == 0xC0 || value == 0xC1 || value > 0xF4) {
        return false;
      }
    }
    return bytes.length <= Short.MAX_VALUE;
  }

  /// What stands for a control token of this text.
  static byte[] control(String text) {
    byte[] inner = text.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = new byte[inner.length + 2];
    System.arraycopy(inner, 0, bytes, 1, inner.length);
    bytes[0] = (byte) FreeTextStates.CONTROL;
    bytes[bytes.length - 1] = (byte) FreeTextStates.CONTROL;
    return bytes;
  }

  /// The bytes of a token; none for one that does not stand in the trie.
  byte[] bytes(int token) {
    return bytes[token];
  }

  /// The bytes from the root to a node are the first `depths[node]` of these.
  byte[] path(int node) {
    return bytes[tokens[from[node]]];
  }

  int nodes() {
    return labels.length;
  }

  /// Bytes of the longest token.
  int longest() {
    return longest;
  }

  int vocabSize() {
    return vocabSize;
  }
}
