package dev.kawi.grammar;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The formats of strings (JSON Schema Validation 2020-12, section 7.3) as regular expressions.
/// Each allows a part of what its RFC does, which every validator accepts: dates have no 29
/// February, times no leap second, addresses no comments.
final class Formats {
  private static final String DATE =
      "[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
          + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))";

  private static final String TIME =
      "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?"
          + "(?:Z|[+-](?:0[0-9]|1[0-7]):[0-5][0-9])";

  private static final String LABEL = "[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?";
  private static final String HOST = LABEL + "(?:\\." + LABEL + "){0,3}\\.[a-z]{2,6}";

  /// Validators know the top-level domains that there are; these are likely to stay.
  private static final String MAIL_HOST =
      "(?:"
          + LABEL
          + "\\.){1,3}(?:com|org|net|edu|gov|info|biz|io|ai|co|me|app|dev|cloud|online|tech|xyz"
          + "|eu|us|uk|ca|au|nz|de|fr|es|it|nl|be|ch|at|se|no|dk|fi|pl|cz|ie|pt|gr|tr|ru|ua|il|in|cn|jp|kr|tw|hk|sg"
          + "|br|mx|ar|cl|za)";

  private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  private static final String HEX = "[0-9a-fA-F]";
  private static final String PATH = "(?:/[A-Za-z0-9._~-]{0,64}){0,8}";

  private static final Map<String, String> EXPRESSIONS =
      Map.of(
          "date", DATE,
          "time", TIME,
          "date-time", DATE + "T" + TIME,
          "duration", "P(?:[0-9]{1,3}W|[0-9]{1,3}D(?:T[0-9]{1,3}H)?|T[0-9]{1,3}[HMS])",
          "email", "[A-Za-z0-9_+-]{1,20}(?:\\.[A-Za-z0-9_+-]{1,20}){0,2}@" + MAIL_HOST,
          "hostname", HOST,
          "ipv4", BYTE + "(?:\\." + BYTE + "){3}",
          "ipv6", HEX + "{1,4}(?::" + HEX + "{1,4}){7}",
          "uri", "https?://" + HOST + PATH + "(?:\\?[A-Za-z0-9._~=&-]{0,64})?",
          "uuid", HEX + "{8}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{12}");

  private static final Set<String> UNSUPPORTED =
      Set.of(
          "idn-email",
          "idn-hostname",
          "uri-reference",
          "iri",
          "iri-reference",
          "uri-template",
          "json-pointer",
          "relative-json-pointer",
          "regex");

  private Formats() {}

  /// The names of those that are supported.
  static Set<String> names() {
    return EXPRESSIONS.keySet();
  }

  /// The expression of a format; empty if it is not supported.
  static Optional<Regex> expression(String name) {
    return Optional.ofNullable(EXPRESSIONS.get(name)).map(RegexParser::parse);
  }

  /// Whether the specification defines a format that is not supported. Others are annotations.
  static boolean isUnsupported(String name) {
    return UNSUPPORTED.contains(name);
  }
}
