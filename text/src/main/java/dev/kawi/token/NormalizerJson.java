package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Reads the `normalizer` of a `tokenizer.json`.
final class NormalizerJson {
  private enum Step {
    PREPEND,
    MARKS,
    MERGE_SPACES,
    CHARSMAP,
    WHOLE
  }

  private final Set<Step> steps = EnumSet.noneOf(Step.class);
  private final List<Normalizer> whole = new ArrayList<>();
  private Charsmap charsmap = Charsmap.NONE;

  NormalizerJson(JsonNode node) {
    if (!Json.isAbsent(node)) {
      add(node);
    }
  }

  /// Whether spaces become marks.
  boolean makesMarks() {
    return steps.contains(Step.MARKS);
  }

  /// Whether a mark goes before the text.
  boolean prefixes() {
    return steps.contains(Step.PREPEND);
  }

  /// The normalizer with what the pre-tokenizer does to spaces.
  Normalizer normalizer(SplitterJson words) {
    boolean marks = makesMarks() || words.has(SplitterJson.Effect.MARKS);
    if (!whole.isEmpty()) {
      if (whole.size() > 1 || marks || words.has(SplitterJson.Effect.PREFIX_BLANK)) {
        throw new ModelFormatException(
            "tokenizer: this combination of normalizers is not supported: %s of Unicode and %s"
                .formatted(whole.size(), steps));
      }
      return whole.getFirst();
    }
    if (!marks) {
      return words.has(SplitterJson.Effect.PREFIX_BLANK)
          ? Normalizer.blankBefore()
          : Normalizer.NONE;
    }
    boolean prefix = prefixes() || words.has(SplitterJson.Effect.PREFIX_MARK);
    boolean dropsSpace = words.has(SplitterJson.Effect.DROPS_SPACE);
    if (!dropsSpace && !steps.contains(Step.CHARSMAP) && !steps.contains(Step.MERGE_SPACES)) {
      return prefix ? Normalizer.markAndSpacesToMarks() : Normalizer.spacesToMarks();
    }
    Set<SentencePieceNormalizer.Spaces> spaces =
        EnumSet.noneOf(SentencePieceNormalizer.Spaces.class);
    if (prefix) {
      spaces.add(SentencePieceNormalizer.Spaces.PREFIX);
    }
    if (dropsSpace || steps.contains(Step.MERGE_SPACES)) {
      spaces.add(SentencePieceNormalizer.Spaces.MERGE);
    }
    if (dropsSpace) {
      spaces.add(SentencePieceNormalizer.Spaces.ANY_WHITE_SPACE);
    }
    return new SentencePieceNormalizer(charsmap, spaces);
  }

  private void add(JsonNode node) {
    String type = Json.text(node, "type", "");
    switch (type) {
      case "Sequence" -> Json.required(node, "normalizers").forEach(this::add);
      case "Prepend" -> steps.add(Step.PREPEND);
      case "Replace" -> addReplace(node);
      case "Precompiled" -> addCharsmap(Json.text(node, "precompiled_charsmap", ""));
      case "Strip" -> steps.add(Step.MERGE_SPACES);
      case "NFC", "NFD", "NFKC", "NFKD" -> addWhole(Normalizer.unicode(Form.valueOf(type)));
      case "BertNormalizer" -> addWhole(bert(node));
      default ->
          throw new ModelFormatException(
              "tokenizer: the normalizer \"%s\" is not supported".formatted(type));
    }
  }

  private void addWhole(Normalizer normalizer) {
    steps.add(Step.WHOLE);
    whole.add(normalizer);
  }

  private void addReplace(JsonNode node) {
    JsonNode pattern = Json.required(node, "pattern");
    String content = Json.text(node, "content", "");
    if (Json.text(pattern, "String", "").equals(" ") && content.equals("\u2581")) {
      steps.add(Step.MARKS);
    } else if (Json.text(pattern, "Regex", "").equals(" {2,}")) {
      steps.add(Step.MERGE_SPACES);
    } else {
      throw new ModelFormatException(
          "tokenizer: replacing %s is not supported, only spaces are".formatted(pattern));
    }
  }

  private void addCharsmap(String base64) {
    try {
      charsmap = Charsmap.parse(Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          "tokenizer: precompiled_charsmap must be base64: " + e.getMessage(), e);
    }
    steps.add(Step.CHARSMAP);
  }

  private static Normalizer bert(JsonNode node) {
    boolean lowerCase = Json.flag(node, "lowercase", true);
    Set<BertNormalizer.Fold> folds = EnumSet.noneOf(BertNormalizer.Fold.class);
    if (lowerCase) {
      folds.add(BertNormalizer.Fold.CASE);
    }
    if (Json.flag(node, "strip_accents", lowerCase)) {
      folds.add(BertNormalizer.Fold.ACCENTS);
    }
    return new BertNormalizer(folds);
  }
}
