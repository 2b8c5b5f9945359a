package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Reads the `pre_tokenizer` of a `tokenizer.json`: a splitter, and what else it does to text.
final class SplitterJson {
  /// What a pre-tokenizer does besides splitting.
  enum Effect {
    /// Tokens are bytes in GPT-2's alphabet.
    BYTE_LEVEL,
    /// A space goes before the text unless it begins with one.
    PREFIX_BLANK,
    /// Spaces become marks.
    MARKS,
    /// A mark goes before the text.
    PREFIX_MARK,
    /// White space separates words and is gone.
    DROPS_SPACE
  }

  private static final CharSet PUNCTUATION =
      CharSet.PUNCTUATION.or(c -> c < 128 && CharClass.is(c, CharClass.SYMBOL));

  private final List<Splitter> stages = new ArrayList<>();
  private final Set<Effect> effects = EnumSet.noneOf(Effect.class);

  SplitterJson(JsonNode node) {
    if (!Json.isAbsent(node)) {
      add(node);
    }
  }

  Splitter splitter() {
    return stages.isEmpty() ? Splitter.NONE : Splitter.sequence(stages);
  }

  boolean has(Effect effect) {
    return effects.contains(effect);
  }

  private void add(JsonNode node) {
    String type = Json.text(node, "type", "");
    switch (type) {
      case "Sequence" -> Json.required(node, "pretokenizers").forEach(this::add);
      case "ByteLevel" -> addByteLevel(node);
      case "Split" -> addSplit(node);
      case "Digits" -> {
        boolean single = Json.flag(node, "individual_digits", false);
        stages.add(Splitter.runs(CharSet.NUMBERS, single ? 1 : Integer.MAX_VALUE));
      }
      case "Punctuation" -> {
        boolean together = Json.text(node, "behavior", "Isolated").equals("Contiguous");
        stages.add(Splitter.runs(PUNCTUATION, together ? Integer.MAX_VALUE : 1));
      }
      case "WhitespaceSplit" -> effects.add(Effect.DROPS_SPACE);
      case "Metaspace" -> addMetaspace(node);
      case "BertPreTokenizer" -> stages.add(new BertSplitter());
      default ->
          throw new ModelFormatException(
              "tokenizer: the pre-tokenizer \"%s\" is not supported".formatted(type));
    }
  }

  private void addByteLevel(JsonNode node) {
    effects.add(Effect.BYTE_LEVEL);
    if (Json.flag(node, "add_prefix_space", true)) {
      effects.add(Effect.PREFIX_BLANK);
    }
    if (Json.flag(node, "use_regex", true)) {
      stages.add(new Gpt2Splitter());
    }
  }

  private void addMetaspace(JsonNode node) {
    String replacement = Json.text(node, "replacement", "\u2581");
    if (!replacement.equals("\u2581")) {
      throw new ModelFormatException(
          "tokenizer: Metaspace replaces spaces by U+2581, found \"%s\"".formatted(replacement));
    }
    effects.add(Effect.MARKS);
    String scheme = Json.text(node, "prepend_scheme", "always");
    if (Json.flag(node, "add_prefix_space", true) && !scheme.equals("never")) {
      effects.add(Effect.PREFIX_MARK);
    }
  }

  private void addSplit(JsonNode node) {
    JsonNode pattern = Json.required(node, "pattern");
    if (pattern.has("String")) {
      requireBlank(Json.text(pattern, "String", ""));
      return;
    }
    Splitter splitter = Patterns.splitter(Json.text(pattern, "Regex", ""));
    String behavior = Json.text(node, "behavior", "Isolated");
    boolean inverted = Json.flag(node, "invert", false);
    if (!behavior.equals("Isolated") && !(behavior.equals("Removed") && inverted)) {
      throw new ModelFormatException(
          "tokenizer: Split must isolate what it matches, found \"%s\"".formatted(behavior));
    }
    stages.add(splitter);
  }

  /// Splitting at spaces is nothing where the normalizer has made marks of them all.
  private static void requireBlank(String pattern) {
    if (!pattern.equals(" ")) {
      throw new ModelFormatException(
          "tokenizer: splitting at \"%s\" is not supported".formatted(pattern));
    }
  }
}
