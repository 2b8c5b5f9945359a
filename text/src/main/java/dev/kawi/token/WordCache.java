package dev.kawi.token;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Remembers the tokens of words seen lately: text repeats its words, and merging is what costs.
///
/// The memory is a fixed table in which a word has one place, given by its hash, and the last word
/// to come takes it. Entries are immutable and a place is read and written without a lock: the
/// worst that a race can do is to forget an entry.
final class WordCache implements WordModel {
  private static final int PLACES = 1 << 15;
  private static final int LONGEST = 40;

  private final WordModel model;
  private final @Nullable Entry[] entries = new Entry[PLACES];

  WordCache(WordModel model) {
    this.model = model;
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Entry(byte[] word, int[] ids, int[] lengths) {}

  @Override
  public void encode(byte[] word, int length, TokenBuffer out) {
    if (length > LONGEST) {
      model.encode(word, length, out);
      return;
    }
    int place = place(word, length);
    Entry entry = entries[place];
    if (entry != null && Arrays.equals(entry.word, 0, entry.word.length, word, 0, length)) {
      for (int i = 0; i < entry.ids.length; i++) {
        out.add(entry.ids[i], entry.lengths[i]);
      }
      return;
    }
    int before = out.size();
    int unknownsBefore = out.unknowns();
    model.encode(word, length, out);
    if (out.unknowns() == unknownsBefore) {
      entries[place] = new Entry(Arrays.copyOf(word, length), out.ids(before), out.lengths(before));
    }
  }

  private static int place(byte[] word, int length) {
    int hash = length;
    for (int i = 0; i < length; i++) {
      hash = hash * 31 + word[i];
    }
    hash *= 0x9E3779B9;
    return hash >>> 17;
  }
}
