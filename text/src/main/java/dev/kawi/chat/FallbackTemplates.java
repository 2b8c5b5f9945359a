package dev.kawi.chat;

import dev.kawi.token.Vocabulary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

// How it works. The table is fallback-templates.json beside this class, the templates are the files
// of the folder beside it. A row says by what its family is known: tokens that the vocabulary has
// and others that it has not, tokens of fixed ids, the architecture, and, for families whose turns
// are marked by words that every vocabulary can write, a pattern for the model's name. The first
// row wins of which everything holds. Each row names where its format is from; a family whose
// format nobody published is not in the table.

/// The chat templates of well-known families, for model files that come without one, as many GGUF
/// files and older folders do.
public final class FallbackTemplates {
  private static final Map<String, FallbackTemplate> TEMPLATES = new LinkedHashMap<>();
  private static final List<Rule> RULES = rules();

  private FallbackTemplates() {}

  /// By what a family is known.
  ///
  /// @param template the name of its template
  /// @param architectures one of these; empty for any
  /// @param tokens tokens that the vocabulary has
  /// @param absent tokens that it has not
  /// @param at tokens that have these ids
  /// @param named what the model's name contains
  private record Rule(
      String template,
      List<String> architectures,
      List<String> tokens,
      List<String> absent,
      Map<Integer, String> at,
      Pattern named) {
    boolean holds(String architecture, String name, Vocabulary vocabulary) {
      return (architectures.isEmpty() || architectures.contains(architecture))
          && tokens.stream().allMatch(text -> vocabulary.id(text).isPresent())
          && absent.stream().noneMatch(text -> vocabulary.id(text).isPresent())
          && at.entrySet().stream()
              .allMatch(e -> vocabulary.id(e.getValue()).equals(OptionalInt.of(e.getKey())))
          && named.matcher(name).find();
    }
  }

  /// The template of the family that a model is of; empty for a family that is not known, and for a
  /// base model unless its vocabulary has the tokens of a chat model.
  ///
  /// @param architecture as `general.architecture` has it
  /// @param name all that the file says of its name, such as "Llama 2 7B Chat"
  public static Optional<FallbackTemplate> find(
      String architecture, String name, Vocabulary vocabulary) {
    return RULES.stream()
        .filter(rule -> rule.holds(architecture, name, vocabulary))
        .findFirst()
        .flatMap(rule -> named(rule.template()));
  }

  /// The template of this name.
  public static Optional<FallbackTemplate> named(String name) {
    return Optional.ofNullable(TEMPLATES.get(name));
  }

  /// All templates, in the order in which they are tried.
  public static List<FallbackTemplate> all() {
    return List.copyOf(TEMPLATES.values());
  }

  private static List<Rule> rules() {
    JsonNode table = JsonMapper.shared().readTree(read("fallback-templates.json"));
    return table.valueStream().map(FallbackTemplates::rule).toList();
  }

  private static Rule rule(JsonNode row) {
    String name = row.path("name").stringValue();
    TEMPLATES.computeIfAbsent(
        name,
        n ->
            new FallbackTemplate(
                n, ChatTemplate.parse(read("templates/" + n + ".jinja")), strings(row, "stop")));
    Map<Integer, String> at = new LinkedHashMap<>();
    row.path("at")
        .properties()
        .forEach(e -> at.put(Integer.valueOf(e.getKey()), e.getValue().stringValue()));
    return new Rule(
        name,
        strings(row, "architectures"),
        strings(row, "tokens"),
        strings(row, "absent"),
        at,
        Pattern.compile(row.path("named").asString(""), Pattern.CASE_INSENSITIVE));
  }

  private static List<String> strings(JsonNode row, String key) {
    return row.path(key).valueStream().map(JsonNode::stringValue).toList();
  }

  private static String read(String resource) {
    try (InputStream in = FallbackTemplates.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("Bug: the resource " + resource + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
