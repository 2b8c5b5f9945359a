package dev.kawi.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Each step against plain definitions in numpy, made by src/test/python/sampling_reference.py.
class SamplingReferenceTest {
  private static final JsonNode REFERENCE = read();

  private static JsonNode read() {
    try (InputStream in =
        SamplingReferenceTest.class.getResourceAsStream("sampling_reference.json")) {
      return new ObjectMapper().readTree(in);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static Stream<JsonNode> cases() {
    return StreamSupport.stream(REFERENCE.get("cases").spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void step_leavesTheProbabilitiesOfTheReference(JsonNode testCase) {
    Candidates candidates = Distributions.ofLogits(floats(testCase.get("logits")));
    step(testCase).apply(candidates, Distributions.context(ints(testCase.get("history"))));
    checkExpected(testCase, candidates);
  }

  /// After another step the candidates are in no order any more, and tokens have to be searched.
  @ParameterizedTest
  @MethodSource("cases")
  void step_doesTheSameOnSortedCandidates(JsonNode testCase) {
    Candidates candidates = Distributions.ofLogits(floats(testCase.get("logits")));
    candidates.sortPrefix(4);
    step(testCase).apply(candidates, Distributions.context(ints(testCase.get("history"))));
    checkExpected(testCase, candidates);
  }

  private static void checkExpected(JsonNode testCase, Candidates candidates) {
    Map<Integer, Double> expected = new TreeMap<>();
    testCase
        .get("expected")
        .properties()
        .forEach(e -> expected.put(Integer.valueOf(e.getKey()), e.getValue().asDouble()));
    NavigableMap<Integer, Double> found = Distributions.probabilities(candidates);
    assertEquals(expected.keySet(), found.keySet());
    expected.forEach((id, p) -> assertEquals(p, found.get(id), 2e-6, "token " + id));
  }

  @Test
  void mirostat_movesItsLimitAsTheReference() {
    JsonNode reference = REFERENCE.get("mirostat");
    MirostatV2 mirostat =
        new MirostatV2(reference.get("tau").asDouble(), reference.get("eta").asDouble());
    for (int i = 0; i < reference.get("draws").size(); i++) {
      Candidates candidates = Distributions.ofLogits(floats(reference.get("logits")));
      mirostat.apply(candidates, Distributions.context());
      candidates.sortPrefix(candidates.size());
      int rank = Math.min(reference.get("draws").get(i).asInt(), candidates.size() - 1);
      mirostat.drawn(candidates, rank);
      assertEquals(reference.get("limits").get(i).asDouble(), mirostat.limit(), 1e-6);
    }
  }

  private static SamplerStep step(JsonNode testCase) {
    JsonNode p = testCase.get("parameters");
    return switch (testCase.get("step").asString()) {
      case "top-p" -> new TopP(p.get(0).asDouble(), p.get(1).asInt());
      case "min-p" -> new MinP(p.get(0).asDouble(), p.get(1).asInt());
      case "typical" -> new Typical(p.get(0).asDouble(), p.get(1).asInt());
      case "top-n-sigma" -> new TopNSigma(p.get(0).asDouble());
      case "xtc" -> new Xtc(1, p.get(0).asDouble());
      case "penalties" ->
          new Penalties(
              p.get(0).asDouble(), p.get(1).asDouble(), p.get(2).asDouble(), p.get(3).asInt());
      case "dry" ->
          new Dry(
              p.get(0).asDouble(),
              p.get(1).asDouble(),
              p.get(2).asInt(),
              p.get(3).asInt(),
              lists(p.get(4)));
      default -> throw new IllegalArgumentException(testCase.toString());
    };
  }

  private static List<List<Integer>> lists(JsonNode node) {
    List<List<Integer>> lists = new ArrayList<>();
    node.forEach(list -> lists.add(java.util.Arrays.stream(ints(list)).boxed().toList()));
    return lists;
  }

  private static int[] ints(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  private static float[] floats(JsonNode node) {
    float[] values = new float[node.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) node.get(i).asDouble();
    }
    return values;
  }
}
