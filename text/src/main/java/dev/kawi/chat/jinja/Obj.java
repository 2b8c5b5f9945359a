package dev.kawi.chat.jinja;

import org.jspecify.annotations.Nullable;

/// A value with behaviour of its own: functions, macros, bound methods, `loop`, namespaces,
/// cyclers. As in Python, what an object has no attribute or call for is an error.
abstract non-sealed class Obj implements Value {

  /// The name of its Python type.
  abstract String typeName();

  /// How it prints.
  String repr() {
    return "<" + typeName() + ">";
  }

  /// The attribute of this name, or null when it has none.
  @Nullable Value attribute(String name) {
    return null;
  }

  /// Whether [#call] works.
  boolean isCallable() {
    return false;
  }

  /// Calls it.
  Value call(Rendering rendering, Args args) {
    throw JinjaException.evaluation("'" + typeName() + "' object is not callable");
  }

  /// A function of the language: a global, a method bound to its value.
  static final class Function extends Obj {
    /// What it does.
    interface Body {
      Value call(Rendering rendering, Args args);
    }

    private final String name;
    private final Body body;

    Function(String name, Body body) {
      this.name = name;
      this.body = body;
    }

    @Override
    String typeName() {
      return "function";
    }

    @Override
    String repr() {
      return "<function " + name + ">";
    }

    @Override
    boolean isCallable() {
      return true;
    }

    @Override
    Value call(Rendering rendering, Args args) {
      return body.call(rendering, args);
    }
  }
}
