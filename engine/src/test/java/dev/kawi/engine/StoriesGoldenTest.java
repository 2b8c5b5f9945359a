package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.sample.LogProbs;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The small trained model in six storages, against numpy and llama.cpp; the files beside it say
/// how the numbers were made.
@Tag("data")
class StoriesGoldenTest {
  private static final EngineOptions OPTIONS =
      EngineOptions.defaults().withThreads(2).withCacheType(StorageType.F32).withContextLength(512);

  private static JsonNode json(String file) throws IOException {
    return new JsonMapper().readTree(Files.readString(Stories.folder().resolve(file)));
  }

  private static Model load(JsonNode model) throws IOException {
    return Model.load(Stories.folder().resolve(model.get("file").asString()), OPTIONS);
  }

  @Test
  void logits_equalNumpy() throws IOException {
    try (Model model = Model.load(Stories.folder().resolve("stories260K.gguf"), OPTIONS)) {
      int rows = 0;
      for (JsonNode row : json("numpy_logits.json").get("rows")) {
        int[] ids = ints(row.get("ids"));
        JsonNode logits = row.get("last_logits");
        double logSum = 0;
        for (JsonNode logit : logits) {
          logSum += Math.exp(logit.asDouble());
        }
        logSum = Math.log(logSum);
        TokenLogits found = TokenLogits.of(model, ids, logits.size(), 0);
        for (LogProbs.Entry entry : found.positions().getLast()) {
          double expected = logits.get(entry.token()).asDouble() - logSum;
          assertEquals(expected, entry.logProbability(), 1e-3, "token " + entry.token());
        }
        rows++;
      }
      assertEquals(3, rows);
    }
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  @Test
  void greedyContinuations_equalLlamaCpp() throws IOException {
    int compared = 0;
    for (JsonNode golden : json("llama_cpp_golden.json").get("models")) {
      if (!golden.get("llama_quantize_type").asString().matches("F32|F16|BF16")) {
        continue;
      }
      try (Model model = load(golden)) {
        for (JsonNode row : golden.get("greedy_n32")) {
          GenerationRequest request =
              GenerationRequest.of(model.encodePrompt(row.get("prompt").asString()))
                  .with(SamplingOptions.greedy())
                  .withMaxTokens(32);
          String expected = row.get("completion").asString();
          assertEquals(
              expected.strip(),
              model.generate(request).await().text().strip(),
              golden.get("file").asString());
          compared++;
        }
      }
    }
    assertEquals(12, compared);
  }

  @Test
  void perplexities_areWithinHalfAPercentOfLlamaCpp() throws IOException {
    Path text = Stories.folder().resolve("ppl_text.txt");
    int compared = 0;
    for (JsonNode golden : json("llama_cpp_golden.json").get("models")) {
      try (Model model = load(golden)) {
        Perplexity found =
            Perplexity.of(
                model, Files.readString(text), 256, 8, Perplexity.Convention.LLAMA_CPP, part -> {});
        double expected = golden.get("ppl").asDouble();
        assertEquals(expected, found.perplexity(), 0.005 * expected, golden.get("file").asString());
        assertEquals(golden.get("ppl_stderr").asDouble(), found.stderr(), 0.05);
        compared++;
      }
    }
    assertEquals(6, compared);
  }

  @Test
  void conventions_scoreOtherTokens() throws IOException {
    String text = Files.readString(Stories.folder().resolve("ppl_text.txt"));
    try (Model model = Model.load(Stories.folder().resolve("stories260K.gguf"), OPTIONS)) {
      Perplexity half =
          Perplexity.of(model, text, 128, 2, Perplexity.Convention.LLAMA_CPP, part -> {});
      Perplexity all = Perplexity.of(model, text, 128, 2, Perplexity.Convention.GPTQ, part -> {});
      assertEquals(2 * 63, half.tokens());
      assertEquals(2 * 127, all.tokens());
    }
  }
}
