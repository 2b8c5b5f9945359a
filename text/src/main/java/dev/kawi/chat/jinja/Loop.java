package dev.kawi.chat.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// The `loop` variable, which is also what the loop walks along: it looks one item ahead only when
/// asked for `last` or `nextitem`.
final class Loop extends Obj implements Iterator<Value> {
  /// Renders the body of a recursive loop over other items.
  interface Recursion {
    Text render(Value iterable, int depth);
  }

  private final Rendering rendering;
  private final @Nullable Recursion recursion;
  private final int depth0;
  private Iterator<Value> items;
  private OptionalInt size;
  private int index0 = -1;
  private @Nullable Value ahead;
  private @Nullable Value current;
  private @Nullable Value before;
  private @Nullable Value lastChanged;

  Loop(
      Rendering rendering,
      Iterator<Value> items,
      OptionalInt size,
      int depth0,
      @Nullable Recursion recursion) {
    this.rendering = rendering;
    this.items = items;
    this.size = size;
    this.depth0 = depth0;
    this.recursion = recursion;
  }

  @Override
  public boolean hasNext() {
    return ahead != null || items.hasNext();
  }

  @Override
  public Value next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Value item = ahead != null ? ahead : items.next();
    ahead = null;
    index0++;
    before = current;
    current = item;
    return item;
  }

  private @Nullable Value peek() {
    if (ahead == null && items.hasNext()) {
      ahead = items.next();
    }
    return ahead;
  }

  int length() {
    if (size.isEmpty()) {
      List<Value> rest = new ArrayList<>();
      while (items.hasNext()) {
        rendering.budget.step();
        rest.add(items.next());
      }
      items = rest.iterator();
      size = OptionalInt.of(rest.size() + index0 + 1 + (ahead == null ? 0 : 1));
    }
    return size.getAsInt();
  }

  @Override
  String typeName() {
    return "LoopContext";
  }

  @Override
  String repr() {
    return "<LoopContext " + (index0 + 1) + "/" + length() + ">";
  }

  @Override
  @Nullable Value attribute(String name) {
    return switch (name) {
      case "index" -> Value.integer(index0 + 1);
      case "index0" -> Value.integer(index0);
      case "revindex" -> Value.integer(length() - index0);
      case "revindex0" -> Value.integer(length() - index0 - 1);
      case "first" -> Value.bool(index0 == 0);
      case "last" -> Value.bool(peek() == null);
      case "length" -> Value.integer(length());
      case "depth" -> Value.integer(depth0 + 1);
      case "depth0" -> Value.integer(depth0);
      case "previtem" ->
          before == null || index0 == 0 ? new Undefined("there is no previous item") : before;
      case "nextitem" -> peek() == null ? new Undefined("there is no next item") : ahead;
      case "cycle" -> new Function("cycle", (r, args) -> cycle(args.positionalOnly("cycle")));
      case "changed" ->
          new Function("changed", (r, args) -> changed(args.positionalOnly("changed")));
      default -> null;
    };
  }

  private Value cycle(Args args) {
    if (args.positional().isEmpty()) {
      throw JinjaException.evaluation("no items for cycling given");
    }
    return args.positional().get(index0 % args.positional().size());
  }

  private Value changed(Args args) {
    Value now = new Tuple(args.positional());
    boolean same = lastChanged != null && rendering.operators.equal(lastChanged, now);
    lastChanged = now;
    return Value.bool(!same);
  }

  @Override
  boolean isCallable() {
    return true;
  }

  @Override
  Value call(Rendering r, Args args) {
    if (recursion == null) {
      throw JinjaException.evaluation(
          "The loop must have the 'recursive' marker to be called recursively.");
    }
    @Nullable Value[] bound = args.bind("loop", "iterable");
    return recursion.render(Value.orNone(bound[0]), depth0 + 1);
  }
}
