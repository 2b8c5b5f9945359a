package dev.kawi.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The set of texts that may be written, compiled. Immutable and safe for use by many threads;
/// [TokenMasks] applies it to a vocabulary.
///
/// Grammars come from [JsonSchemas], [Regexes], [Gbnf] and [#choice], and are put together:
///
/// ```java
/// Grammar call =
///     Grammar.sequence(
///         Grammar.text("<tool_call>\n{\"name\": \"weather\", \"arguments\": "),
///         JsonSchemas.compile(parameters),
///         Grammar.text("}\n</tool_call>"));
/// Grammar answer = Grammar.freeText(Map.of("<tool_call>", ...), Grammar.End.ANYWHERE);
/// ```
public final class Grammar {
  /// As a number of repetitions: no bound.
  public static final int UNBOUNDED = Syntax.UNBOUNDED;

  /// Where free text may end.
  public enum End {
    /// Everywhere, also without a trigger.
    ANYWHERE,
    /// Only with a trigger and what follows it.
    AT_TRIGGER
  }

  private final Rule root;

  Grammar(Rule root) {
    this.root = root;
  }

  private static Grammar of(String name, Syntax syntax) {
    return new Grammar(RuleCompiler.compile(name, syntax));
  }

  /// This text.
  public static Grammar text(String text) {
    return of("text", Syntax.text(text));
  }

  /// The control token of this text, such as `[TOOL_CALLS]`. Control tokens match nothing else. In
  /// a vocabulary in which it is no control token, nothing matches.
  public static Grammar control(String token) {
    return of("control", new Syntax.Control(token));
  }

  /// One of these texts.
  ///
  /// @throws GrammarException if there is none
  public static Grammar choice(List<String> texts) {
    if (texts.isEmpty()) {
      throw new GrammarException("choice: expected at least one text, found none");
    }
    return of("choice", new Syntax.AnyText(List.copyOf(texts)));
  }

  /// One after the other.
  public static Grammar sequence(Grammar... parts) {
    return of("sequence", new Syntax.Sequence(calls(Arrays.stream(parts))));
  }

  /// One of them.
  public static Grammar anyOf(List<Grammar> options) {
    return of("alternatives", new Syntax.Alternatives(calls(options.stream())));
  }

  /// The part, `min` to `max` times.
  public static Grammar repeat(Grammar part, int min, int max) {
    checkBounds(min, max);
    return of("repetition", new Syntax.Repeat(part.call(), min, max));
  }

  static void checkBounds(int min, int max) {
    if (min < 0 || max < min) {
      throw new GrammarException(
          "grammar: a part is repeated m to n times with 0 <= m <= n, found %d to %d"
              .formatted(min, max));
    }
  }

  /// Any text without a trigger in it, up to the first trigger; then the trigger's grammar.
  ///
  /// @param triggers from the text that ends the free text to what follows it
  public static Grammar freeText(Map<String, Grammar> triggers, End end) {
    return free(
        triggers.entrySet().stream()
            .map(entry -> new Syntax.Trigger(Syntax.text(entry.getKey()), entry.getValue().call())),
        end);
  }

  /// As [#freeText(Map, End)] with the texts of control tokens as triggers.
  public static Grammar freeTextUntilControl(Map<String, Grammar> triggers, End end) {
    return free(
        triggers.entrySet().stream()
            .map(entry ->
                new Syntax.Trigger(new Syntax.Control(entry.getKey()), entry.getValue().call())),
        end);
  }

  private static Grammar free(Stream<Syntax.Trigger> triggers, End end) {
    return of("free text", new Syntax.FreeText(triggers.toList(), end));
  }

  private static List<Syntax> calls(Stream<Grammar> grammars) {
    return grammars.map(Grammar::call).toList();
  }

  Syntax call() {
    return new Syntax.Call(root);
  }

  Rule root() {
    return root;
  }

  /// Whether a whole text is one of the grammar's.
  public boolean matches(String text) {
    Closure closure = new Closure();
    Position position = closure.start(root);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      position = closure.next(position, b & 0xff);
      if (position.isDead()) {
        return false;
      }
    }
    return position.ends == Position.Ends.TEXT;
  }
}
