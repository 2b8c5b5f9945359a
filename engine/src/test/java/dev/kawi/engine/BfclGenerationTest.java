package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.kawi.grammar.Constraint;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import dev.kawi.token.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Answers of a model of random weights to the schemas of the Berkeley Function-Calling
/// Leaderboard, judged by networknt's validator. `-Dkawi.generations=10000` asks for as many;
/// `docs/structured-output.md` has what came out.
@Tag("data")
class BfclGenerationTest {
  private static final int GENERATIONS = Integer.getInteger("kawi.generations", 150);

  /// Added to the logits of what ends a string, an object or an array, and an answer: a model of
  /// random weights has no reason to.
  private static final float BIAS = 5;

  /// The names of types as JSON Schema has them.
  private static final Map<String, String> TYPES =
      Map.of("dict", "object", "float", "number", "tuple", "array");

  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  @TempDir private Path folder;

  @Test
  void answersThatStop_areValid_andAlmostAllStop()
      throws IOException, InterruptedException, ExecutionException {
    List<String> schemas = schemas();
    assertEquals(600, schemas.size());
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 3).write(file);
    EngineOptions options =
        EngineOptions.defaults().withThreads(1).withContextLength(1024).withMaxSequences(16);
    int stopped = 0;
    try (Model model = Model.load(file, options);
        ExecutorService pool = Executors.newFixedThreadPool(16)) {
      SamplingOptions sampling = sampling(model.tokenizer().vocabulary());
      List<Future<GenerationResult>> answers = new ArrayList<>();
      for (int i = 0; i < GENERATIONS; i++) {
        GenerationRequest request =
            GenerationRequest.of(model.encodePrompt("a"))
                .with(sampling.toBuilder().seed(i).build())
                .with(new Constraint.JsonSchema(schema(schemas, i)))
                .withMaxTokens(1000);
        answers.add(pool.submit(() -> model.generate(request).await()));
      }
      for (int i = 0; i < GENERATIONS; i++) {
        GenerationResult answer = answers.get(i).get();
        if (answer.finishReason() == FinishReason.END_TOKEN) {
          stopped++;
          Schema schema = REGISTRY.getSchema(schema(schemas, i), InputFormat.JSON);
          assertEquals(List.of(), schema.validate(answer.text(), InputFormat.JSON), answer.text());
        }
      }
    }
    System.getLogger(BfclGenerationTest.class.getName())
        .log(System.Logger.Level.INFO, "{0} of {1} answers stopped", stopped, GENERATIONS);
    assertTrue(stopped >= 0.95 * GENERATIONS, stopped + " of " + GENERATIONS);
  }

  /// Spreads the generations over all schemas.
  private static String schema(List<String> schemas, int i) {
    return schemas.get((int) (i * 599L % schemas.size()));
  }

  private static SamplingOptions sampling(Vocabulary vocabulary) {
    Map<Integer, Float> bias = new HashMap<>();
    for (String closing : List.of("\"", "]", "}")) {
      vocabulary.id(closing).ifPresent(id -> bias.put(id, BIAS));
    }
    for (int end : vocabulary.endOfGeneration()) {
      bias.put(end, BIAS);
    }
    return SamplingOptions.builder().temperature(1).topK(0).topP(1).minP(0).logitBias(bias).build();
  }

  private static List<String> schemas() throws IOException {
    List<String> schemas = new ArrayList<>();
    for (String name : List.of("BFCL_v4_simple_python.json", "BFCL_v4_parallel.json")) {
      Path file = Path.of(System.getProperty("kawi.data"), "eval", "bfcl", name);
      for (String line : Files.readAllLines(file)) {
        for (JsonNode function : JsonMapper.shared().readTree(line).get("function")) {
          JsonNode schema = function.get("parameters");
          mapTypes(schema);
          schemas.add(schema.toString());
        }
      }
    }
    return schemas;
  }

  private static void mapTypes(JsonNode schema) {
    if (schema instanceof ObjectNode object) {
      String type = object.path("type").asString("");
      if (type.equals("any")) {
        object.remove("type");
      } else if (!type.isEmpty()) {
        object.put("type", TYPES.getOrDefault(type, type));
      }
      object.path("properties").forEach(BfclGenerationTest::mapTypes);
      mapTypes(object.path("items"));
    }
  }
}
