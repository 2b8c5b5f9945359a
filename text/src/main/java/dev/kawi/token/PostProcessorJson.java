package dev.kawi.token;

import static dev.kawi.token.VocabularyBuilder.Evidence.DECLARATION;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Reads the `post_processor` of a `tokenizer.json`: the tokens around a text.
final class PostProcessorJson {
  private final List<Integer> before = new ArrayList<>();
  private final List<Integer> after = new ArrayList<>();
  private final TokenizerConfig config;
  private boolean adds;

  PostProcessorJson(JsonNode node, TokenizerConfig config) {
    this.config = config;
    if (!Json.isAbsent(node)) {
      add(node);
    }
  }

  private void add(JsonNode node) {
    String type = Json.text(node, "type", "");
    switch (type) {
      case "Sequence" -> Json.required(node, "processors").forEach(this::add);
      case "ByteLevel" -> {}
      case "TemplateProcessing" -> {
        requireFirst(type);
        addTemplate(node);
      }
      case "BertProcessing", "RobertaProcessing" -> {
        requireFirst(type);
        before.add(Json.whole(Json.required(node, "cls").path(1), "cls"));
        after.add(Json.whole(Json.required(node, "sep").path(1), "sep"));
      }
      default ->
          throw new ModelFormatException(
              "tokenizer: the post-processor \"%s\" is not supported".formatted(type));
    }
  }

  /// Two processors that add tokens would each see those of the other.
  private void requireFirst(String type) {
    if (adds) {
      throw new ModelFormatException(
          "tokenizer: the post-processor \"%s\" after another that adds tokens is not supported"
              .formatted(type));
    }
    adds = true;
  }

  private void addTemplate(JsonNode node) {
    boolean seen = false;
    for (JsonNode item : Json.required(node, "single")) {
      if (item.has("Sequence")) {
        String id = Json.text(item.path("Sequence"), "id", "");
        if (seen || !id.equals("A")) {
          throw new ModelFormatException(
              "tokenizer: the template of a text has the text A once, found \"%s\"".formatted(id));
        }
        seen = true;
        continue;
      }
      String name = Json.text(item.path("SpecialToken").path("id"), "id");
      for (JsonNode id : Json.required(Json.required(node, "special_tokens"), name).path("ids")) {
        (seen ? after : before).add(Json.whole(id, "ids"));
      }
    }
  }

  /// Sets the tokens around a text, and with them BOS and EOS where the configuration is silent.
  void applyTo(Assembly assembly) {
    VocabularyBuilder tokens = assembly.tokens();
    if (!before.isEmpty() && tokens.idOf(TokenRole.BOS).isEmpty()) {
      tokens.role(TokenRole.BOS, before.getFirst());
    }
    if (!after.isEmpty() && tokens.idOf(TokenRole.EOS).isEmpty()) {
      tokens.role(TokenRole.EOS, after.getLast());
    }
    for (String bos : List.of("<|begin_of_text|>", "<bos>", "<s>")) {
      if (tokens.idOf(TokenRole.BOS).isEmpty() && tokens.mayPlay(bos, DECLARATION)) {
        tokens.role(TokenRole.BOS, tokens.id(bos));
      }
    }
    for (String eos : List.of("<|end_of_text|>", "<eos>", "</s>", "<|endoftext|>")) {
      if (tokens.idOf(TokenRole.EOS).isEmpty() && tokens.mayPlay(eos, DECLARATION)) {
        tokens.role(TokenRole.EOS, tokens.id(eos));
      }
    }
    assembly.ends(
        side(before, config.addBos().orElse(!before.isEmpty()), tokens, TokenRole.BOS),
        side(after, config.addEos().orElse(!after.isEmpty()), tokens, TokenRole.EOS));
  }

  private static List<Integer> side(
      List<Integer> template, boolean wanted, VocabularyBuilder tokens, TokenRole role) {
    if (!wanted) {
      return List.of();
    }
    List<Integer> ids =
        template.isEmpty() ? tokens.idOf(role).map(List::of).orElse(List.of()) : template;
    for (int id : ids) {
      if (id < 0 || id >= tokens.size()) {
        throw new ModelFormatException(
            "tokenizer: the token %d around a text must be below %d".formatted(id, tokens.size()));
      }
    }
    return ids;
  }
}
