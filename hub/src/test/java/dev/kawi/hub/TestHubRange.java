package dev.kawi.hub;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The part of a content that a `Range` header asks for (RFC 9110, section 14). A header that makes
/// no sense, or that asks for several parts, counts as none.
///
/// @param status 200 for everything, 206 for a part, 416 for a part that is not there
/// @param from the first byte
/// @param length how many
record TestHubRange(int status, int from, int length) {
  private static final Pattern FORM = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  /// Everything.
  static TestHubRange whole(int size) {
    return new TestHubRange(200, 0, size);
  }

  /// What this header asks for; an empty one asks for everything.
  static TestHubRange of(String header, int size) {
    Matcher matcher = FORM.matcher(header.replace(" ", ""));
    if (!matcher.matches()) {
      return whole(size);
    }
    String first = matcher.group(1);
    String last = matcher.group(2);
    if (first.isEmpty()) {
      return last.isEmpty() ? whole(size) : tail(Long.parseLong(last), size);
    }
    long from = Long.parseLong(first);
    long to = last.isEmpty() ? Long.MAX_VALUE : Long.parseLong(last);
    return to < from ? whole(size) : part(from, to, size);
  }

  private static TestHubRange tail(long length, int size) {
    return length == 0 ? part(size, size, size) : part(Math.max(0, size - length), size, size);
  }

  private static TestHubRange part(long from, long to, int size) {
    if (from >= size) {
      return new TestHubRange(416, 0, 0);
    }
    int start = Math.toIntExact(from);
    return new TestHubRange(206, start, Math.toIntExact(Math.min(to, size - 1)) - start + 1);
  }

  /// The value of `Content-Range`.
  String contentRange(int size) {
    return status == 416
        ? "bytes */" + size
        : "bytes %d-%d/%d".formatted(from, from + length - 1, size);
  }
}
