package dev.kawi.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Changes one place of a JSON value, which may make it invalid.
final class ChangedJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final List<String> STRINGS =
      List.of(
          "",
          "a",
          "ab",
          "abc",
          "bbc",
          "x",
          "zz",
          "a_b",
          "caaaaaaab",
          "\\",
          "é",
          "abcdefgh",
          "n\nm");
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "-1",
          "3",
          "9",
          "10",
          "41",
          "42",
          "43",
          "70",
          "99",
          "100",
          "345",
          "346",
          "-5",
          "-6",
          "-12",
          "-13",
          "999",
          "1000",
          "1001",
          "0.5",
          "-1.5",
          "-1.6",
          "2.25",
          "2.251",
          "0.001",
          "0.002",
          "123456789");

  private final Random random;

  ChangedJson(long seed) {
    random = new Random(seed);
  }

  /// The value with a change, in its compact form.
  String change(String json) {
    JsonNode value = JsonMapper.shared().readTree(json);
    List<JsonNode> places = new ArrayList<>();
    collect(value, places);
    JsonNode place = places.get(random.nextInt(places.size()));
    if (place instanceof ObjectNode object) {
      change(object);
    } else if (place instanceof ArrayNode array) {
      change(array);
    } else {
      return other().toString();
    }
    return value.toString();
  }

  private static void collect(JsonNode value, List<JsonNode> places) {
    places.add(value);
    value.forEach(child -> {
      if (child.isContainer()) {
        collect(child, places);
      }
    });
  }

  private void change(ObjectNode object) {
    List<String> names = List.copyOf(object.propertyNames());
    int choice = names.isEmpty() ? 2 : random.nextInt(4);
    String name = names.isEmpty() ? "" : names.get(random.nextInt(names.size()));
    if (choice == 0) {
      object.remove(name);
    } else if (choice == 1) {
      object.set("zzz", other());
    } else if (!names.isEmpty()) {
      object.set(name, other());
    }
  }

  private void change(ArrayNode array) {
    if (array.isEmpty() || random.nextInt(3) == 0) {
      array.add(other());
    } else if (random.nextBoolean()) {
      array.remove(random.nextInt(array.size()));
    } else {
      array.set(random.nextInt(array.size()), other());
    }
  }

  private JsonNode other() {
    return switch (random.nextInt(7)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.booleanNode(random.nextBoolean());
      case 2, 3 -> JsonMapper.shared().readTree(NUMBERS.get(random.nextInt(NUMBERS.size())));
      case 4 -> NODES.arrayNode().add(1).add("a");
      case 5 -> NODES.objectNode().put("t", "a");
      default -> NODES.stringNode(STRINGS.get(random.nextInt(STRINGS.size())));
    };
  }
}
