package dev.kawi.chat.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The arguments of a call.
record Args(List<Value> positional, Map<String, Value> named) {
  static final Args NONE = new Args(List.of(), Map.of());

  static Args of(Value... values) {
    return new Args(List.of(values), Map.of());
  }

  /// These arguments without the first `n` positional ones.
  Args skip(int n) {
    return new Args(positional.subList(n, positional.size()), named);
  }

  /// Fits the arguments to parameters as Python would: in order, then by name; null for an optional
  /// one that is not given.
  ///
  /// @param signature parameter names separated by blanks, optional ones ending in `?`
  @Nullable Value[] bind(String function, String signature) {
    String[] parameters = signature.isEmpty() ? new String[0] : signature.split(" ");
    if (positional.size() > parameters.length) {
      throw JinjaException.evaluation(
          function
              + "() takes at most "
              + parameters.length
              + " arguments ("
              + positional.size()
              + " given)");
    }
    @Nullable Value[] bound = new Value[parameters.length];
    Map<String, Value> rest = new HashMap<>(named);
    for (int i = 0; i < parameters.length; i++) {
      boolean optional = parameters[i].endsWith("?");
      String name =
          optional ? parameters[i].substring(0, parameters[i].length() - 1) : parameters[i];
      Value byName = rest.remove(name);
      if (i < positional.size() && byName != null) {
        throw JinjaException.evaluation(
            function + "() got multiple values for argument '" + name + "'");
      }
      bound[i] = i < positional.size() ? positional.get(i) : byName;
      if (bound[i] == null && !optional) {
        throw JinjaException.evaluation(function + "() missing required argument: '" + name + "'");
      }
    }
    if (!rest.isEmpty()) {
      throw JinjaException.evaluation(
          function
              + "() got an unexpected keyword argument '"
              + rest.keySet().iterator().next()
              + "'");
    }
    return bound;
  }

  /// Fails when there are arguments by name, for Python's positional-only functions.
  Args positionalOnly(String function) {
    if (!named.isEmpty()) {
      throw JinjaException.evaluation(function + "() takes no keyword arguments");
    }
    return this;
  }
}
