package dev.kawi.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A macro, or the body of a `call` block, with the scope it was defined in.
final class Macro extends Obj {
  private final String name;
  private final Stmt.Signature signature;
  private final List<Stmt> body;
  private final Scope closure;
  private final Renderer renderer;

  Macro(String name, Stmt.Signature signature, List<Stmt> body, Scope closure, Renderer renderer) {
    this.name = name;
    this.signature = signature;
    this.body = body;
    this.closure = closure;
    this.renderer = renderer;
  }

  @Override
  String typeName() {
    return "Macro";
  }

  @Override
  String repr() {
    return "<Macro '" + name + "'>";
  }

  @Override
  @Nullable Value attribute(String attribute) {
    return switch (attribute) {
      case "name" -> Text.trusted(name);
      case "arguments" ->
          new Tuple(List.copyOf(signature.names().stream().map(Text::trusted).toList()));
      case "caller" -> Value.bool(signature.usesCaller());
      case "catch_kwargs" -> Value.bool(signature.usesKwargs());
      case "catch_varargs" -> Value.bool(signature.usesVarargs());
      default -> null;
    };
  }

  @Override
  boolean isCallable() {
    return true;
  }

  @Override
  Value call(Rendering rendering, Args args) {
    return renderer.capture(body, bind(args));
  }

  private Scope bind(Args args) {
    Scope scope = new Scope(closure);
    Map<String, Value> named = new LinkedHashMap<>(args.named());
    List<String> names = signature.names();
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Value value =
          i < args.positional().size() ? args.positional().get(i) : named.remove(names.get(i));
      if (value == null) {
        missing.add(names.get(i));
      } else {
        scope.set(names.get(i), value);
      }
    }
    if (signature.usesCaller() && !names.contains("caller")) {
      Value caller = named.remove("caller");
      scope.set("caller", caller == null ? new Undefined("No caller defined") : caller);
    }
    bindRest(args, named, scope);
    missing.forEach(parameter -> scope.set(parameter, fallback(parameter, scope)));
    return scope;
  }

  private void bindRest(Args args, Map<String, Value> named, Scope scope) {
    if (signature.usesKwargs()) {
      scope.set("kwargs", Dict.of(named));
    } else if (!named.isEmpty()) {
      throw JinjaException.evaluation(
          "macro '"
              + name
              + "' takes no keyword argument '"
              + named.keySet().iterator().next()
              + "'");
    }
    int count = signature.names().size();
    if (signature.usesVarargs()) {
      scope.set(
          "varargs",
          new Tuple(
              args.positional()
                  .subList(Math.min(count, args.positional().size()), args.positional().size())));
    } else if (args.positional().size() > count) {
      throw JinjaException.evaluation(
          "macro '" + name + "' takes not more than " + count + " argument(s)");
    }
  }

  private Value fallback(String parameter, Scope scope) {
    int fromEnd = signature.names().size() - signature.names().indexOf(parameter);
    int index = signature.defaults().size() - fromEnd;
    return index < 0
        ? new Undefined("parameter '" + parameter + "' was not provided")
        : renderer.evaluator().evaluate(signature.defaults().get(index), scope);
  }
}
