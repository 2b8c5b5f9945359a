package dev.kawi.model.random;

import java.util.List;

/// A tensor of a [RandomModel]: its name, its shape `[rows, cols]` (outermost first) and how its
/// values are spread.
///
/// @param name the name in the file
/// @param shape sizes, outermost first
/// @param spread how the values are drawn
record RandomTensor(String name, List<Long> shape, Spread spread) {
  RandomTensor {
    shape = List.copyOf(shape);
  }

  /// How values are drawn.
  sealed interface Spread {
    /// About normal with mean 0 and this standard deviation; stored in the model's storage type.
    record Weight(float deviation) implements Spread {}

    /// About normal with mean 0 and this standard deviation; always F32.
    record Plain(float deviation) implements Spread {}

    /// Evenly between two values; always F32.
    record Between(float from, float to) implements Spread {}

    /// Evenly between two values, half of them negated; always F32.
    record Signed(float from, float to) implements Spread {}
  }

  long cols() {
    return shape.getLast();
  }

  long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
