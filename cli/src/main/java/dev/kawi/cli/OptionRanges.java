package dev.kawi.cli;

import java.lang.reflect.AnnotatedElement;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/// Refuses numbers that are out of the [Range] of their option, as wrong usage; then runs the
/// command.
final class OptionRanges implements IExecutionStrategy {
  @Override
  public int execute(ParseResult result) throws ExecutionException, ParameterException {
    for (ParseResult at = result; at != null; at = at.hasSubcommand() ? at.subcommand() : null) {
      for (OptionSpec option : at.matchedOptions()) {
        check(at, option);
      }
    }
    return new RunLast().execute(result);
  }

  /// The range of an option, if it has one.
  static Optional<Range> range(OptionSpec option) {
    return option.userObject() instanceof AnnotatedElement field
        ? Optional.ofNullable(field.getAnnotation(Range.class))
        : Optional.empty();
  }

  private static void check(ParseResult at, OptionSpec option) {
    Range range = range(option).orElse(null);
    if (range == null) {
      return;
    }
    numbers(option.getValue())
        .filter(number -> !holds(range, number.doubleValue()))
        .findFirst()
        .ifPresent(number -> {
          throw new ParameterException(
              at.commandSpec().commandLine(),
              "%s must be %s, found %s".formatted(option.longestName(), words(range), number));
        });
  }

  private static Stream<Number> numbers(Object value) {
    return switch (value) {
      case Number number -> Stream.of(number);
      case Optional<?> one -> one.stream().flatMap(OptionRanges::numbers);
      case Collection<?> all -> all.stream().flatMap(OptionRanges::numbers);
      case null, default -> Stream.empty();
    };
  }

  private static boolean holds(Range range, double value) {
    return value >= range.min() && value <= range.max() && value > range.above();
  }

  /// A range as people read it, such as `from 0 to 1`.
  private static String words(Range range) {
    boolean bounded = range.max() < Double.POSITIVE_INFINITY;
    if (range.above() > Double.NEGATIVE_INFINITY) {
      return "above " + plain(range.above()) + (bounded ? ", up to " + plain(range.max()) : "");
    }
    return bounded
        ? "from " + plain(range.min()) + " to " + plain(range.max())
        : "at least " + plain(range.min());
  }

  private static String plain(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : Double.toString(value);
  }
}
