/// Structured output: what a model may write next, as a grammar.
///
/// [dev.kawi.grammar.Grammar] is what a JSON Schema, a regular expression, a choice or a GBNF text
/// is compiled to; [dev.kawi.grammar.TokenMasks] turns a position in it into the set of tokens of a
/// vocabulary that may come next; [dev.kawi.grammar.GrammarState] is the position of one sequence.
@NullMarked
package dev.kawi.grammar;

import org.jspecify.annotations.NullMarked;
