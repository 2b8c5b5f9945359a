package dev.kawi.chat.jinja;

import java.util.List;

/// What `d.keys()`, `d.values()` and `d.items()` return: has a length and passes as often as one
/// likes, but has no index.
final class DictView extends Obj {
  private final String typeName;
  private final List<Value> elements;

  DictView(String typeName, List<Value> elements) {
    this.typeName = typeName;
    this.elements = elements;
  }

  List<Value> elements() {
    return elements;
  }

  @Override
  String typeName() {
    return typeName;
  }
}
