package dev.kawi.grammar;

import dev.kawi.chat.OutputShape;
import java.util.List;

/// What a request asks its answer to look like. It is compiled when the request is made.
public sealed interface Constraint {
  /// Any text.
  record None() implements Constraint {}

  /// JSON that is valid for a schema.
  ///
  /// @param schema its text
  record JsonSchema(String schema) implements Constraint {}

  /// A text that a regular expression matches as a whole.
  record Regex(String expression) implements Constraint {}

  /// One of these texts.
  record Choice(List<String> texts) implements Constraint {
    public Choice {
      texts = List.copyOf(texts);
    }
  }

  /// A text of a grammar in GBNF.
  record Gbnf(String source) implements Constraint {}

  /// A text of a grammar that the caller put together.
  record Compiled(Grammar grammar) implements Constraint {}

  /// What a model may write around and in its tool calls.
  record Output(OutputShape shape) implements Constraint {}

  /// Any text.
  static Constraint none() {
    return new None();
  }
}
