package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Reads the `decoder` of a `tokenizer.json`.
final class DecoderJson {
  private final List<DecoderStep> steps = new ArrayList<>();

  private DecoderJson() {}

  static DecoderChain read(JsonNode node) {
    DecoderJson reader = new DecoderJson();
    if (Json.isAbsent(node)) {
      reader.steps.add(new DecoderStep.Join());
    } else {
      reader.add(node);
    }
    return new DecoderChain(reader.steps);
  }

  private void add(JsonNode node) {
    String type = Json.text(node, "type", "");
    switch (type) {
      case "Sequence" -> Json.required(node, "decoders").forEach(this::add);
      case "Replace" -> steps.add(replace(node));
      case "ByteFallback" -> steps.add(new DecoderStep.ByteFallback());
      case "Fuse" -> steps.add(new DecoderStep.Fuse());
      case "Strip" ->
          steps.add(
              new DecoderStep.Strip(
                  PreTokenizerJson.character(node, "content"),
                  Json.whole(node.path("start"), "start"),
                  Json.whole(node.path("stop"), "stop")));
      case "Metaspace" -> steps.add(metaspace(node));
      case "ByteLevel" -> steps.add(new DecoderStep.ByteLevel());
      case "WordPiece" ->
          steps.add(
              new DecoderStep.WordPiece(
                  Json.text(node, "prefix", "##"), Json.flag(node, "cleanup", true)));
      case "CTC" ->
          steps.add(
              new DecoderStep.Ctc(
                  Json.text(node, "pad_token", "<pad>"),
                  Json.text(node, "word_delimiter_token", "|"),
                  Json.flag(node, "cleanup", true)));
      case "BPEDecoder" -> steps.add(new DecoderStep.EndOfWord(Json.text(node, "suffix", "</w>")));
      default ->
          throw new ModelFormatException(
              "tokenizer: the decoder \"%s\" is not supported".formatted(type));
    }
  }

  private static DecoderStep replace(JsonNode node) {
    Regex pattern = Patterns.pattern(node);
    String content = Json.text(node.path("content"), "content");
    String string = Json.text(node.path("pattern"), "String", "");
    return string.isEmpty()
        ? DecoderStep.each(token -> pattern.replaceAll(token, content))
        : DecoderStep.each(token -> token.replace(string, content));
  }

  private static DecoderStep metaspace(JsonNode node) {
    boolean never =
        Json.text(node, "prepend_scheme", "always").equals("never")
            || !Json.flag(node, "add_prefix_space", true);
    return new DecoderStep.Metaspace(
        PreTokenizerJson.character(node, "replacement"),
        never ? DecoderStep.Metaspace.Marks.KEPT : DecoderStep.Metaspace.Marks.DROPPED);
  }
}
