package dev.kawi.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Which values the number of an option may have, checked by [OptionRanges] before its command
/// runs.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface Range {
  /// The least value.
  double min() default Double.NEGATIVE_INFINITY;

  /// A value that all must be above.
  double above() default Double.NEGATIVE_INFINITY;

  /// The greatest value.
  double max() default Double.POSITIVE_INFINITY;
}
