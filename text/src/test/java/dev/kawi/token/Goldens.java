package dev.kawi.token;

import dev.kawi.gguf.Metadata;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Texts and ids that other implementations gave; each file says in "about" how it was made.
final class Goldens {
  private Goldens() {}

  static JsonNode read(String name) {
    try (InputStream in = Goldens.class.getResourceAsStream(name)) {
      return Json.parse(in.readAllBytes(), name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A JSON array.
  static JsonNode array(byte[] bytes) {
    return JsonMapper.shared().readTree(bytes);
  }

  /// The seeded random texts that most files are about.
  static List<String> texts() {
    return strings(read("texts.json").path("texts"));
  }

  static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(node -> strings.add(node.stringValue()));
    return strings;
  }

  static int[] ints(JsonNode array) {
    int[] ints = new int[array.size()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = array.get(i).intValue();
    }
    return ints;
  }

  static List<int[]> ids(JsonNode arrays) {
    List<int[]> ids = new ArrayList<>();
    arrays.forEach(array -> ids.add(ints(array)));
    return ids;
  }

  /// For every pre-tokenizer of the file the ids of all texts.
  static Map<String, List<int[]>> byPreTokenizer(JsonNode file) {
    Map<String, List<int[]>> byName = new LinkedHashMap<>();
    for (JsonNode one : file.path("cases")) {
      List<int[]> ids = ids(file.path("base"));
      one.path("changed")
          .properties()
          .forEach(e -> ids.set(Integer.parseInt(e.getKey()), ints(e.getValue())));
      one.path("names").forEach(name -> byName.put(name.stringValue(), ids));
    }
    return byName;
  }

  /// A small model of models.json as GGUF metadata.
  static Metadata metadata(JsonNode model) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("tokenizer.ggml.model", model.path("model").stringValue());
    values.put("tokenizer.ggml.tokens", strings(model.path("tokens")));
    values.put("tokenizer.ggml.token_type", ints(model.path("types")));
    if (model.has("scores")) {
      float[] scores = new float[model.path("scores").size()];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = model.path("scores").get(i).floatValue();
      }
      values.put("tokenizer.ggml.scores", scores);
    }
    for (Map.Entry<String, JsonNode> extra : model.path("extra").properties()) {
      JsonNode value = extra.getValue();
      values.put(
          extra.getKey(), value.isBoolean() ? (Object) value.booleanValue() : value.longValue());
    }
    return new Metadata(values);
  }
}
