package dev.kawi.pytorch;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.pytorch.PickleValue.Int;
import dev.kawi.pytorch.PickleValue.Storage;
import dev.kawi.pytorch.PickleValue.Table;
import dev.kawi.pytorch.PickleValue.Tensor;
import dev.kawi.pytorch.PickleValue.Text;
import dev.kawi.pytorch.PickleValue.Tuple;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Makes storages, tensors and dicts from what a pickle says of them, and checks that tensors lie
/// inside of their storages. Source: `torch/_utils.py` and `torch/serialization.py`.
final class Rebuilder {
  private static final int MOST_DIMENSIONS = 64;

  private final PickleInput in;
  private final Map<String, Storage> storages = new LinkedHashMap<>();

  Rebuilder(PickleInput in) {
    this.in = in;
  }

  /// The storages that were named so far, by key.
  Map<String, Storage> storages() {
    return storages;
  }

  /// The value of a call.
  PickleValue call(Constructor constructor, Tuple arguments) {
    return switch (constructor) {
      case ORDERED_DICT -> emptyDict(arguments);
      case TENSOR -> tensor(arguments);
      case PARAMETER -> parameter(arguments);
    };
  }

  /// A storage from its persistent id: `("storage", class, key, device, elements)`, and in old
  /// files `None` at the end, where it is no part of another storage.
  Storage storage(Tuple id) {
    List<PickleValue> values = id.values();
    boolean whole =
        values.size() == 5 || (values.size() == 6 && values.get(5) == PickleValue.Singleton.NONE);
    if (whole
        && values.get(0) instanceof Text kind
        && kind.value().equals("storage")
        && values.get(1) instanceof ElementType type
        && values.get(2) instanceof Text key
        && values.get(4) instanceof Int elements
        && elements.value() >= 0) {
      Storage storage = new Storage(type, key.value(), elements.value());
      Storage before = storages.putIfAbsent(key.value(), storage);
      if (before == null || before.equals(storage)) {
        return storage;
      }
      throw in.damaged("has two storages of the key " + key.value());
    }
    throw in.damaged(
        "has a pickle that names a storage by %s, expected are class, key, device and size"
            .formatted(id.kind()));
  }

  private Table emptyDict(Tuple arguments) {
    if (!arguments.values().isEmpty()) {
      throw unexpected("OrderedDict", arguments, "none");
    }
    return new Table();
  }

  private Tensor parameter(Tuple arguments) {
    if (arguments.values().size() == 3 && arguments.values().getFirst() instanceof Tensor tensor) {
      return tensor;
    }
    throw unexpected("_rebuild_parameter", arguments, "a tensor and two flags");
  }

  private Tensor tensor(Tuple arguments) {
    List<PickleValue> values = arguments.values();
    boolean enough = values.size() == 6 || values.size() == 7; // the last are flags
    if (enough
        && values.get(0) instanceof Storage storage
        && values.get(1) instanceof Int offset
        && values.get(2) instanceof Tuple shape
        && values.get(3) instanceof Tuple strides) {
      return tensor(storage, offset.value(), sizes(shape), sizes(strides));
    }
    throw unexpected("_rebuild_tensor_v2", arguments, "storage, offset, shape and strides");
  }

  private ModelFormatException unexpected(String function, Tuple found, String expected) {
    return in.damaged(
        "has a pickle that calls %s with %s, expected: %s"
            .formatted(function, found.kind(), expected));
  }

  private List<Long> sizes(Tuple tuple) {
    if (tuple.values().size() > MOST_DIMENSIONS) {
      throw in.damaged("has a tensor of %d dimensions".formatted(tuple.values().size()));
    }
    List<Long> sizes = new ArrayList<>();
    for (PickleValue value : tuple.values()) {
      if (!(value instanceof Int number) || number.value() < 0) {
        throw in.damaged("has a tensor with the size or stride " + value.kind());
      }
      sizes.add(number.value());
    }
    return sizes;
  }

  private Tensor tensor(Storage storage, long offset, List<Long> shape, List<Long> strides) {
    if (shape.size() != strides.size()) {
      throw in.damaged("has a tensor of the shape %s with strides %s".formatted(shape, strides));
    }
    if (offset < 0 || end(offset, shape, strides) > storage.elements()) {
      throw in.damaged(
          "has a tensor of the shape %s with strides %s, which begins at element %d of a storage of %d"
                  .formatted(shape, strides, offset, storage.elements())
              + " and does not end in it");
    }
    return new Tensor(storage, offset, shape, strides);
  }

  /// The first element of the storage that lies behind the tensor.
  private static long end(long offset, List<Long> shape, List<Long> strides) {
    if (shape.contains(0L)) {
      return offset;
    }
    try {
      long last = offset;
      for (int i = 0; i < shape.size(); i++) {
        last = Math.addExact(last, Math.multiplyExact(shape.get(i) - 1, strides.get(i)));
      }
      return Math.addExact(last, 1);
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }
}
