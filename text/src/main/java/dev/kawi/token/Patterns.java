package dev.kawi.token;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The regular expressions by which `tokenizer.json` files split and replace text, and for the
/// commonest of them a splitter that does the same by hand; the others are run by [Regex].
final class Patterns {
  private static final String ENDINGS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String OTHERS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
  private static final String OTHERS_OR_SLASH = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LEAD = "[^\\r\\n\\p{L}\\p{N}]?";

  private static final Map<String, Splitter> KNOWN = new HashMap<>();

  static {
    KNOWN.put(
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        new Gpt2Splitter());
    KNOWN.put(
        ENDINGS + "|" + LEAD + "\\p{L}+|\\p{N}{1,3}" + OTHERS + SPACES,
        PreTokenizer.LLAMA3.splitter());
    KNOWN.put(
        ENDINGS + "|" + LEAD + "\\p{L}+|\\p{N}" + OTHERS + SPACES, PreTokenizer.QWEN2.splitter());
    KNOWN.put(
        ENDINGS
            + "|"
            + LEAD
            + "[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
            + SPACES,
        PreTokenizer.QWEN35.splitter());
    KNOWN.put(
        byCase(ENDINGS + "?") + "|\\p{N}{1,3}" + OTHERS_OR_SLASH + SPACES,
        PreTokenizer.GPT4O.splitter());
    KNOWN.put(byCase("") + "|\\p{N}" + OTHERS_OR_SLASH + SPACES, PreTokenizer.TEKKEN.splitter());
    KNOWN.put("[\\r\\n]", Splitter.runs(CharSet.LINE_BREAKS, 1));
    KNOWN.put("\\s?\\p{L}+", Splitter.runsAfterSpace(CharSet.LETTERS));
    KNOWN.put("\\s?\\p{P}+", Splitter.runsAfterSpace(CharSet.PUNCTUATION));
    KNOWN.put("\\p{N}", Splitter.runs(CharSet.NUMBERS, 1));
    KNOWN.put("\\p{N}+", Splitter.runs(CharSet.NUMBERS));
    KNOWN.put("\\p{N}{1,3}", Splitter.runs(CharSet.NUMBERS, 3));
    KNOWN.put("[0-9][0-9][0-9]", Splitter.triples(CharSet.ASCII_DIGITS));
    KNOWN.put(
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?"
            + "[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
            + SPACES,
        new DeepSeekV3Splitter());
    KNOWN.put(
        " ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+",
        PreTokenizer.BLOOM.splitter());
  }

  private Patterns() {}

  private static String byCase(String ending) {
    return LEAD + UPPER + "*" + LOWER + "+" + ending + "|" + LEAD + UPPER + "+" + LOWER + "*"
        + ending;
  }

  /// The `pattern` of a part of a `tokenizer.json`: a string or an expression.
  static Regex pattern(JsonNode node) {
    JsonNode pattern = Json.required(node, "pattern");
    return pattern.has("String")
        ? Regex.literal(Json.text(pattern.path("String"), "String"))
        : Regex.of(Json.text(pattern.path("Regex"), "Regex"));
  }

  /// The splitter that does the same as isolating what this expression matches, but faster; empty
  /// if the expression is not one of those that many models share.
  static Optional<Splitter> splitter(JsonNode node) {
    String expression = Json.text(Json.required(node, "pattern"), "Regex", "");
    return Optional.ofNullable(KNOWN.get(expression.replace("\r", "\\r").replace("\n", "\\n")));
  }
}
