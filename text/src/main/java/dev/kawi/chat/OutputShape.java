package dev.kawi.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a model may write, as a small tree that knows nothing of tokens: a grammar compiler makes a
/// mask for each step of it.
public sealed interface OutputShape {
  /// Nothing at all.
  OutputShape NOTHING = new Literal("");

  /// Exactly this text.
  record Literal(String text) implements OutputShape {}

  /// Exactly this control token.
  ///
  /// @param token its text in the vocabulary
  record Control(String token) implements OutputShape {}

  /// A JSON value that a schema allows; an empty schema allows any.
  record Json(Map<String, @Nullable Object> schema) implements OutputShape {}

  /// A whole number from 0 on, in decimal.
  record Index() implements OutputShape {}

  /// Any text up to the first of these texts or control tokens, which is not part of it; up to the
  /// end of the output if there are none, or if none comes and nothing has to follow.
  record FreeText(List<String> until) implements OutputShape {
    /// Copies the list.
    public FreeText {
      until = List.copyOf(until);
    }
  }

  /// One of these.
  record Choice(List<OutputShape> options) implements OutputShape {
    /// Copies the list.
    public Choice {
      options = List.copyOf(options);
      if (options.isEmpty()) {
        throw new IllegalArgumentException("output shape: a choice needs an option, found none");
      }
    }
  }

  /// These, one behind the other.
  record Sequence(List<OutputShape> parts) implements OutputShape {
    /// Copies the list.
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /// The same again and again.
  ///
  /// @param separator what stands between two
  /// @param min at least so many
  /// @param max at most so many; [Integer#MAX_VALUE] for any number
  record Repeat(OutputShape item, OutputShape separator, int min, int max) implements OutputShape {
    /// Checks the bounds.
    public Repeat {
      if (min < 0 || max < min) {
        throw new IllegalArgumentException(
            "output shape: expected 0 <= min <= max, found " + min + " and " + max);
      }
    }
  }

  /// These parts, without those that are empty.
  static OutputShape sequence(OutputShape... parts) {
    List<OutputShape> kept = new ArrayList<>();
    for (OutputShape part : parts) {
      if (part instanceof Sequence(List<OutputShape> inner)) {
        kept.addAll(inner);
      } else if (!part.equals(NOTHING)) {
        kept.add(part);
      }
    }
    return kept.size() == 1 ? kept.getFirst() : new Sequence(kept);
  }

  /// One of these, or the only one.
  static OutputShape choice(List<OutputShape> options) {
    return options.size() == 1 ? options.getFirst() : new Choice(options);
  }

  /// One or more.
  static OutputShape separated(OutputShape item, OutputShape separator) {
    return new Repeat(item, separator, 1, Integer.MAX_VALUE);
  }

  /// A text in which these tokens are control tokens.
  static OutputShape text(String text, List<String> controls) {
    List<OutputShape> parts = new ArrayList<>();
    int from = 0;
    for (int at = 0; at < text.length(); ) {
      int here = at;
      String token =
          controls.stream().filter(each -> text.startsWith(each, here)).findFirst().orElse("");
      if (token.isEmpty()) {
        at++;
        continue;
      }
      parts.add(new Literal(text.substring(from, at)));
      parts.add(new Control(token));
      at += token.length();
      from = at;
    }
    parts.add(new Literal(text.substring(from)));
    return sequence(parts.toArray(OutputShape[]::new));
  }
}
