package dev.kawi.chat.jinja;

import java.util.ArrayList;
import java.util.List;

/// Jinja's `a.b`, `a[b]`, and the dotted paths of filters such as `map(attribute='a.b')`.
final class Lookup {
  private Lookup() {}

  /// `object.name`: an attribute, or else an item.
  static Value attribute(Value object, String name) {
    if (object instanceof Undefined undefined) {
      throw undefined.failure();
    }
    Value attribute = Attributes.of(object, name);
    if (attribute == null && object instanceof Dict dict) {
      attribute = dict.get(name);
    }
    return attribute != null ? attribute : noAttribute(object, name);
  }

  /// `object[key]`: an item, or else an attribute.
  static Value item(Rendering rendering, Value object, Value key) {
    Value item = rendering.operators.item(object, key);
    if (item != null) {
      return item;
    }
    if (!(key instanceof Text name)) {
      return new Undefined(objectName(object) + " has no element " + rendering.printer.repr(key));
    }
    Value attribute = Attributes.of(object, name.chars());
    return attribute != null ? attribute : noAttribute(object, name.chars());
  }

  private static Undefined noAttribute(Value object, String name) {
    return new Undefined("'" + objectName(object) + "' has no attribute '" + name + "'");
  }

  private static String objectName(Value object) {
    return object instanceof Value.None ? "None" : Operators.typeName(object) + " object";
  }

  /// The steps of a path: numbers are indexes, everything else names; none for no path at all.
  static List<Value> path(Value path) {
    return switch (path) {
      case Value.None n -> List.of();
      case Text text -> steps(text.chars());
      default -> List.of(path);
    };
  }

  /// The paths in a comma-separated list of them.
  static List<List<Value>> paths(Value paths) {
    if (!(paths instanceof Text text)) {
      return List.of(path(paths));
    }
    List<List<Value>> all = new ArrayList<>();
    for (String one : text.chars().split(",", -1)) {
      all.add(steps(one));
    }
    return all;
  }

  private static List<Value> steps(String path) {
    List<Value> steps = new ArrayList<>();
    for (String step : path.split("\\.", -1)) {
      boolean number =
          !step.isEmpty() && step.length() < 10 && step.chars().allMatch(c -> c >= '0' && c <= '9');
      steps.add(number ? Value.integer(Long.parseLong(step)) : Text.trusted(step));
    }
    return steps;
  }

  /// Follows a path.
  static Value follow(Rendering rendering, Value start, List<Value> path) {
    Value value = start;
    for (Value step : path) {
      value = item(rendering, value, step);
    }
    return value;
  }
}
