/// Layers, and one file for each architecture.
module dev.kawi.model {
  requires transitive dev.kawi.tensor;
  requires transitive dev.kawi.weights;
  requires static transitive org.jspecify;

  exports dev.kawi.model;
  exports dev.kawi.model.random;
  exports dev.kawi.nn;
}
