package dev.kawi.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What the publisher's own code computes from the folder that [PublishedFolder] writes of a
/// [RandomModel], after every second token of the prompt of its [Golden]; `golden/README.md` among
/// the test resources tells how it was made.
///
/// @param name the shape, or what is changed of it
/// @param shape the shape
/// @param code whose code
/// @param config what is put into `config.json`, or, where it is null, taken out; a key may lead
///   into an object by a dot
/// @param top the 20 most likely tokens
/// @param logProbability theirs in units of 1e-5
@SuppressWarnings("ArrayRecordComponent") // as Jackson reads it; never compared
record PublishersNumbers(
    String name,
    String shape,
    String code,
    Map<String, JsonNode> config,
    int[][] top,
    int[][] logProbability) {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Map<String, Golden> GOLDENS =
      Golden.all().stream()
          .filter(g -> g.storage().equals("F32"))
          .collect(Collectors.toMap(Golden::shape, g -> g, (first, other) -> first));

  /// All of them.
  static List<PublishersNumbers> all() {
    try (InputStream file =
        PublishersNumbers.class.getResourceAsStream("/golden/publishers.json.gz")) {
      return List.of(
          MAPPER.readValue(
              new GZIPInputStream(Objects.requireNonNull(file)), PublishersNumbers[].class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The weights and the prompt, by what llama.cpp computes from them.
  Golden golden() {
    return Objects.requireNonNull(GOLDENS.get(shape));
  }

  /// The configuration with what is changed.
  String changed(String json) {
    ObjectNode root = (ObjectNode) MAPPER.readTree(json);
    config.forEach((path, value) -> {
      int dot = path.indexOf('.');
      ObjectNode at = dot < 0 ? root : (ObjectNode) root.get(path.substring(0, dot));
      String key = path.substring(dot + 1);
      if (value.isNull()) {
        at.remove(key);
      } else {
        at.set(key, value);
      }
    });
    return MAPPER.writeValueAsString(root);
  }

  /// The largest distance from the publisher's numbers.
  ///
  /// @param found log-probabilities (natural, by token id) after each token of the prompt
  double largestDelta(double[][] found) {
    double largest = 0;
    for (int i = 0; i < top.length; i++) {
      for (int j = 0; j < top[i].length; j++) {
        double delta = Math.abs(found[2 * i + 1][top[i][j]] - logProbability[i][j] * 1e-5);
        largest = Math.max(largest, Double.isNaN(delta) ? Double.POSITIVE_INFINITY : delta);
      }
    }
    return largest;
  }

  @Override
  public String toString() {
    return name;
  }
}
