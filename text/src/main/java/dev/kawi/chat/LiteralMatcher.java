package dev.kawi.chat;

import java.util.List;

/// Waits for one of several texts, character by character. White space within a text stands for any
/// white space or none, and white space before it is passed over: models are not strict in their
/// layout.
final class LiteralMatcher {
  enum Step {
    MORE,
    MATCHED,
    FAILED
  }

  private static final int DEAD = -1;

  private final List<Marker> markers;

  /// For each marker how many of its characters came, or [#DEAD].
  private final int[] at;

  private int taken;
  private String matched = "";

  LiteralMatcher(List<Marker> markers) {
    this.markers = markers;
    this.at = new int[markers.size()];
  }

  Step take(char c, char origin) {
    if (Character.isWhitespace(c)) {
      return space();
    }
    taken++;
    boolean alive = false;
    for (int i = 0; i < at.length; i++) {
      Marker marker = markers.get(i);
      if (at[i] == DEAD) {
        continue;
      }
      int next = pastSpace(marker, at[i]);
      at[i] = next < marker.text().length() && marker.has(next, c, origin) ? next + 1 : DEAD;
      if (at[i] != DEAD && pastSpace(marker, at[i]) == marker.text().length()) {
        matched = marker.text();
        return Step.MATCHED;
      }
      alive |= at[i] != DEAD;
    }
    return alive ? Step.MORE : Step.FAILED;
  }

  private Step space() {
    if (taken == 0) {
      return Step.MORE;
    }
    taken++;
    boolean alive = false;
    for (int i = 0; i < at.length; i++) {
      if (at[i] != DEAD && !isSpaceAt(markers.get(i), at[i])) {
        at[i] = DEAD;
      }
      alive |= at[i] != DEAD;
    }
    return alive ? Step.MORE : Step.FAILED;
  }

  private static boolean isSpaceAt(Marker marker, int index) {
    String text = marker.text();
    return index == 0
        || Character.isWhitespace(text.charAt(index))
        || Character.isWhitespace(text.charAt(index - 1));
  }

  private static int pastSpace(Marker marker, int index) {
    int next = index;
    while (next < marker.text().length() && Character.isWhitespace(marker.text().charAt(next))) {
      next++;
    }
    return next;
  }

  /// Which text came.
  String matched() {
    return matched;
  }

  /// How many characters were taken since the first that is no white space.
  int taken() {
    return taken;
  }
}
