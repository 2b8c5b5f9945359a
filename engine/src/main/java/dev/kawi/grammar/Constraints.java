package dev.kawi.grammar;

import dev.kawi.chat.OutputShape;
import dev.kawi.token.Tokenizer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Compiles constraints for one tokenizer and keeps the latest. Safe for use by many threads; what
/// is slow runs on the thread that asks.
public final class Constraints {
  private static final int MOST = 256;

  /// Characters of sources that are kept.
  private static final long LONGEST = 16L << 20;

  private final Tokenizer tokenizer;
  private final Map<Constraint, Grammar> known = new LinkedHashMap<>(16, 0.75f, true);
  private long length;
  private @Nullable TokenMasks masks;

  /// For the vocabulary of this tokenizer, which is read at the first constraint.
  public Constraints(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /// A state before the first token of an answer; nothing where any text is good.
  ///
  /// @throws GrammarException if the constraint is malformed or not supported
  public Optional<GrammarState> start(Constraint constraint) {
    return constraint instanceof Constraint.None
        ? Optional.empty()
        : Optional.of(masks().start(grammar(constraint)));
  }

  private synchronized TokenMasks masks() {
    if (masks == null) {
      masks = TokenMasks.of(tokenizer);
    }
    return masks;
  }

  private Grammar grammar(Constraint constraint) {
    synchronized (known) {
      Grammar grammar = known.get(constraint);
      if (grammar != null) {
        return grammar;
      }
    }
    Grammar grammar = compile(constraint);
    synchronized (known) {
      if (known.putIfAbsent(constraint, grammar) == null) {
        length += length(constraint);
      }
      var oldest = known.keySet().iterator();
      while (known.size() > MOST || (length > LONGEST && known.size() > 1)) {
        length -= length(oldest.next());
        oldest.remove();
      }
    }
    return grammar;
  }

  private static long length(Constraint constraint) {
    return switch (constraint) {
      case Constraint.None _, Constraint.Compiled _ -> 0;
      case Constraint.Output(OutputShape shape) -> shape.toString().length();
      case Constraint.JsonSchema(String schema) -> schema.length();
      case Constraint.Regex(String expression) -> expression.length();
      case Constraint.Gbnf(String source) -> source.length();
      case Constraint.Choice choice -> choice.texts().stream().mapToLong(String::length).sum();
    };
  }

  /// Compiles a constraint that is not [Constraint.None].
  ///
  /// @throws GrammarException if it is malformed or not supported
  public static Grammar compile(Constraint constraint) {
    return switch (constraint) {
      case Constraint.None _ ->
          throw new IllegalArgumentException("Bug: any text needs no grammar");
      case Constraint.JsonSchema(String schema) -> JsonSchemas.compile(schema);
      case Constraint.Regex(String expression) -> Regexes.compile(expression);
      case Constraint.Choice choice -> Grammar.choice(choice.texts());
      case Constraint.Gbnf(String source) -> Gbnf.compile(source);
      case Constraint.Compiled(Grammar grammar) -> grammar;
      case Constraint.Output(OutputShape shape) -> OutputGrammar.of(shape);
    };
  }
}
