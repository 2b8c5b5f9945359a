package dev.kawi.chat;

import dev.kawi.token.TokenKind;
import dev.kawi.token.Vocabulary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

// How it works. The table is tool-call-formats.json beside this class. A row says by what its
// family
// is known, texts in the chat template, tokens in the vocabulary, and fills one of three syntaxes
// with the family's markers. Templates come first: they show the format that the model was trained
// on, while many models share a vocabulary. The last row is for everything else. Each row names
// where its format is from.

/// How a family of models writes tool calls: what it is known by is data, what it reads and writes
/// is one of three syntaxes. Immutable.
public final class ToolCallFormat {
  private static final List<Rule> RULES = rules();

  private final String name;
  private final CallMarkers markers;
  private final CallSyntax syntax;

  ToolCallFormat(String name, CallMarkers markers, CallSyntax syntax) {
    this.name = name;
    this.markers = markers;
    this.syntax = syntax;
  }

  /// The family.
  public String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }

  CallMarkers markers() {
    return markers;
  }

  CallSyntax syntax() {
    return syntax;
  }

  /// By what a family is known.
  ///
  /// @param template texts that its chat template has, all of them; empty if no template tells
  /// @param absent texts that its chat template has not
  /// @param tokens tokens that its vocabulary has, all of them; empty if no vocabulary tells
  /// @param controls tokens in its markers that may be control tokens
  private record Rule(
      List<String> template,
      List<String> absent,
      List<String> tokens,
      List<String> controls,
      ToolCallFormat format) {
    boolean isIn(String source) {
      return !template.isEmpty()
          && template.stream().allMatch(source::contains)
          && absent.stream().noneMatch(source::contains);
    }

    boolean isIn(Vocabulary vocabulary) {
      return !tokens.isEmpty()
          && tokens.stream().allMatch(token -> vocabulary.id(token).isPresent());
    }

    ToolCallFormat formatFor(Vocabulary vocabulary) {
      List<String> found = controls.stream().filter(token -> isControl(token, vocabulary)).toList();
      return new ToolCallFormat(format.name, format.markers.with(found), format.syntax);
    }

    private static boolean isControl(String token, Vocabulary vocabulary) {
      OptionalInt id = vocabulary.id(token);
      return id.isPresent() && vocabulary.kind(id.getAsInt()) == TokenKind.CONTROL;
    }
  }

  /// The format of the family that a model is of; JSON between `<tool_call>` and `</tool_call>`, or
  /// alone, when neither the template nor the vocabulary tells of another.
  ///
  /// @param template the source of the chat template
  public static ToolCallFormat find(String template, Vocabulary vocabulary) {
    return Stream.concat(
            RULES.stream().filter(rule -> rule.isIn(template)),
            RULES.stream().filter(rule -> rule.isIn(vocabulary)))
        .findFirst()
        .orElseGet(RULES::getLast)
        .formatFor(vocabulary);
  }

  /// The format for models whose template shows no tools.
  static ToolCallFormat generic() {
    return RULES.getLast().format();
  }

  /// All families, in the order in which they are tried.
  public static List<ToolCallFormat> all() {
    return RULES.stream().map(Rule::format).toList();
  }

  /// What a model may write that has these tools: text and calls, as the choice allows.
  ///
  /// @throws IllegalArgumentException when the choice names a tool that there is not, or wants a
  ///   call where there are no tools
  public OutputShape shape(List<Tool> tools, ToolChoice choice) {
    return switch (choice) {
      case ToolChoice.None n -> new OutputShape.FreeText(List.of());
      case ToolChoice.Auto a when tools.isEmpty() -> new OutputShape.FreeText(List.of());
      case ToolChoice.Auto a -> freely(tools);
      case ToolChoice.Required r -> calls(tools, "any");
      case ToolChoice.Named(String tool) ->
          calls(tools.stream().filter(each -> each.name().equals(tool)).toList(), tool);
    };
  }

  private OutputShape freely(List<Tool> tools) {
    List<String> triggers = new ArrayList<>(markers.triggers());
    OutputShape calls = syntax.shape(markers, tools);
    if (triggers.isEmpty()) { // a call is the whole answer
      return new OutputShape.Choice(List.of(calls, new OutputShape.FreeText(List.of())));
    }
    return OutputShape.sequence(
        new OutputShape.FreeText(triggers),
        new OutputShape.Repeat(calls, OutputShape.NOTHING, 0, 1));
  }

  private OutputShape calls(List<Tool> tools, String wanted) {
    if (tools.isEmpty()) {
      throw new IllegalArgumentException(
          "tool choice: a call of %s is wanted, but the request has no such tool"
              .formatted(wanted.equals("any") ? "some tool" : "\"" + wanted + "\""));
    }
    return syntax.shape(markers, tools);
  }

  private static List<Rule> rules() {
    try (InputStream in = ToolCallFormat.class.getResourceAsStream("tool-call-formats.json")) {
      if (in == null) {
        throw new IllegalStateException("Bug: the resource tool-call-formats.json is missing");
      }
      JsonNode table = JsonMapper.shared().readTree(in);
      return table.valueStream().map(ToolCallFormat::rule).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Rule rule(JsonNode row) {
    CallMarkers markers =
        new CallMarkers(
            strings(row, "section"),
            strings(row, "sectionEnd"),
            strings(row, "call"),
            strings(row, "first"),
            strings(row, "callEnd"),
            CallMarkers.Alone.valueOf(row.path("alone").asString("ALLOWED")),
            List.of());
    return new Rule(
        strings(row, "template"),
        strings(row, "absent"),
        strings(row, "tokens"),
        strings(row, "controls"),
        new ToolCallFormat(row.path("name").stringValue(), markers, syntax(row)));
  }

  private static CallSyntax syntax(JsonNode row) {
    String shape = row.path("syntax").stringValue();
    return switch (shape) {
      case "json" ->
          new JsonCalls(
              strings(row, "names"),
              strings(row, "arguments"),
              strings(row, "ids"),
              strings(row, "wrappers"),
              JsonCalls.Listing.valueOf(row.path("list").asString("EITHER")),
              JsonCalls.Others.valueOf(row.path("others").asString("IGNORED")));
      case "named" ->
          new NamedCalls(
              strings(row, "prefixes"),
              NamedCalls.Numbered.valueOf(row.path("numbered").asString("NO")),
              row.path("idBegin").asString(""),
              strings(row, "separators"),
              strings(row, "answers"));
      case "tagged" ->
          new TaggedCalls(
              row.path("nameEnd").asString(""),
              row.path("argument").stringValue(),
              row.path("keyEnds").properties().stream().map(ToolCallFormat::keyEnd).toList(),
              row.path("valueEnd").stringValue(),
              TaggedCalls.Layout.valueOf(row.path("layout").asString("NONE")));
      default ->
          throw new IllegalStateException(
              "Bug: tool-call-formats.json has a syntax \"%s\"; there are json, named and tagged"
                  .formatted(shape));
    };
  }

  private static TaggedCalls.KeyEnd keyEnd(Map.Entry<String, JsonNode> entry) {
    return new TaggedCalls.KeyEnd(
        entry.getKey(), ArgumentTypes.Written.valueOf(entry.getValue().stringValue()));
  }

  private static List<String> strings(JsonNode row, String key) {
    return row.path(key).valueStream().map(JsonNode::stringValue).toList();
  }
}
