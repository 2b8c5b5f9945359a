package dev.kawi.explain;

import java.util.Locale;

/// The language in which an explanation speaks.
public enum Language {
  /// English.
  ENGLISH("en"),
  /// Simplified Chinese.
  CHINESE("zh");

  private final String tag;

  Language(String tag) {
    this.tag = tag;
  }

  /// The language tag: `en` or `zh`.
  public String tag() {
    return tag;
  }

  /// Chinese for Chinese locales, otherwise English.
  public static Language of(Locale locale) {
    return locale.getLanguage().equals("zh") ? CHINESE : ENGLISH;
  }
}
