package dev.kawi.token;

import java.util.Arrays;
import java.util.OptionalInt;

/// Byte-pair encoding: a word begins as single symbols (bytes, or characters), and of all
/// neighbours that may merge the pair of the least rank, the leftmost of equals, merges first,
/// until none is left.
///
/// Short words look for that pair by a scan; long ones keep the pairs in a heap, in which a pair
/// that has changed since is recognised by its rank when it comes out, so that a word of n symbols
/// takes O(n log n).
///
/// The same algorithm serves byte-level BPE with a list of merges (GPT-2), tiktoken's ranks, and
/// SentencePiece's BPE, which differ in [Start] and [Merges].
final class MergeModel implements WordModel {
  private static final int SHORT = 40;
  private static final int GONE = -2;

  /// What a word begins as.
  @FunctionalInterface
  interface Start {
    /// Every byte is a symbol.
    Start BYTES =
        (word, length, pieces, chain) -> {
          for (int at = 0; at < length; at++) {
            chain.add(pieces.find(word, at, at + 1), at);
          }
        };

    /// Every character is a symbol.
    Start CHARACTERS =
        (word, length, pieces, chain) -> {
          for (int at = 0; at < length; ) {
            int end = Math.min(length, at + Utf8.length(word[at]));
            chain.add(pieces.find(word, at, end), at);
            at = end;
          }
        };

    /// Adds the symbols of the word, each with the index at which it begins.
    void fill(byte[] word, int length, PieceTable pieces, Symbols chain);

    /// How many symbols a word of so many bytes has at most.
    default int most(int length) {
      return length;
    }
  }

  /// Takes the symbols of a word.
  @FunctionalInterface
  interface Symbols {
    void add(int symbol, int start);
  }

  /// What happens to a symbol that is no token.
  @FunctionalInterface
  interface Fallback {
    void encode(byte[] word, int from, int to, TokenBuffer out);
  }

  private final Start start;
  private final PieceTable pieces;
  private final int vocabSize;
  private final Merges merges;
  private final Fallback fallback;

  MergeModel(Start start, PieceTable pieces, int vocabSize, Merges merges, Fallback fallback) {
    this.start = start;
    this.pieces = pieces;
    this.vocabSize = vocabSize;
    this.merges = merges;
    this.fallback = fallback;
  }

  /// Takes a word that is a token as that token, and leaves the others to the model.
  static WordModel wholeWordsFirst(PieceTable pieces, int vocabSize, WordModel model) {
    return (word, length, out) -> {
      int id = pieces.find(word, 0, length);
      if (id != PieceTable.ABSENT && id < vocabSize) {
        out.add(id, length);
      } else {
        model.encode(word, length, out);
      }
    };
  }

  @Override
  public void encode(byte[] word, int length, TokenBuffer out) {
    new Chain(word, length).mergeAndEmit(out);
  }

  /// The symbols of one word, linked by the index at which each begins its stretch.
  private final class Chain {
    private final byte[] word;
    private final int[] symbols;
    private final int[] starts;
    private final int[] next;
    private final long[] candidates;
    private int size;

    Chain(byte[] word, int length) {
      this.word = word;
      int most = start.most(length);
      symbols = new int[most];
      starts = new int[most + 1];
      start.fill(word, length, pieces, this::add);
      starts[size] = length;
      next = new int[size];
      candidates = new long[size];
      for (int i = 0; i < size; i++) {
        next[i] = i + 1;
      }
    }

    private void add(int symbol, int at) {
      symbols[size] = symbol;
      starts[size] = size == 0 ? 0 : Math.max(at, starts[size - 1]);
      size++;
    }

    void mergeAndEmit(TokenBuffer out) {
      if (size == 0) {
        out.skip(starts[0]);
        return;
      }
      for (int i = 0; i + 1 < size; i++) {
        candidates[i] = candidate(i);
      }
      candidates[size - 1] = Merges.NONE;
      if (size <= SHORT) {
        mergeByScan();
      } else {
        mergeByHeap();
      }
      emit(out);
    }

    private long candidate(int i) {
      int right = next[i];
      if (right >= size) {
        return Merges.NONE;
      }
      int end = next[right] < size ? starts[next[right]] : starts[size];
      return merges.find(symbols[i], symbols[right], word, starts[i], end);
    }

    private void mergeByScan() {
      while (true) {
        int best = -1;
        int before = -1;
        int beforeBest = -1;
        for (int i = 0; i < size; i = next[i]) {
          if (candidates[i] != Merges.NONE
              && (best < 0 || rank(candidates[i]) < rank(candidates[best]))) {
            best = i;
            beforeBest = before;
          }
          before = i;
        }
        if (best < 0) {
          return;
        }
        merge(best);
        candidates[best] = candidate(best);
        if (beforeBest >= 0) {
          candidates[beforeBest] = candidate(beforeBest);
        }
      }
    }

    private void mergeByHeap() {
      int[] previous = new int[size];
      LongHeap heap = new LongHeap();
      for (int i = 0; i < size; i++) {
        previous[i] = i - 1;
        push(heap, i);
      }
      while (!heap.isEmpty()) {
        long top = heap.pop();
        int i = (int) top;
        if (symbols[i] == GONE
            || candidates[i] == Merges.NONE
            || rank(candidates[i]) != top >> 32) {
          continue;
        }
        merge(i);
        if (next[i] < size) {
          previous[next[i]] = i;
        }
        candidates[i] = candidate(i);
        push(heap, i);
        int before = previous[i];
        if (before >= 0) {
          candidates[before] = candidate(before);
          push(heap, before);
        }
      }
    }

    private void push(LongHeap heap, int i) {
      if (candidates[i] != Merges.NONE) {
        heap.push((rank(candidates[i]) << 32) | i);
      }
    }

    private static long rank(long candidate) {
      return candidate >> 32;
    }

    private void merge(int i) {
      int right = next[i];
      symbols[i] = (int) candidates[i];
      symbols[right] = GONE;
      next[i] = next[right];
    }

    private void emit(TokenBuffer out) {
      for (int i = 0; i < size; i = next[i]) {
        int end = next[i] < size ? starts[next[i]] : starts[size];
        if (symbols[i] >= 0 && symbols[i] < vocabSize) {
          out.add(symbols[i], end - starts[i]);
        } else {
          fallback.encode(word, starts[i], end, out);
        }
      }
    }
  }

  /// Every byte as the token that stands for it; where one has none, the unknown token for all of
  /// the symbol, or nothing if the vocabulary has no unknown token either.
  static Fallback byteTokens(int[] byteToken, OptionalInt unknown) {
    int[] tokens = Arrays.copyOf(byteToken, 256);
    return (word, from, to, out) -> {
      boolean all = true;
      for (int i = from; i < to; i++) {
        all &= tokens[word[i] & 0xFF] >= 0;
      }
      if (!all) {
        out.addUnknown(unknown, to - from);
        return;
      }
      for (int i = from; i < to; i++) {
        out.add(tokens[word[i] & 0xFF], 1);
      }
    };
  }
}
