package dev.kawi.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class JsonViewTest {
  private static JsonNode json(Explanation explanation) {
    return new ObjectMapper().readTree(JsonView.render(explanation));
  }

  @Test
  void names_areThoseOfTheRecords() {
    JsonNode json = json(SyntheticExplanation.sample());
    assertEquals(
        List.of(
            "model",
            "architecture",
            "text",
            "tokens",
            "embeddings",
            "layers",
            "samplers",
            "seed",
            "choices"),
        List.copyOf(json.propertyNames()));
    assertEquals(
        List.of("id", "text", "byteStart", "byteEnd", "role"),
        List.copyOf(json.get("tokens").get(0).propertyNames()));
    assertEquals(
        List.of("residualNorms", "attention", "guesses"),
        List.copyOf(json.get("layers").get(0).propertyNames()));
    assertEquals(
        List.of("position", "vocabSize", "candidates", "filters", "chosen"),
        List.copyOf(json.get("choices").get(0).propertyNames()));
  }

  @Test
  void values_areThoseOfTheRecords() {
    Explanation explanation = SyntheticExplanation.sample();
    JsonNode json = json(explanation);
    assertEquals("CONTROL", json.get("tokens").get(0).get("role").asString());
    assertEquals(
        explanation.layers().get(1).attention()[2][3][1],
        json.get("layers").get(1).get("attention").get(2).get(3).get(1).floatValue());
    assertEquals(8, json.get("layers").get(1).get("attention").size());
    assertEquals(
        explanation.choices().get(0).filters().get(1).removed().get(0).probability(),
        json.get("choices")
            .get(0)
            .get("filters")
            .get(1)
            .get("removed")
            .get(0)
            .get("probability")
            .doubleValue());
  }
}
