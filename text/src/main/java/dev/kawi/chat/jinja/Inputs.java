package dev.kawi.chat.jinja;

import dev.kawi.chat.jinja.Value.ListValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Turns the plain Java data of a caller into values, and says which strings are to be trusted:
/// special tokens (top-level variables named `..._token`), and the roles of messages when they are
/// one of the words that models know. All other text came from outside.
final class Inputs {
  private static final int MAX_DEPTH = 200;
  private static final Set<String> ROLES =
      Set.of(
          "system",
          "user",
          "assistant",
          "tool",
          "developer",
          "function",
          "ipython",
          "observation",
          "model",
          "environment",
          "tool_call",
          "tool_response",
          "documents",
          "context",
          "gpt",
          "human",
          "bot",
          "thought",
          "latest_reminder");

  private Inputs() {}

  static Scope scope(Map<String, ? extends @Nullable Object> variables) {
    Scope globals = new Scope(null);
    Globals.ALL.forEach(globals::set);
    Scope scope = new Scope(globals);
    variables.forEach((name, value) -> scope.set(name, variable(name, value)));
    return scope;
  }

  private static Value variable(String name, @Nullable Object value) {
    if (value instanceof CharSequence token && name.endsWith("_token")) {
      return Text.trusted(token.toString());
    }
    if (value instanceof List<?> messages && name.equals("messages")) {
      return new ListValue(messages.stream().map(Inputs::message).toList());
    }
    return convert(value, 0);
  }

  private static Value message(@Nullable Object message) {
    Value converted = convert(message, 0);
    if (converted instanceof Dict dict
        && dict.get("role") instanceof Text role
        && ROLES.contains(role.chars())) {
      dict.put(Text.trusted("role"), Text.trusted(role.chars()));
    }
    return converted;
  }

  private static Value convert(@Nullable Object value, int depth) {
    if (depth > MAX_DEPTH) {
      throw JinjaException.limit(
          "the template's variables are nested more than " + MAX_DEPTH + " levels deep");
    }
    return switch (value) {
      case null -> Value.NONE;
      case CharSequence text -> Text.content(text.toString());
      case Boolean bool -> Value.bool(bool);
      case Byte n -> Value.integer(n);
      case Short n -> Value.integer(n);
      case Integer n -> Value.integer(n);
      case Long n -> Value.integer(n);
      case BigInteger n -> integer(n);
      case Float n -> new Value.Real(n);
      case Double n -> new Value.Real(n);
      case BigDecimal n -> new Value.Real(n.doubleValue());
      case Map<?, ?> map -> dict(map, depth);
      case Iterable<?> items -> list(items, depth);
      default ->
          throw JinjaException.evaluation(
              "a template takes strings, numbers, booleans, lists and maps, not "
                  + value.getClass().getName());
    };
  }

  private static Value integer(BigInteger value) {
    if (value.bitLength() > Arithmetic.MAX_BITS) {
      throw JinjaException.limit("an integer has " + value.bitLength() + " bits");
    }
    return new Value.Int(value);
  }

  private static Value dict(Map<?, ?> map, int depth) {
    Dict dict = new Dict();
    map.forEach((key, value) -> dict.put(convert(key, depth + 1), convert(value, depth + 1)));
    return dict;
  }

  private static Value list(Iterable<?> items, int depth) {
    List<Value> values = new ArrayList<>();
    items.forEach(item -> values.add(convert(item, depth + 1)));
    return new ListValue(values);
  }
}
