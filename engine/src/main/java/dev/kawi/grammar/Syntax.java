package dev.kawi.grammar;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// What is compiled to a [Rule]: the tree that the readers of GBNF, regular expressions and JSON
/// Schema build.
sealed interface Syntax {
  /// As a number of repetitions: no bound.
  int UNBOUNDED = Integer.MAX_VALUE;

  /// This text.
  record Literal(String text) implements Syntax {
    byte[] bytes() {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }

  /// The control token of this text.
  record Control(String token) implements Syntax {}

  /// One of these code points, in UTF-8.
  record Chars(CodePoints set) implements Syntax {}

  /// All parts in order.
  record Sequence(List<Syntax> parts) implements Syntax {}

  /// One of the options; without options nothing matches.
  record Alternatives(List<Syntax> options) implements Syntax {}

  /// One of many texts, which share their beginnings.
  record AnyText(List<String> texts) implements Syntax {}

  /// The part, `min` to `max` times.
  record Repeat(Syntax part, int min, int max) implements Syntax {}

  /// A rule that is compiled once and used at several places, possibly inside itself.
  record Call(Rule rule) implements Syntax {}

  /// States from 0, where it begins, with arcs between them.
  ///
  /// @param ends the states in which it may end
  record Graph(List<Arc> arcs, List<Integer> ends) implements Syntax {}

  /// From a state of a [Graph] to another by what the label matches.
  record Arc(int from, Syntax label, int to) {}

  /// Members in order, with a separator between those that are there.
  record Members(List<Member> members, Syntax separator) implements Syntax {}

  /// Any text in which none of the triggers occurs before its end, then a trigger with what follows
  /// it.
  record FreeText(List<Trigger> triggers, Grammar.End end) implements Syntax {}

  /// What ends free text, a [Literal] or [Control], and what comes after.
  record Trigger(Syntax text, Syntax then) {}

  /// A part of [Members].
  record Member(Presence presence, Syntax part) {}

  /// How often a member may be there.
  enum Presence {
    REQUIRED,
    OPTIONAL,
    ANY_NUMBER
  }

  /// Nothing.
  static Syntax empty() {
    return new Literal("");
  }

  /// What no text matches.
  static Syntax never() {
    return new Alternatives(List.of());
  }

  static Syntax text(String text) {
    return new Literal(text);
  }

  static Syntax sequence(Syntax... parts) {
    return new Sequence(List.of(parts));
  }

  static Syntax anyOf(Syntax... options) {
    return new Alternatives(List.of(options));
  }

  static Syntax optional(Syntax part) {
    return new Repeat(part, 0, 1);
  }

  static Syntax chars(int... ranges) {
    return new Chars(CodePoints.of(ranges));
  }
}
