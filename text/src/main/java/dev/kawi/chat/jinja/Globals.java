package dev.kawi.chat.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The functions that every template has: Jinja's `range`, `dict`, `namespace`, `cycler`, `joiner`,
/// and Hugging Face's `raise_exception` and `strftime_now`.
final class Globals {
  /// The sandbox's limit on `range`.
  private static final int MAX_RANGE = 100_000;

  static final Map<String, Value> ALL = new HashMap<>();

  static {
    define("range", Globals::range);
    define("dict", Globals::dict);
    define("namespace", Globals::namespace);
    define("cycler", (r, args) -> new Cycler(args.positionalOnly("cycler").positional()));
    define("joiner", (r, args) -> joiner(args));
    define("raise_exception", Globals::raise);
    define(
        "strftime_now",
        (r, args) -> Strftime.format(r, Value.orNone(args.bind("strftime_now", "format")[0])));
  }

  private Globals() {}

  private static void define(String name, Obj.Function.Body body) {
    ALL.put(name, new Obj.Function(name, body));
  }

  private static Value raise(Rendering rendering, Args args) {
    throw JinjaException.raised(
        rendering.string(Value.orNone(args.bind("raise_exception", "message")[0])).chars());
  }

  private static Value range(Rendering rendering, Args args) {
    @Nullable Value[] bound = args.positionalOnly("range").bind("range", "start stop? step?");
    long first = Arithmetic.toInt(Value.orNone(bound[0]));
    long start = bound[1] == null ? 0 : first;
    long stop = bound[1] == null ? first : Arithmetic.toInt(bound[1]);
    long step = bound[2] == null ? 1 : Arithmetic.toInt(bound[2]);
    if (step == 0) {
      throw JinjaException.evaluation("range() arg 3 must not be zero");
    }
    if (Math.abs((stop - start) / step) > MAX_RANGE
        || new Value.Range(start, stop, step).size() > MAX_RANGE) {
      throw JinjaException.limit(
          "Range too big. The sandbox blocks ranges larger than " + MAX_RANGE + ".");
    }
    return new Value.Range(start, stop, step);
  }

  private static Dict pairs(Rendering rendering, Args args) {
    if (args.positional().size() > 1) {
      throw Operators.typeError(
          "dict expected at most 1 argument, got " + args.positional().size());
    }
    Dict dict = new Dict();
    for (Value given : args.positional()) {
      if (given instanceof Dict other) {
        dict.putAll(other);
      } else {
        rendering.operators.collect(given).forEach(pair -> put(rendering, dict, pair));
      }
    }
    args.named().forEach((name, value) -> dict.put(Text.trusted(name), value));
    return dict;
  }

  private static void put(Rendering rendering, Dict dict, Value pair) {
    List<Value> parts = rendering.operators.collect(pair);
    if (parts.size() != 2) {
      throw JinjaException.evaluation(
          "dictionary update sequence element has length " + parts.size() + "; 2 is required");
    }
    dict.put(parts.get(0), parts.get(1));
  }

  private static Value dict(Rendering rendering, Args args) {
    return pairs(rendering, args);
  }

  private static Value namespace(Rendering rendering, Args args) {
    Namespace namespace = new Namespace();
    pairs(rendering, args)
        .entries()
        .forEach(e -> namespace.set(rendering.string(e.key()).chars(), e.value()));
    return namespace;
  }

  private static Value joiner(Args args) {
    @Nullable Value[] bound = args.bind("joiner", "sep?");
    Value separator = bound[0] == null ? Text.trusted(", ") : bound[0];
    boolean[] used = {false};
    return new Obj.Function(
        "joiner",
        (rendering, none) -> {
          Value piece = used[0] ? separator : Text.EMPTY;
          used[0] = true;
          return piece;
        });
  }

  /// `cycler(...)`: gives its items in turn.
  private static final class Cycler extends Obj {
    private final List<Value> items;
    private int at;

    Cycler(List<Value> items) {
      if (items.isEmpty()) {
        throw JinjaException.evaluation("at least one item has to be provided");
      }
      this.items = items;
    }

    @Override
    String typeName() {
      return "Cycler";
    }

    @Override
    @Nullable Value attribute(String name) {
      return switch (name) {
        case "current" -> items.get(at);
        case "next" -> new Function(name, (rendering, args) -> next());
        case "reset" -> new Function(name, (rendering, args) -> reset());
        default -> null;
      };
    }

    private Value next() {
      Value item = items.get(at);
      at = (at + 1) % items.size();
      return item;
    }

    private Value reset() {
      at = 0;
      return NONE;
    }
  }
}
