/// Shapes, storage types, off-heap memory; kernels and the thread team.
module dev.kawi.tensor {
  // Without --add-modules the vector kernels are absent and the scalar ones serve.
  requires static jdk.incubator.vector;
  requires static transitive org.jspecify;

  exports dev.kawi.kernel;
  exports dev.kawi.tensor;
}
