package dev.kawi.pytorch;

/// What a pickle may call. None of it is Python that runs: each has its own few lines in
/// [Rebuilder].
enum Constructor implements PickleValue {
  ORDERED_DICT("collections", "OrderedDict"),
  TENSOR("torch._utils", "_rebuild_tensor_v2"),
  PARAMETER("torch._utils", "_rebuild_parameter");

  private final String module;
  private final String function;

  Constructor(String module, String function) {
    this.module = module;
    this.function = function;
  }

  /// Whether Python knows it by these names.
  boolean is(String module, String function) {
    return this.module.equals(module) && this.function.equals(function);
  }
}
