package dev.kawi.chat.jinja;

/// Jinja's default `Undefined`: prints as nothing, is false and empty, and fails with `reason` when
/// anything else is done with it.
record Undefined(String reason) implements Value {

  static Undefined variable(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  JinjaException failure() {
    return JinjaException.evaluation(reason);
  }
}
