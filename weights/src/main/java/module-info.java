/// Read and write model files.
module dev.kawi.weights {
  requires transitive dev.kawi.tensor;
  requires static transitive org.jspecify;
  requires tools.jackson.databind;

  exports dev.kawi.gguf;
  exports dev.kawi.pytorch;
  exports dev.kawi.safetensors;
  exports dev.kawi.weights;
}
