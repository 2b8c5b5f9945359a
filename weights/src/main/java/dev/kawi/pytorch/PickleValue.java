package dev.kawi.pytorch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A value on the stack of a pickle: as much of Python as a dict of tensors needs.
sealed interface PickleValue permits ElementType, Constructor, PickleValue.Plain {
  /// What the value is, for errors. Not the value itself, which may be long, or contain itself.
  default String kind() {
    return switch (this) {
      case ElementType type -> "the class torch." + type.className();
      case Constructor constructor -> "the function " + constructor;
      case Singleton singleton -> singleton.toString();
      case Int number -> "the number " + number.value();
      case Real number -> "the number " + number.value();
      case Text text -> "a text";
      case Tuple tuple -> "a tuple of " + tuple.values().size();
      case Items items -> "a list of " + items.values().size();
      case Table table -> "a dict of " + table.values().size();
      case Storage storage -> "a storage";
      case Tensor tensor -> "a tensor";
    };
  }

  /// Everything that is no name of Python's.
  sealed interface Plain extends PickleValue {}

  /// What there is one of.
  enum Singleton implements Plain {
    MARK,
    NONE,
    TRUE,
    FALSE
  }

  /// A whole number.
  record Int(long value) implements Plain {}

  /// Another number.
  record Real(double value) implements Plain {}

  /// A text.
  record Text(String value) implements Plain {}

  /// A tuple.
  record Tuple(List<PickleValue> values) implements Plain {
    /// Copies the values.
    public Tuple {
      values = List.copyOf(values);
    }
  }

  /// A list, which grows.
  record Items(List<PickleValue> values) implements Plain {
    /// An empty list.
    public Items() {
      this(new ArrayList<>());
    }
  }

  /// A dict with texts for keys, which grows.
  record Table(Map<String, PickleValue> values) implements Plain {
    /// An empty dict.
    public Table() {
      this(new LinkedHashMap<>());
    }
  }

  /// Numbers that tensors are cut from.
  ///
  /// @param key its name in the file
  /// @param elements how many there are
  record Storage(ElementType type, String key, long elements) implements Plain {}

  /// A tensor, known to lie inside of its storage.
  ///
  /// @param offset the element of the storage that is the tensor's first
  /// @param shape sizes, outermost first
  /// @param strides elements of the storage from one to the next along each dimension
  record Tensor(Storage storage, long offset, List<Long> shape, List<Long> strides)
      implements Plain {
    /// Copies the lists.
    public Tensor {
      shape = List.copyOf(shape);
      strides = List.copyOf(strides);
    }
  }
}
