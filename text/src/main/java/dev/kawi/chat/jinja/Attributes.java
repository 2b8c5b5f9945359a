package dev.kawi.chat.jinja;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The attributes that values have: the methods of strings, lists and dicts that read. Those that
/// would change a list or dict are known, to say so.
final class Attributes {
  private static final Set<String> CHANGES_LIST =
      Set.of("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse");
  private static final Set<String> CHANGES_DICT =
      Set.of("pop", "popitem", "update", "setdefault", "clear");

  private Attributes() {}

  /// The attribute, or null when the value has none of this name.
  static @Nullable Value of(Value value, String name) {
    return switch (value) {
      case Text text -> StringMethods.of(text, name);
      case Dict dict -> ofDict(dict, name);
      case Value.ListValue list ->
          CHANGES_LIST.contains(name) ? unsafe(name, "list") : ofSequence(list, name);
      case Value.Tuple tuple ->
          tuple.names().contains(name)
              ? tuple.get(tuple.names().indexOf(name))
              : ofSequence(tuple, name);
      case Value.Range range -> ofSequence(range, name);
      case Value.Real real ->
          name.equals("is_integer")
              ? method(
                  name,
                  args ->
                      Value.bool(
                          real.value() == Math.rint(real.value())
                              && !Double.isInfinite(real.value())))
              : null;
      case Value.Int integer ->
          name.equals("bit_length")
              ? method(name, args -> Value.integer(integer.value().abs().bitLength()))
              : null;
      case Obj object -> object.attribute(name);
      case Value.None n -> null;
      case Value.Bool b -> null;
      case Value.Stream s -> null;
      case Undefined u -> null;
    };
  }

  private static Undefined unsafe(String name, String type) {
    return new Undefined(
        "access to attribute '"
            + name
            + "' of '"
            + type
            + "' object is unsafe: templates may not change it");
  }

  private interface Body {
    Value call(Args args);
  }

  private static Value method(String name, Body body) {
    return new Obj.Function(name, (rendering, args) -> body.call(args));
  }

  private static @Nullable Value ofDict(Dict dict, String name) {
    if (CHANGES_DICT.contains(name)) {
      return unsafe(name, "dict");
    }
    return switch (name) {
      case "items" -> view(dict, name, "dict_items");
      case "keys" -> view(dict, name, "dict_keys");
      case "values" -> view(dict, name, "dict_values");
      case "get" ->
          method(
              name,
              args -> {
                @Nullable Value[] bound = args.positionalOnly("get").bind("get", "key default?");
                Value found = dict.get(Value.orNone(bound[0]));
                return found == null ? Value.orNone(bound[1]) : found;
              });
      case "copy" -> method(name, args -> dict);
      default -> null;
    };
  }

  private static Value view(Dict dict, String name, String type) {
    return new Obj.Function(
        name,
        (rendering, args) -> {
          args.bind(name, "");
          rendering.budget.steps(dict.size());
          return new DictView(
              type,
              name.equals("items")
                  ? dict.items()
                  : name.equals("keys") ? dict.keys() : dict.values());
        });
  }

  private static @Nullable Value ofSequence(Value.Sequence sequence, String name) {
    return switch (name) {
      case "count" ->
          new Obj.Function(
              name,
              (rendering, args) -> {
                Value wanted = Value.orNone(args.positionalOnly(name).bind(name, "value")[0]);
                return Value.integer(
                    rendering.operators.collect(sequence).stream()
                        .filter(v -> rendering.operators.equal(v, wanted))
                        .count());
              });
      case "index" -> new Obj.Function(name, (rendering, args) -> index(rendering, sequence, args));
      case "copy" -> sequence instanceof Value.ListValue ? method(name, args -> sequence) : null;
      default -> null;
    };
  }

  private static Value index(Rendering rendering, Value.Sequence sequence, Args args) {
    @Nullable Value[] bound = args.positionalOnly("index").bind("index", "value start? stop?");
    Value wanted = Value.orNone(bound[0]);
    int size = sequence.size();
    int start = bound[1] == null ? 0 : from(Arithmetic.toInt(bound[1]), size);
    int stop = bound[2] == null ? size : from(Arithmetic.toInt(bound[2]), size);
    for (int i = start; i < stop; i++) {
      if (rendering.operators.equal(sequence.get(i), wanted)) {
        return Value.integer(i);
      }
    }
    throw JinjaException.evaluation(rendering.printer.repr(wanted) + " is not in list");
  }

  private static int from(int index, int size) {
    return Math.clamp(index < 0 ? (long) index + size : index, 0, size);
  }
}
