package dev.kawi.chat;

import dev.kawi.token.TokenKind;
import dev.kawi.token.Vocabulary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

// How it works. The table is reasoning-tags.json beside this class. A row says by what its family
// is known: texts in the chat template, tokens in the vocabulary. Templates come first, since files
// of one vocabulary may be of models that think and of others that do not. The last row is for
// everything else: a model that begins its answer with <think> thinks, whatever its template says.
// Each row names where its markers are from.

/// The markers that a family of models writes around its thoughts and its answer.
///
/// @param name the family
/// @param begin each of these begins thoughts
/// @param end each of these ends them
/// @param answerBegin what may stand before the answer and is no part of it
/// @param answerEnd what may stand after the answer and is no part of it
/// @param between what may stand between thoughts and answer and is part of neither
/// @param rounds how often a turn may go over to thoughts
/// @param controls the tokens in markers that are control tokens of the model: spelled out as text
///   they are none; empty where the spelling counts, whatever the tokens
public record ReasoningTags(
    String name,
    List<String> begin,
    List<String> end,
    List<String> answerBegin,
    List<String> answerEnd,
    List<String> between,
    Rounds rounds,
    List<String> controls) {
  private static final List<Rule> RULES = rules();

  /// How often a turn may go over to thoughts.
  public enum Rounds {
    /// Once, before the answer: a marker within the answer is text of the answer.
    ONE,
    /// As often as the model likes: its markers are tokens of their own.
    MANY
  }

  /// By what a family is known.
  ///
  /// @param template texts that its chat template has, all of them; empty if no template tells
  /// @param tokens tokens that its vocabulary has, all of them; empty if no vocabulary tells
  private record Rule(List<String> template, List<String> tokens, ReasoningTags tags) {
    boolean isIn(String source) {
      return !template.isEmpty() && template.stream().allMatch(source::contains);
    }

    boolean isIn(Vocabulary vocabulary) {
      return !tokens.isEmpty()
          && tokens.stream().allMatch(token -> vocabulary.id(token).isPresent());
    }

    ReasoningTags tagsFor(Vocabulary vocabulary) {
      return tags.rounds() == Rounds.ONE
          ? tags
          : tags.with(tokens.stream().filter(token -> isControl(token, vocabulary)).toList());
    }

    private static boolean isControl(String token, Vocabulary vocabulary) {
      OptionalInt id = vocabulary.id(token);
      return id.isPresent() && vocabulary.kind(id.getAsInt()) == TokenKind.CONTROL;
    }
  }

  /// Copies the lists; markers of one family must be told apart by their first characters.
  public ReasoningTags {
    begin = List.copyOf(begin);
    end = List.copyOf(end);
    answerBegin = List.copyOf(answerBegin);
    answerEnd = List.copyOf(answerEnd);
    between = List.copyOf(between);
    controls = List.copyOf(controls);
    if (begin.isEmpty() || end.isEmpty()) {
      throw new IllegalArgumentException(
          "reasoning tags: %s needs a marker that begins thoughts and one that ends them"
              .formatted(name));
    }
    List<String> all =
        Stream.of(begin, end, answerBegin, answerEnd, between)
            .flatMap(List::stream)
            .distinct()
            .toList();
    for (String marker : all) {
      check(name, marker, all);
    }
  }

  private static void check(String name, String marker, List<String> all) {
    if (marker.isEmpty() || Character.isWhitespace(marker.charAt(0))) {
      throw new IllegalArgumentException(
          "reasoning tags: a marker of %s must begin with a character that is no white space, found \"%s\""
              .formatted(name, marker));
    }
    for (String other : all) {
      if (!other.equals(marker) && other.startsWith(marker)) {
        throw new IllegalArgumentException(
            "reasoning tags: of %s's markers none may begin with another, found \"%s\" and \"%s\""
                .formatted(name, marker, other));
      }
    }
  }

  /// The markers of the family that a model is of; those of most families, `<think>` and
  /// `</think>`, when neither the template nor the vocabulary tells of others.
  ///
  /// @param template the source of the chat template
  public static ReasoningTags find(String template, Vocabulary vocabulary) {
    return Stream.concat(
            RULES.stream().filter(rule -> rule.isIn(template)),
            RULES.stream().filter(rule -> rule.isIn(vocabulary)))
        .findFirst()
        .orElseGet(RULES::getLast)
        .tagsFor(vocabulary);
  }

  private ReasoningTags with(List<String> controlTokens) {
    return new ReasoningTags(
        name, begin, end, answerBegin, answerEnd, between, rounds, controlTokens);
  }

  /// All families, in the order in which they are tried; some are known by more than one sign.
  public static List<ReasoningTags> all() {
    return RULES.stream().map(Rule::tags).distinct().toList();
  }

  private static List<Rule> rules() {
    try (InputStream in = ReasoningTags.class.getResourceAsStream("reasoning-tags.json")) {
      if (in == null) {
        throw new IllegalStateException("Bug: the resource reasoning-tags.json is missing");
      }
      JsonNode table = JsonMapper.shared().readTree(in);
      return table.valueStream().map(ReasoningTags::rule).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Rule rule(JsonNode row) {
    ReasoningTags tags =
        new ReasoningTags(
            row.path("name").stringValue(),
            strings(row, "begin"),
            strings(row, "end"),
            strings(row, "answerBegin"),
            strings(row, "answerEnd"),
            strings(row, "between"),
            Rounds.valueOf(row.path("rounds").asString("ONE")),
            List.of());
    return new Rule(strings(row, "template"), strings(row, "tokens"), tags);
  }

  private static List<String> strings(JsonNode row, String key) {
    return row.path(key).valueStream().map(JsonNode::stringValue).toList();
  }
}
