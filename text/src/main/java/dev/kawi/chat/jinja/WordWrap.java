package dev.kawi.chat.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The filter `wordwrap`: Python's `textwrap.wrap` on each line, with tabs and other white space
/// kept. Source: `textwrap.TextWrapper` of Python 3.
final class WordWrap {
  private static final String SPACE = "[\\t\\n\\x0b\\f\\r ]";
  private static final String OTHER = "[^\\t\\n\\x0b\\f\\r ]";
  private static final String PUNCTUATED = "[\\w!\"'&.,?]";
  private static final String LETTER = "[^\\d\\W]";

  /// White space; a dash between words; a word, of one with hyphens the part up to a hyphen between
  /// letters.
  private static final Pattern CHUNK =
      Pattern.compile(
          SPACE
              + "+|(?<="
              + PUNCTUATED
              + ")-{2,}(?=\\w)|"
              + OTHER
              + "+?(?:-(?:(?<="
              + LETTER
              + "{2}-)|(?<="
              + LETTER
              + "-"
              + PUNCTUATED
              + "-))(?="
              + LETTER
              + "-?"
              + LETTER
              + ")|(?="
              + SPACE
              + "|\\z)|(?<="
              + PUNCTUATED
              + ")(?=-{2,}\\w))",
          Pattern.UNICODE_CHARACTER_CLASS);

  private static final Pattern SIMPLE_CHUNK = Pattern.compile(SPACE + "+|" + OTHER + "+");

  private final Rendering rendering;
  private final int width;
  private final boolean breakLongWords;
  private final boolean breakOnHyphens;

  private WordWrap(Rendering rendering, @Nullable Value[] bound) {
    this.rendering = rendering;
    width = bound[0] == null ? 79 : Arithmetic.toInt(bound[0]);
    breakLongWords = bound[1] == null || Operators.truth(bound[1]);
    breakOnHyphens = bound[3] == null || Operators.truth(bound[3]);
  }

  static Value filter(Rendering rendering, Value value, Args args) {
    @Nullable Value[] bound =
        args.bind("wordwrap", "width? break_long_words? wrapstring? break_on_hyphens?");
    Text text = TextFilters.strictText(value, "wordwrap");
    Value given = Value.orNone(bound[2]);
    Text end = Operators.truth(given) ? rendering.string(given) : Text.trusted("\n");
    WordWrap wrap = new WordWrap(rendering, bound);
    TextBuilder out = rendering.builder();
    boolean first = true;
    for (Text line : StringMethods.lines(rendering, text)) {
      List<Text> wrapped = wrap.wrap(line);
      for (Text part : wrapped.isEmpty() ? List.of(Text.EMPTY) : wrapped) {
        out.append(first ? Text.EMPTY : end).append(part);
        first = false;
      }
    }
    return text.isMarkup() ? out.build().asMarkup() : out.build();
  }

  private Deque<Text> chunks(Text line) {
    Deque<Text> chunks = new ArrayDeque<>();
    Matcher matcher = (breakOnHyphens ? CHUNK : SIMPLE_CHUNK).matcher(line.chars());
    int at = 0;
    while (matcher.find()) {
      rendering.budget.step();
      if (matcher.start() > at) {
        chunks.add(line.sub(at, matcher.start()));
      }
      if (matcher.end() > matcher.start()) {
        chunks.add(line.sub(matcher.start(), matcher.end()));
      }
      at = matcher.end();
    }
    if (at < line.units()) {
      chunks.add(line.sub(at, line.units()));
    }
    return chunks;
  }

  private List<Text> wrap(Text line) {
    if (width <= 0) {
      throw JinjaException.evaluation("invalid width " + width + " (must be > 0)");
    }
    List<Text> lines = new ArrayList<>();
    Deque<Text> chunks = chunks(line);
    while (!chunks.isEmpty()) {
      if (!lines.isEmpty() && isBlank(chunks.getFirst())) {
        chunks.removeFirst();
      }
      List<Text> current = new ArrayList<>();
      int length = 0;
      while (!chunks.isEmpty() && length + chunks.getFirst().length() <= width) {
        length += chunks.getFirst().length();
        current.add(chunks.removeFirst());
      }
      if (!chunks.isEmpty() && chunks.getFirst().length() > width) {
        breakWord(chunks, current, width - length);
      }
      if (!current.isEmpty() && isBlank(current.getLast())) {
        current.removeLast();
      }
      if (!current.isEmpty()) {
        TextBuilder joined = rendering.builder();
        current.forEach(joined::append);
        lines.add(joined.build());
      }
    }
    return lines;
  }

  private static boolean isBlank(Text chunk) {
    return chunk.chars().codePoints().allMatch(PyChars::isSpace);
  }

  /// Puts as much of a word that is longer than a line onto this one as fits, or all of it onto a
  /// line of its own.
  private void breakWord(Deque<Text> chunks, List<Text> current, int room) {
    Text word = chunks.getFirst();
    if (breakLongWords) {
      int end = word.offset(Math.min(room, word.length()));
      if (breakOnHyphens) {
        int hyphen = word.chars().lastIndexOf('-', end - 1);
        boolean afterText =
            word.chars().substring(0, Math.max(0, hyphen)).chars().anyMatch(c -> c != '-');
        end = hyphen > 0 && afterText ? hyphen + 1 : end;
      }
      rendering.budget.chars(word.units());
      current.add(word.sub(0, end));
      chunks.removeFirst();
      chunks.addFirst(word.sub(end, word.units()));
    } else if (current.isEmpty()) {
      current.add(chunks.removeFirst());
    }
  }
}
