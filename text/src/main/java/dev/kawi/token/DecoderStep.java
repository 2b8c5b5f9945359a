package dev.kawi.token;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// One decoder of a `tokenizer.json`, as Hugging Face's tokenizers has them: a function from a list
/// of strings, at first the texts of the tokens, to another. Each is written as something that
/// takes the strings one by one and passes on what is certain, so that the same code decodes
/// streams.
interface DecoderStep {
  /// What is known about one use of the decoders.
  enum Condition {
    /// The tokens go on after other text: none of them is the first.
    CONTINUED,
    /// White space before punctuation is kept where the decoder would tidy it up.
    UNTIDIED
  }

  /// Takes strings one by one and passes others on.
  interface Flow {
    void take(String token, Consumer<String> out);

    default void end(Consumer<String> out) {}
  }

  /// Begins a sequence.
  Flow start(Set<Condition> conditions);

  /// Whether all strings become one.
  default boolean fuses() {
    return false;
  }

  /// What this step does to the one string that an earlier step has made of all; it comes in parts.
  /// Empty if the string must be whole first.
  default List<Flow> onFused(Set<Condition> conditions) {
    return List.of();
  }

  /// Takes each string for itself.
  static DecoderStep each(java.util.function.UnaryOperator<String> function) {
    return conditions -> (token, out) -> out.accept(function.apply(token));
  }

  /// All strings become one.
  record Fuse() implements DecoderStep {
    @Override
    public Flow start(Set<Condition> conditions) {
      return (token, out) -> out.accept(token);
    }

    @Override
    public boolean fuses() {
      return true;
    }

    @Override
    public List<Flow> onFused(Set<Condition> conditions) {
      return List.of(start(conditions));
    }
  }

  /// Strings are separated by spaces: what the library does where a file has no decoder.
  record Join() implements DecoderStep {
    @Override
    public Flow start(Set<Condition> conditions) {
      boolean[] first = {!conditions.contains(Condition.CONTINUED)};
      return (token, out) -> {
        out.accept(first[0] ? token : " " + token);
        first[0] = false;
      };
    }
  }

  /// GPT-2's alphabet back to bytes, all of them together to text.
  record ByteLevel() implements DecoderStep {
    static byte[] bytes(String token) {
      byte[] bytes = ByteAlphabet.decode(token);
      return bytes == null ? Utf8.bytes(token) : bytes;
    }

    @Override
    public Flow start(Set<Condition> conditions) {
      ByteStream bytes = new ByteStream(id -> new byte[0], ByteStream.LeadingSpace.KEPT);
      return new Flow() {
        @Override
        public void take(String token, Consumer<String> out) {
          out.accept(bytes.push(bytes(token)));
        }

        @Override
        public void end(Consumer<String> out) {
          out.accept(bytes.finish());
        }
      };
    }

    @Override
    public boolean fuses() {
      return true;
    }
  }

  /// Runs of strings such as `<0x0A>` become the text of their bytes, or U+FFFD for each if they
  /// are no text.
  record ByteFallback() implements DecoderStep {
    @Override
    public Flow start(Set<Condition> conditions) {
      return new ByteRun();
    }
  }

  /// Cuts off up to so many of a character at both ends.
  record Strip(int character, int start, int stop) implements DecoderStep {
    String strip(String token) {
      int[] text = token.codePoints().toArray();
      int from = 0;
      while (from < Math.min(start, text.length) && text[from] == character) {
        from++;
      }
      int to = text.length;
      while (to > 0 && text.length - to < stop && text[to - 1] == character) {
        to--;
      }
      return from < to ? new String(text, from, to - from) : "";
    }

    @Override
    public Flow start(Set<Condition> conditions) {
      return (token, out) -> out.accept(strip(token));
    }

    @Override
    public List<Flow> onFused(Set<Condition> conditions) {
      int most = conditions.contains(Condition.CONTINUED) ? 0 : start;
      return stop == 0 ? List.of(new LeadingStrip(character, most)) : List.of();
    }
  }

  /// Marks become spaces, but those of the first string go.
  record Metaspace(int mark, Marks marks) implements DecoderStep {
    /// What happens to the marks of the first string.
    enum Marks {
      DROPPED,
      KEPT
    }

    @Override
    public Flow start(Set<Condition> conditions) {
      boolean[] first = {marks == Marks.DROPPED && !conditions.contains(Condition.CONTINUED)};
      String text = Character.toString(mark);
      return (token, out) -> {
        out.accept(token.replace(text, first[0] ? "" : " "));
        first[0] = false;
      };
    }
  }

  /// Strings that do not begin with the prefix begin a word.
  record WordPiece(String prefix, boolean tidy) implements DecoderStep {
    @Override
    public Flow start(Set<Condition> conditions) {
      boolean[] first = {!conditions.contains(Condition.CONTINUED)};
      boolean tidies = tidy && !conditions.contains(Condition.UNTIDIED);
      return (token, out) -> {
        String text = token;
        if (!first[0]) {
          text = token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
        }
        first[0] = false;
        out.accept(tidies ? tidied(text) : text);
      };
    }

    static String tidied(String text) {
      return text.replace(" .", ".")
          .replace(" ?", "?")
          .replace(" !", "!")
          .replace(" ,", ",")
          .replace(" ' ", "'")
          .replace(" n't", "n't")
          .replace(" 'm", "'m")
          .replace(" do not", " don't")
          .replace(" 's", "'s")
          .replace(" 've", "'ve")
          .replace(" 're", "'re");
    }
  }

  /// Repeated strings are one, padding goes, delimiters are spaces.
  record Ctc(String padding, String delimiter, boolean tidy) implements DecoderStep {
    @Override
    public Flow start(Set<Condition> conditions) {
      List<String> last = new ArrayList<>();
      return (token, out) -> {
        if (!last.isEmpty() && last.getFirst().equals(token)) {
          return;
        }
        last.clear();
        last.add(token);
        String text = token.replace(padding, "");
        if (tidy) {
          text = WordPiece.tidied(text).replace(delimiter, " ");
        }
        if (!text.isEmpty()) {
          out.accept(text);
        }
      };
    }
  }

  /// The suffix ends a word: a space, but nothing in the last string.
  record EndOfWord(String suffix) implements DecoderStep {
    @Override
    public Flow start(Set<Condition> conditions) {
      List<String> held = new ArrayList<>();
      return new Flow() {
        @Override
        public void take(String token, Consumer<String> out) {
          held.forEach(before -> out.accept(before.replace(suffix, " ")));
          held.clear();
          if (token.contains(suffix)) {
            held.add(token);
          } else {
            out.accept(token);
          }
        }

        @Override
        public void end(Consumer<String> out) {
          held.forEach(last -> out.accept(last.replace(suffix, "")));
        }
      };
    }
  }
}
