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
  private static final CharSet NMT_DROPPED =
      c ->
          (c >= 1 && c <= 8)
              || c == 0x0B
              || (c >= 0x0E && c <= 0x1F)
              || c == 0x7F
              || c == 0x8F
              || c == 0x9F;

  private final List<NormalizerStep> steps = new ArrayList<>();
  private final List<String> names = new ArrayList<>();

  NormalizerJson(JsonNode node) {
    if (!Json.isAbsent(node)) {
      add(node);
    }
  }

  /// All steps; the commonest in a form that is faster.
  Normalizer normalizer() {
    if (steps.isEmpty()) {
      return Normalizer.NONE;
    }
    return names.size() == 1 && names.getFirst().startsWith("NF")
        ? Normalizer.unicode(Form.valueOf(names.getFirst()))
        : Normalizer.steps(List.copyOf(steps));
  }

  private void add(JsonNode node) {
    String type = Json.text(node, "type", "");
    if (type.equals("Sequence")) {
      Json.required(node, "normalizers").forEach(this::add);
      return;
    }
    names.add(type);
    switch (type) {
      case "Prepend" ->
          steps.add(NormalizerStep.prepend(Json.text(node.path("prepend"), "prepend")));
      case "Replace" ->
          steps.add(
              NormalizerStep.replace(
                  Patterns.pattern(node), Json.text(node.path("content"), "content")));
      case "Precompiled" -> steps.add(new PrecompiledStep(charsmap(node)));
      case "Strip" -> steps.add(NormalizerStep.strip(sides(node)));
      case "NFC", "NFD", "NFKC", "NFKD" -> steps.add(NormalizerStep.unicode(Form.valueOf(type)));
      case "Lowercase" -> steps.add(NormalizerStep.lowercase());
      case "StripAccents" -> steps.add(NormalizerStep.keep(CharSet.of(CharClass.MARK).not()));
      case "Nmt" -> {
        steps.add(NormalizerStep.keep(NMT_DROPPED.not()));
        steps.add(NormalizerStep.map(NormalizerJson::nmt));
      }
      case "BertNormalizer" -> addBert(node);
      case "ByteLevel" -> steps.add(NormalizerStep.byteLevel());
      default ->
          throw new ModelFormatException(
              "tokenizer: the normalizer \"%s\" is not supported".formatted(type));
    }
  }

  private static Set<NormalizerStep.Side> sides(JsonNode node) {
    Set<NormalizerStep.Side> sides = EnumSet.noneOf(NormalizerStep.Side.class);
    if (Json.flag(node, "strip_left", false)) {
      sides.add(NormalizerStep.Side.LEFT);
    }
    if (Json.flag(node, "strip_right", false)) {
      sides.add(NormalizerStep.Side.RIGHT);
    }
    return sides;
  }

  private static Charsmap charsmap(JsonNode node) {
    try {
      return Charsmap.parse(
          Base64.getDecoder().decode(Json.text(node, "precompiled_charsmap", "")));
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(
          "tokenizer: precompiled_charsmap must be base64: " + e.getMessage(), e);
    }
  }

  private static int nmt(int c) {
    return switch (c) {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD -> ' ';
      default -> c >= 0x200B && c <= 0x200F ? ' ' : c;
    };
  }

  private void addBert(JsonNode node) {
    boolean lowerCase = Json.flag(node, "lowercase", true);
    if (Json.flag(node, "clean_text", true)) {
      steps.add(NormalizerStep.keep(c -> c != 0 && !BertNormalizer.isDropped(c)));
      steps.add(NormalizerStep.map(c -> CharClass.is(c, CharClass.SPACE) ? ' ' : c));
    }
    if (Json.flag(node, "handle_chinese_chars", true)) {
      steps.add(NormalizerJson::spaceIdeographs);
    }
    if (Json.flag(node, "strip_accents", lowerCase)) {
      steps.add(NormalizerStep.unicode(Form.NFD));
      steps.add(NormalizerStep.keep(c -> Character.getType(c) != Character.NON_SPACING_MARK));
    }
    if (lowerCase) {
      steps.add(NormalizerStep.lowercase());
    }
  }

  private static void spaceIdeographs(NormalizedText in, NormalizedText out) {
    for (int i = 0; i < in.size(); i++) {
      int c = in.codePoints()[i];
      boolean alone = BertSplitter.isIdeograph(c);
      if (alone) {
        out.add(' ', in.source(i));
      }
      out.add(c, in.source(i));
      if (alone) {
        out.add(' ', in.source(i));
      }
    }
    out.end(in.source(in.size()));
  }
}
