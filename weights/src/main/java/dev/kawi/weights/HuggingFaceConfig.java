package dev.kawi.weights;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// The `config.json` of a model: what is asked for is there and of the right kind, or the error
/// names the key, the value and what is supported.
///
/// @param file the file, for messages
/// @param root the object
record HuggingFaceConfig(Path file, JsonNode root) {
  private static final int MAX_WIDTH = 1 << 24;

  /// Reads `config.json` of a folder; of a model with a text half, that half.
  static HuggingFaceConfig read(Path folder) throws IOException {
    Path file = folder.resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new ModelFormatException(withoutConfig(folder));
    }
    JsonNode root = PublishedJson.read(file);
    JsonNode text = root.path("text_config");
    return new HuggingFaceConfig(file, text.isObject() && text.has("model_type") ? text : root);
  }

  /// A folder without `config.json` may hold GGUF files, each of which is a model.
  private static String withoutConfig(Path folder) throws IOException {
    List<String> gguf;
    try (Stream<Path> files = Files.list(folder)) {
      gguf =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".gguf"))
              .sorted()
              .toList();
    }
    return gguf.isEmpty()
        ? "config: %s has no config.json; is it a model's folder?".formatted(folder)
        : "config: %s is a folder of GGUF files; name one of them: %s"
            .formatted(
                folder,
                gguf.stream()
                    .limit(12)
                    .map(name -> folder.resolve(name).toString())
                    .collect(Collectors.joining(", ")));
  }

  /// The kind of model, such as `qwen2`.
  String modelType() {
    return text("model_type").orElseThrow(() -> wrong("model_type", "is missing"));
  }

  /// An error about a key.
  ModelFormatException wrong(String key, String what) {
    return new ModelFormatException("config: %s of %s %s".formatted(key, file, what));
  }

  private Optional<JsonNode> value(String key) {
    return Optional.ofNullable(root.get(key)).filter(node -> !node.isNull());
  }

  /// A text.
  Optional<String> text(String key) {
    return value(key)
        .map(node -> {
          if (!node.isString()) {
            throw wrong(key, "is %s, expected a text".formatted(node));
          }
          return node.stringValue();
        });
  }

  /// A number.
  Optional<Double> number(String key) {
    return value(key)
        .map(node -> {
          if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
            throw wrong(key, "is %s, expected a number".formatted(node));
          }
          return node.doubleValue();
        });
  }

  /// A whole number that is not negative; the first of these keys that is there.
  Optional<Integer> integer(String... keys) {
    for (String key : keys) {
      Optional<JsonNode> found = value(key);
      if (found.isPresent()) {
        JsonNode node = found.get();
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0) {
          throw wrong(key, "is %s, expected a whole number".formatted(node));
        }
        return Optional.of(node.intValue());
      }
    }
    return Optional.empty();
  }

  /// A whole number, or the one that a list repeats for each layer.
  Optional<Integer> integerOfAll(String... keys) {
    for (String key : keys) {
      Optional<JsonNode> list = value(key).filter(JsonNode::isArray);
      if (list.isPresent()) {
        return Optional.of(onlyNumber(key, list.get()));
      }
    }
    return integer(keys);
  }

  private int onlyNumber(String key, JsonNode list) {
    JsonNode first = list.path(0);
    for (JsonNode node : list) {
      if (!node.equals(first)) {
        throw wrong(
            key,
            "differs from layer to layer (%s and %s), which is not supported"
                .formatted(first, node));
      }
    }
    if (!first.isIntegralNumber() || !first.canConvertToInt() || first.intValue() < 0) {
      throw wrong(key, "holds %s, expected whole numbers".formatted(first));
    }
    return first.intValue();
  }

  /// Texts; empty if there are none.
  List<String> texts(String key) {
    return value(key).stream()
        .flatMap(JsonNode::valueStream)
        .map(node -> node.asString(""))
        .toList();
  }

  /// Fails unless the number, if it is there, is this one.
  void requireNumber(String key, double supported) {
    number(key)
        .filter(found -> Math.abs(found - supported) > 1e-6)
        .ifPresent(found -> {
          throw wrong(key, "is %s, supported is %s".formatted(found, supported));
        });
  }

  /// A whole number that must be there.
  int needed(String... keys) {
    return integer(keys).orElseThrow(() -> wrong(String.join(" or ", keys), "is missing"));
  }

  /// A width that must be there, small enough to be added and multiplied by a few.
  int width(String... keys) {
    int width = needed(keys);
    if (width > MAX_WIDTH) {
      throw wrong(
          String.join(" or ", keys), "is %d, expected up to %d".formatted(width, MAX_WIDTH));
    }
    return width;
  }

  /// Whether a switch is on.
  boolean isOn(String key) {
    return value(key).filter(JsonNode::isBoolean).map(JsonNode::booleanValue).orElse(false);
  }

  /// The switch, or `otherwise`.
  boolean isOn(String key, boolean otherwise) {
    return value(key).filter(JsonNode::isBoolean).map(JsonNode::booleanValue).orElse(otherwise);
  }

  /// Numbers.
  Optional<float[]> numbers(String key) {
    return value(key)
        .map(node -> {
          float[] numbers = new float[node.size()];
          for (int i = 0; i < numbers.length; i++) {
            if (!node.get(i).isNumber()) {
              throw wrong(key, "holds %s, expected numbers".formatted(node.get(i)));
            }
            numbers[i] = node.get(i).floatValue();
          }
          return numbers;
        });
  }

  /// An object inside.
  Optional<HuggingFaceConfig> object(String key) {
    return value(key).filter(JsonNode::isObject).map(node -> new HuggingFaceConfig(file, node));
  }

  /// Fails unless the text, if it is there, is one of these.
  void requireOneOf(String key, List<String> supported) {
    text(key)
        .filter(found -> !supported.contains(found))
        .ifPresent(found -> {
          throw wrong(
              key,
              "is \"%s\", supported %s %s"
                  .formatted(
                      found,
                      supported.size() == 1 ? "is" : "are",
                      supported.stream().collect(Collectors.joining(", "))));
        });
  }

  /// Fails if a switch is on that Kawi does not support.
  void requireOff(String... keys) {
    Stream.of(keys)
        .filter(this::isOn)
        .forEach(key -> {
          throw wrong(key, "is true, which is not supported");
        });
  }

  /// Fails if a switch is off without which Kawi does not support the model.
  void requireOn(String... keys) {
    Stream.of(keys)
        .filter(key -> !isOn(key, true))
        .forEach(key -> {
          throw wrong(key, "is false, which is not supported");
        });
  }
}
