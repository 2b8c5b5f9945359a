package dev.kawi.token;

import static dev.kawi.token.VocabularyBuilder.Evidence.DECLARATION;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Reads the `post_processor` of a `tokenizer.json`: the tokens around a text, and between two.
final class PostProcessorJson {
  private final List<Integer> before = new ArrayList<>();
  private final List<Integer> after = new ArrayList<>();
  private final TokenizerConfig config;
  private Optional<PairTemplate> pair = Optional.of(PairTemplate.PLAIN);
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
      case "BertProcessing" -> {
        addEnds(type, node);
        pair = Optional.of(PairTemplate.bert(before, after));
      }
      case "RobertaProcessing" -> {
        addEnds(type, node);
        pair = Optional.of(PairTemplate.roberta(before, after));
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

  private void addEnds(String type, JsonNode node) {
    requireFirst(type);
    before.add(Json.whole(Json.required(node, "cls").path(1), "cls"));
    after.add(Json.whole(Json.required(node, "sep").path(1), "sep"));
  }

  private void addTemplate(JsonNode node) {
    JsonNode both = node.path("pair");
    pair = Json.isAbsent(both) ? Optional.empty() : Optional.of(pair(node, both));
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
      (seen ? after : before).addAll(specials(node, item));
    }
  }

  private static List<Integer> specials(JsonNode node, JsonNode item) {
    String name = Json.text(item.path("SpecialToken").path("id"), "id");
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : Json.required(Json.required(node, "special_tokens"), name).path("ids")) {
      ids.add(Json.whole(id, "ids"));
    }
    return ids;
  }

  private static PairTemplate pair(JsonNode node, JsonNode items) {
    List<PairTemplate.Part> parts = new ArrayList<>();
    Set<PairTemplate.Which> seen = EnumSet.noneOf(PairTemplate.Which.class);
    for (JsonNode item : items) {
      JsonNode sequence = item.path("Sequence");
      JsonNode token = sequence.isMissingNode() ? item.path("SpecialToken") : sequence;
      int type = Json.whole(token.path("type_id"), "type_id");
      if (sequence.isMissingNode()) {
        specials(node, item).forEach(id -> parts.add(new PairTemplate.Special(id, type)));
        continue;
      }
      String id = Json.text(sequence, "id", "");
      PairTemplate.Which which =
          switch (id) {
            case "A" -> PairTemplate.Which.FIRST;
            case "B" -> PairTemplate.Which.SECOND;
            default ->
                throw new ModelFormatException(
                    "tokenizer: the template of two texts has the texts A and B, found \"%s\""
                        .formatted(id));
          };
      if (!seen.add(which)) {
        throw new ModelFormatException(
            "tokenizer: the template of two texts has the text %s twice, which is not supported"
                .formatted(id));
      }
      parts.add(new PairTemplate.Text(which, type));
    }
    if (seen.size() < 2) {
      throw new ModelFormatException("tokenizer: the template of two texts has not both of them");
    }
    return new PairTemplate(parts);
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
        side(after, config.addEos().orElse(!after.isEmpty()), tokens, TokenRole.EOS),
        pair);
    pair.stream()
        .flatMap(template -> template.parts().stream())
        .forEach(part -> {
          if (part instanceof PairTemplate.Special(int id, int _)) {
            requireToken(id, tokens);
          }
        });
  }

  private static List<Integer> side(
      List<Integer> template, boolean wanted, VocabularyBuilder tokens, TokenRole role) {
    if (!wanted) {
      return List.of();
    }
    List<Integer> ids =
        template.isEmpty() ? tokens.idOf(role).map(List::of).orElse(List.of()) : template;
    ids.forEach(id -> requireToken(id, tokens));
    return ids;
  }

  private static void requireToken(int id, VocabularyBuilder tokens) {
    if (id < 0 || id >= tokens.size()) {
      throw new ModelFormatException(
          "tokenizer: the token %d around a text must be below %d".formatted(id, tokens.size()));
    }
  }
}
