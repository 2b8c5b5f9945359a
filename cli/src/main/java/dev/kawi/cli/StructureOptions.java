package dev.kawi.cli;

import dev.kawi.grammar.Constraint;
import dev.kawi.grammar.Constraints;
import dev.kawi.grammar.GrammarException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The options that say what an answer has to look like.
final class StructureOptions {
  @ArgGroup private @Nullable Structure structure;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  /// One of them; without any an answer is any text.
  private static final class Structure {
    @Option(
        names = "--json-schema",
        paramLabel = "FILE",
        description = "Answer with JSON that is valid for this schema.")
    private Optional<Path> jsonSchema = Optional.empty();

    @Option(
        names = "--regex",
        paramLabel = "EXPR",
        description = "Answer with a text that this regular expression matches as a whole.")
    private Optional<String> regex = Optional.empty();

    @Option(
        names = "--choice",
        paramLabel = "TEXT",
        description = "Answer with one of these texts; given once for each.")
    private List<String> choice = List.of();

    @Option(
        names = "--grammar",
        paramLabel = "FILE",
        description = "Answer with a text of this grammar in llama.cpp's GBNF.")
    private Optional<Path> grammar = Optional.empty();
  }

  /// What was asked for.
  ///
  /// @throws ParameterException if it is malformed or not supported; the message names the option
  Constraint constraint() throws IOException {
    Structure asked = structure;
    if (asked == null) {
      return Constraint.none();
    }
    if (asked.jsonSchema.isPresent()) {
      return checked(
          "--json-schema", new Constraint.JsonSchema(TextFile.read(asked.jsonSchema.get())));
    }
    if (asked.grammar.isPresent()) {
      return checked("--grammar", new Constraint.Gbnf(TextFile.read(asked.grammar.get())));
    }
    return asked.regex.isPresent()
        ? checked("--regex", new Constraint.Regex(asked.regex.get()))
        : checked("--choice", new Constraint.Choice(asked.choice));
  }

  private Constraint checked(String option, Constraint constraint) {
    try {
      Constraints.compile(constraint);
      return constraint;
    } catch (GrammarException e) {
      throw new ParameterException(
          Objects.requireNonNull(command).commandLine(), option + ": " + e.getMessage(), e);
    }
  }
}
