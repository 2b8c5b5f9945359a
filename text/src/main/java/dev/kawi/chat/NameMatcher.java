package dev.kawi.chat;

import java.util.Map;
import java.util.Optional;

/// Waits for one of several names, character by character, passing over white space before it. The
/// longest name counts.
final class NameMatcher {
  enum Step {
    MORE,
    /// The name ended before this character.
    ENDED,
    FAILED
  }

  private final Map<String, String> names;
  private final StringBuilder spelled = new StringBuilder();

  /// @param names the names by their spellings
  NameMatcher(Map<String, String> names) {
    this.names = names;
  }

  Step take(char c, char origin) {
    if (origin == Marker.CONTROL) {
      return name().isPresent() ? Step.ENDED : Step.FAILED;
    }
    if (spelled.isEmpty() && Character.isWhitespace(c)) {
      return Step.MORE;
    }
    spelled.append(c);
    String text = spelled.toString();
    for (String name : names.keySet()) {
      if (name.startsWith(text)) {
        return Step.MORE;
      }
    }
    spelled.setLength(spelled.length() - 1);
    return name().isPresent() ? Step.ENDED : Step.FAILED;
  }

  /// The name that came so far, if it is whole.
  Optional<String> name() {
    return Optional.ofNullable(names.get(spelled.toString()));
  }

  /// As it was written.
  String spelled() {
    return spelled.toString();
  }
}
