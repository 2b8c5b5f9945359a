package dev.kawi.token;

import java.util.regex.Pattern;

/// Hugging Face's `clean_up_tokenization_spaces`, in the order in which llama.cpp does it: spaces
/// before `? ! . ,` go, an apostrophe between two spaces loses both, and the space before `'s 'm
/// 're 've` goes.
final class SpaceCleaner {
  private static final Pattern BEFORE_PUNCTUATION = Pattern.compile(" ([?!.,])");
  private static final Pattern LONE_APOSTROPHE = Pattern.compile(" ' ");
  private static final Pattern BEFORE_ENDING = Pattern.compile(" '([sm]|[rv]e)");

  private SpaceCleaner() {}

  static String clean(String text) {
    String joined = BEFORE_PUNCTUATION.matcher(text).replaceAll("$1");
    joined = LONE_APOSTROPHE.matcher(joined).replaceAll("'");
    return BEFORE_ENDING.matcher(joined).replaceAll("'$1");
  }
}
