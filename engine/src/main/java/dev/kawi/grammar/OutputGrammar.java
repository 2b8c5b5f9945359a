package dev.kawi.grammar;

import dev.kawi.chat.OutputShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// Compiles what a model may write ([OutputShape], the shape of a tool call) to a grammar. Keywords
/// of a tool's schema that are not supported are left out, so that a tool with one of them can be
/// called.
final class OutputGrammar {
  private OutputGrammar() {}

  static Grammar of(OutputShape shape) {
    return sequence(List.of(shape));
  }

  /// The grammar of these parts. Free text takes in what follows it, since where it ends is a
  /// matter of both.
  private static Grammar sequence(List<OutputShape> parts) {
    List<Grammar> grammars = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      OutputShape part = parts.get(i);
      if (part instanceof OutputShape.Sequence(List<OutputShape> inner)) {
        List<OutputShape> flat = new ArrayList<>(inner);
        flat.addAll(parts.subList(i + 1, parts.size()));
        grammars.add(sequence(flat));
        break;
      }
      if (part instanceof OutputShape.FreeText(List<String> until)) {
        grammars.add(freeText(until, parts.subList(i + 1, parts.size())));
        break;
      }
      grammars.add(part(part));
    }
    return grammars.size() == 1
        ? grammars.getFirst()
        : Grammar.sequence(grammars.toArray(Grammar[]::new));
  }

  private static Grammar freeText(List<String> until, List<OutputShape> rest) {
    if (rest.isEmpty()) {
      return Grammar.freeText(Map.of(), Grammar.End.ANYWHERE);
    }
    List<OutputShape> after = new ArrayList<>(rest);
    OutputShape end = after.removeFirst();
    if (until.size() == 1 && end instanceof OutputShape.Control(String token)) {
      return Grammar.freeTextUntilControl(Map.of(token, sequence(after)), Grammar.End.AT_TRIGGER);
    }
    if (until.size() == 1
        && end instanceof OutputShape.Literal(String text)
        && text.startsWith(until.getFirst())) {
      after.addFirst(new OutputShape.Literal(text.substring(until.getFirst().length())));
      return Grammar.freeText(Map.of(until.getFirst(), sequence(after)), Grammar.End.AT_TRIGGER);
    }
    throw new GrammarException(
        "output shape: free text up to %s is followed by %s; expected one text or control token that ends it"
            .formatted(until, end));
  }

  private static Grammar part(OutputShape shape) {
    return switch (shape) {
      case OutputShape.Literal(String text) -> Grammar.text(text);
      case OutputShape.Control(String token) -> Grammar.control(token);
      case OutputShape.Index _ -> Regexes.compile("0|[1-9][0-9]{0,5}");
      case OutputShape.Json(Map<String, @Nullable Object> schema) ->
          JsonSchemas.compile(
                  JsonMapper.shared().valueToTree(schema), "tool", JsonSchemas.Unsupported.LEFT_OUT)
              .grammar();
      case OutputShape.Choice(List<OutputShape> options) ->
          Grammar.anyOf(options.stream().map(OutputGrammar::of).toList());
      case OutputShape.Repeat repeat -> repeat(repeat);
      case OutputShape.Sequence(List<OutputShape> parts) -> sequence(parts);
      case OutputShape.FreeText(List<String> until) -> freeText(until, List.of());
    };
  }

  private static Grammar repeat(OutputShape.Repeat repeat) {
    Grammar item = of(repeat.item());
    Grammar next = Grammar.sequence(of(repeat.separator()), of(repeat.item()));
    int max = repeat.max() == Integer.MAX_VALUE ? Grammar.UNBOUNDED : repeat.max() - 1;
    if (repeat.max() == 0) {
      return Grammar.text("");
    }
    int min = Math.max(0, repeat.min() - 1);
    Grammar some = Grammar.sequence(item, Grammar.repeat(next, min, Math.max(min, max)));
    return repeat.min() == 0 ? Grammar.repeat(some, 0, 1) : some;
  }
}
