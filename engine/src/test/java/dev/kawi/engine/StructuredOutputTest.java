package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.engine.GenerationRequest.End;
import dev.kawi.grammar.Constraint;
import dev.kawi.grammar.Constraints;
import dev.kawi.grammar.Grammar;
import dev.kawi.grammar.GrammarException;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Constraints in the engine, on a model of random weights.
class StructuredOutputTest {
  private static final List<Constraint> CONSTRAINTS =
      List.of(
          new Constraint.Regex("[a-c]{3,5}-(?:[0-9]{2}|é中😀)"),
          new Constraint.Choice(List.of("yes", "no", "not at all")),
          new Constraint.Gbnf("root ::= \"(\" (\"x\" | root)? \")\" [0-9]"),
          new Constraint.JsonSchema(
              "{\"properties\":{\"n\":{\"type\":\"integer\",\"maximum\":20},\"s\":{\"enum\":[\"a\",\"b\"]},"
                  + "\"l\":{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"maxItems\":4}},"
                  + "\"required\":[\"n\",\"s\",\"l\"],\"additionalProperties\":false}"),
          new Constraint.Compiled(
              Grammar.freeText(
                  Map.of("e", Grammar.choice(List.of("!!", "??"))), Grammar.End.AT_TRIGGER)));

  @TempDir private static Path folder;
  private static Path file = Path.of("");
  private static Model model;

  @BeforeAll
  static void load() throws IOException {
    file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 3).write(file);
    model = Model.load(file, options());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static EngineOptions options() {
    return EngineOptions.defaults().withThreads(1).withContextLength(512).withMaxSequences(4);
  }

  private static GenerationRequest request(Constraint constraint, long seed) {
    SamplingOptions sampling =
        SamplingOptions.builder().seed(seed).temperature(1).topK(0).topP(1).minP(0).build();
    return GenerationRequest.of(model.encodePrompt("a"))
        .with(sampling)
        .with(constraint)
        .withMaxTokens(480);
  }

  @Test
  void answers_areTextsOfTheirGrammar_aloneAndInABatch()
      throws InterruptedException, ExecutionException {
    List<GenerationRequest> requests = new ArrayList<>();
    for (int seed = 0; seed < 40; seed++) {
      requests.add(request(CONSTRAINTS.get(seed % CONSTRAINTS.size()), seed));
    }
    List<GenerationResult> alone =
        requests.stream().map(request -> model.generate(request).await()).toList();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<GenerationResult>> together = new ArrayList<>();
      requests.forEach(request -> together.add(pool.submit(() -> model.generate(request).await())));
      for (int i = 0; i < requests.size(); i++) {
        GenerationResult answer = alone.get(i);
        assertEquals(answer.tokens(), together.get(i).get().tokens());
        assertEquals(FinishReason.END_TOKEN, answer.finishReason(), answer.text());
        assertTrue(
            Constraints.compile(requests.get(i).constraint()).matches(answer.text()),
            answer.text());
      }
    }
  }

  @Test
  void streamedPieces_areTheAnswer() {
    StringBuilder text = new StringBuilder();
    GenerationResult result =
        model.generate(request(CONSTRAINTS.getFirst(), 7), token -> text.append(token.text()));
    assertEquals(result.text(), text.toString());
  }

  @Test
  void malformedConstraint_failsItsRequestAlone() {
    Constraint malformed = new Constraint.Regex("(a");
    assertThrows(GrammarException.class, () -> model.generate(request(malformed, 1)));
    assertEquals(
        FinishReason.END_TOKEN,
        model.generate(request(CONSTRAINTS.get(1), 1)).await().finishReason());
  }

  @Test
  void endTokens_cannotBeIgnored_whereAGrammarSaysWhenItEnds() {
    GenerationRequest request = request(CONSTRAINTS.get(1), 1);
    assertThrows(IllegalArgumentException.class, () -> request.withEnd(End.IGNORED));
  }

  @Test
  void forbiddingAllThatMayCome_failsWithAReason() {
    GenerationRequest request = request(new Constraint.Choice(List.of("x")), 1);
    int x = model.tokenizer().encode("x")[0];
    GenerationRequest impossible = request.with(request.sampling().toBuilder().forbid(x).build());
    String message =
        assertThrows(RuntimeException.class, () -> model.generate(impossible).await()).getMessage();
    assertTrue(message.contains("all 1 remaining ones"), message);
  }
}
