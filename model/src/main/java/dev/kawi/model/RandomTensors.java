package dev.kawi.model;

import dev.kawi.model.RandomTensor.Spread;
import java.util.ArrayList;
import java.util.List;

/// The tensors of a [RandomModel] in file order, as they are added.
final class RandomTensors {
  private final List<RandomTensor> all = new ArrayList<>();

  /// All so far.
  List<RandomTensor> all() {
    return List.copyOf(all);
  }

  /// Forgets them.
  void clear() {
    all.clear();
  }

  /// A tensor of these sizes, outermost first.
  void add(String name, Spread spread, long... sizes) {
    List<Long> list = new ArrayList<>();
    for (long size : sizes) {
      list.add(size);
    }
    all.add(new RandomTensor(name, list, spread));
  }

  /// A matrix and, where `bias` is not 0, a bias of that deviation.
  void linear(String name, int rows, int cols, float gain, float bias) {
    add(name + ".weight", new Spread.Weight(deviation(gain, cols)), rows, cols);
    if (bias != 0) {
      add(name + ".bias", new Spread.Plain(bias), rows);
    }
  }

  /// Of weights whose products with inputs of deviation 1 have the deviation `gain`.
  static float deviation(float gain, int cols) {
    return (float) (gain / Math.sqrt(cols));
  }
}
