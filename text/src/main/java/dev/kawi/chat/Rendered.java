package dev.kawi.chat;

import java.util.ArrayList;
import java.util.List;

/// A rendered conversation, with a note of which of its characters came from outside.
///
/// The template's own words (role markers, newlines, special tokens) are trusted and may become
/// control tokens. The text of messages, names, tool descriptions and tool results may not: a user
/// who types `<|im_end|>` must not end a turn. A tokenizer looks for control tokens in the trusted
/// [#segments] only; one that overlaps `content` by even one character is plain text.
///
/// @param text the whole text
/// @param content the ranges of `text` that came from outside: ascending, disjoint, not empty
/// @param generated the ranges that the template marked with `generation` as written by the
///   assistant; empty for the many templates that mark nothing
public record Rendered(String text, List<Range> content, List<Range> generated) {

  /// A range of characters.
  ///
  /// @param start the first UTF-16 offset
  /// @param end the UTF-16 offset behind the last
  public record Range(int start, int end) {
    /// Checks the order.
    public Range {
      if (start < 0 || end <= start) {
        throw new IllegalArgumentException(
            "range: expected 0 <= start < end, found [" + start + ", " + end + ")");
      }
    }
  }

  /// Who vouches for a piece of text.
  public enum Origin {
    /// The template: control tokens are meant.
    TEMPLATE,
    /// Someone outside: control tokens are only letters.
    CONTENT
  }

  /// A piece of the text of one origin.
  public record Segment(String text, Origin origin) {}

  /// Copies the ranges.
  public Rendered {
    content = List.copyOf(content);
    generated = List.copyOf(generated);
  }

  /// The text in pieces that are wholly from the template or wholly from outside.
  public List<Segment> segments() {
    List<Segment> segments = new ArrayList<>();
    int at = 0;
    for (Range range : content) {
      if (range.start() > at) {
        segments.add(new Segment(text.substring(at, range.start()), Origin.TEMPLATE));
      }
      segments.add(new Segment(text.substring(range.start(), range.end()), Origin.CONTENT));
      at = range.end();
    }
    if (at < text.length()) {
      segments.add(new Segment(text.substring(at), Origin.TEMPLATE));
    }
    return segments;
  }
}
