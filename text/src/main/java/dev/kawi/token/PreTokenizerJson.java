package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Reads the `pre_tokenizer` of a `tokenizer.json`.
final class PreTokenizerJson {
  private static final CharSet PUNCTUATION =
      CharSet.PUNCTUATION.or(c -> c < 128 && CharClass.is(c, CharClass.SYMBOL));

  private final List<PieceStage> stages = new ArrayList<>();
  private int byteLevels;
  private boolean endsInBytes;
  private boolean asksForStart;

  PreTokenizerJson(JsonNode node) {
    if (!Json.isAbsent(node)) {
      add(node);
    }
  }

  /// The stages; where the last one writes bytes as characters, without it if the model takes
  /// bytes.
  List<PieceStage> stages(Bytes bytes) {
    return bytes == Bytes.RAW && endsInBytes
        ? List.copyOf(stages.subList(0, stages.size() - 1))
        : List.copyOf(stages);
  }

  /// How bytes reach the model.
  enum Bytes {
    /// As they are.
    RAW,
    /// Each as a character.
    AS_CHARACTERS
  }

  /// Whether the text reaches the model as the characters of its bytes, and that is the last thing
  /// that happens to it.
  boolean endsInBytes() {
    return endsInBytes && byteLevels == 1;
  }

  /// Whether some stage asks whether a piece is at the very start of the text.
  boolean asksForStart() {
    return asksForStart;
  }

  private void add(JsonNode node) {
    String type = Json.text(node, "type", "");
    if (type.equals("Sequence")) {
      Json.required(node, "pretokenizers").forEach(this::add);
      return;
    }
    endsInBytes = type.equals("ByteLevel");
    switch (type) {
      case "ByteLevel" -> addByteLevel(node);
      case "Split" -> addSplit(node);
      case "Digits" -> {
        boolean single = Json.flag(node, "individual_digits", false);
        stages.add(PieceStage.cut(Splitter.runs(CharSet.NUMBERS, single ? 1 : Integer.MAX_VALUE)));
      }
      case "Punctuation" ->
          stages.add(
              PieceStage.split(
                  PieceStage.Finder.each(PUNCTUATION),
                  PieceStage.Matched.MATCHES,
                  behavior(node, "Isolated")));
      case "WhitespaceSplit" -> stages.add(without(CharSet.SPACES));
      case "Whitespace" -> addWords();
      case "CharDelimiterSplit" -> {
        int delimiter = character(node, "delimiter");
        stages.add(without(c -> c == delimiter));
      }
      case "UnicodeScripts" ->
          stages.add(
              PieceStage.split(
                  new ScriptCut(), PieceStage.Matched.GAPS, PieceStage.Behavior.REMOVED));
      case "Metaspace" -> addMetaspace(node);
      case "BertPreTokenizer" -> {
        stages.add(without(CharSet.SPACES));
        stages.add(PieceStage.cut(Splitter.runs(PUNCTUATION, 1)));
      }
      default ->
          throw new ModelFormatException(
              "tokenizer: the pre-tokenizer \"%s\" is not supported".formatted(type));
    }
  }

  private static PieceStage without(CharSet set) {
    return PieceStage.split(
        PieceStage.Finder.each(set), PieceStage.Matched.MATCHES, PieceStage.Behavior.REMOVED);
  }

  /// `\w+|[^\w\s]+`
  private void addWords() {
    stages.add(without(CharSet.SPACES));
    stages.add(PieceStage.cut(Splitter.runs(RegexClasses.RUST_WORD)));
  }

  private void addByteLevel(JsonNode node) {
    byteLevels++;
    if (Json.flag(node, "add_prefix_space", true)) {
      stages.add(PieceStage.prefix(' ', PieceStage.Which.EVERY));
    }
    if (Json.flag(node, "use_regex", true)) {
      stages.add(PieceStage.cut(new Gpt2Splitter()));
    }
    stages.add(PieceStage.byteLevel());
  }

  private void addMetaspace(JsonNode node) {
    int mark = character(node, "replacement");
    String scheme = Json.text(node, "prepend_scheme", "always");
    if (!Json.flag(node, "add_prefix_space", true)) {
      if (node.has("prepend_scheme") && !scheme.equals("never")) {
        throw new ModelFormatException(
            "tokenizer: Metaspace without add_prefix_space has the prepend_scheme \"never\", found"
                + " \"%s\"".formatted(scheme));
      }
      scheme = "never";
    }
    stages.add(PieceStage.replace(' ', mark));
    switch (scheme) {
      case "always" -> stages.add(PieceStage.prefix(mark, PieceStage.Which.EVERY));
      case "first" -> {
        asksForStart = true;
        stages.add(PieceStage.prefix(mark, PieceStage.Which.FIRST_OF_TEXT));
      }
      case "never" -> {}
      default ->
          throw new ModelFormatException(
              "tokenizer: the prepend_scheme \"%s\" is not supported".formatted(scheme));
    }
    if (Json.flag(node, "split", true)) {
      stages.add(
          PieceStage.split(
              PieceStage.Finder.each(c -> c == mark),
              PieceStage.Matched.MATCHES,
              PieceStage.Behavior.MERGED_WITH_NEXT));
    }
  }

  /// The one character at this key.
  static int character(JsonNode node, String key) {
    String text = Json.text(node.path(key), key);
    if (text.codePointCount(0, text.length()) != 1) {
      throw Json.wrong(key, "one character", node.path(key));
    }
    return text.codePointAt(0);
  }

  private void addSplit(JsonNode node) {
    PieceStage.Behavior behavior = behavior(node, "");
    boolean inverted = Json.flag(node, "invert", false);
    if (behavior == PieceStage.Behavior.ISOLATED) {
      Optional<Splitter> fast = Patterns.splitter(node);
      if (fast.isPresent()) {
        stages.add(PieceStage.cut(fast.get()));
        return;
      }
    }
    PieceStage.Finder finder = Patterns.pattern(node)::matches;
    stages.add(
        PieceStage.split(
            finder, inverted ? PieceStage.Matched.GAPS : PieceStage.Matched.MATCHES, behavior));
  }

  private static PieceStage.Behavior behavior(JsonNode node, String otherwise) {
    String name = Json.text(node, "behavior", otherwise);
    return switch (name) {
      case "Removed" -> PieceStage.Behavior.REMOVED;
      case "Isolated" -> PieceStage.Behavior.ISOLATED;
      case "MergedWithPrevious" -> PieceStage.Behavior.MERGED_WITH_PREVIOUS;
      case "MergedWithNext" -> PieceStage.Behavior.MERGED_WITH_NEXT;
      case "Contiguous" -> PieceStage.Behavior.CONTIGUOUS;
      default ->
          throw new ModelFormatException(
              "tokenizer: the behavior \"%s\" of a pre-tokenizer is not supported".formatted(name));
    };
  }
}
