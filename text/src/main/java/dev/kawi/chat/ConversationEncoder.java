package dev.kawi.chat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

// How it works. The template renders the whole conversation anew for each turn. The engine keeps
// the
// keys and values of what it computed, by token; but the text of an answer, encoded again, may
// become
// other tokens than the model chose. So the tokens of recent turns are kept, and where a rendering
// begins with one of them and its answer, only the rest is encoded. That rest must begin with a
// control token: elsewhere a tokenizer may join what stands on both sides. The beginning must also
// be
// from the same sources, template or content, in the same places: else a user could write a text
// that
// looks like a turn and get its control tokens.

/// Encodes conversations turn by turn so that each turn begins with the very tokens of the one
/// before, of which an engine then computes nothing again. Remembers the most recent turns of all
/// conversations with a model; may be used by many threads at once.
public final class ConversationEncoder {
  private static final int MAX_TURNS = 64;
  private static final int MAX_CHARS = 16 << 20;

  private final ChatFormat format;
  private final Map<String, Turn> turns = new LinkedHashMap<>(16, 0.75f, true);
  private int chars;

  /// A turn and its answer.
  ///
  /// @param prompt what was rendered
  /// @param ids the tokens of that and of the answer
  private record Turn(Rendered prompt, List<Integer> ids) {
    boolean begins(Rendered next) {
      int length = prompt.text().length();
      List<Rendered.Range> before =
          next.content().stream().takeWhile(range -> range.start() < length).toList();
      return before.equals(prompt.content());
    }
  }

  /// Encodes for a model of this format.
  public ConversationEncoder(ChatFormat format) {
    this.format = format;
  }

  /// The tokens of a rendered conversation, as [ChatFormat#encode] has them but for answers, which
  /// keep the tokens that the model chose.
  public int[] encode(Rendered prompt) {
    Optional<Map.Entry<String, Turn>> known = known(prompt);
    if (known.isPresent()) {
      int[] rest = format.encode(prompt, known.get().getKey().length());
      if (rest.length > 0 && format.isControl(rest[0])) {
        return IntStream.concat(ints(known.get().getValue().ids()), IntStream.of(rest)).toArray();
      }
    }
    return format.encode(prompt);
  }

  private static IntStream ints(List<Integer> ids) {
    return ids.stream().mapToInt(Integer::intValue);
  }

  /// The longest turn that a conversation begins with.
  private synchronized Optional<Map.Entry<String, Turn>> known(Rendered prompt) {
    String longest = "";
    for (Map.Entry<String, Turn> entry : turns.entrySet()) {
      String text = entry.getKey();
      if (text.length() > longest.length()
          && prompt.text().startsWith(text)
          && entry.getValue().begins(prompt)) {
        longest = text;
      }
    }
    Turn turn = turns.get(longest); // which also makes it the most recent
    return turn == null ? Optional.empty() : Optional.of(Map.entry(longest, turn));
  }

  /// Remembers an answer.
  ///
  /// @param ids the tokens that the model was given, which must be those of the whole prompt
  /// @param answer the text that it wrote, thoughts and calls included
  /// @param tokens those that it chose
  public synchronized void answered(
      Rendered prompt, int[] ids, String answer, List<Integer> tokens) {
    List<Integer> all = new ArrayList<>(ids.length + tokens.size());
    IntStream.of(ids).forEach(all::add);
    all.addAll(tokens);
    String text = prompt.text() + answer;
    chars += turns.put(text, new Turn(prompt, all)) == null ? text.length() : 0;
    Iterator<String> oldest = turns.keySet().iterator();
    while (turns.size() > MAX_TURNS || (chars > MAX_CHARS && turns.size() > 1)) {
      chars -= oldest.next().length();
      oldest.remove();
    }
  }
}
