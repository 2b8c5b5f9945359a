package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ChatReply;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The engine on a real trained model.
@Tag("data")
class ModelTest {
  private static final EngineOptions ONE = EngineOptions.defaults().withThreads(1);
  private static final SamplingOptions GREEDY = SamplingOptions.greedy();

  private static GenerationRequest request(Model model, String prompt, int tokens) {
    return GenerationRequest.of(model.encodePrompt(prompt)).with(GREEDY).withMaxTokens(tokens);
  }

  @Test
  void greedyText_equalsLlama2c() throws IOException {
    String expected = Files.readString(Stories.folder().resolve("expected_greedy_200steps.txt"));
    try (Model model = Stories.load(ONE.withCacheType(StorageType.F32))) {
      assertEquals(expected, model.generate(request(model, "", 200)).await().text());
    }
  }

  @Test
  void threadsCacheHitsAndCompany_doNotChangeTheText()
      throws IOException, InterruptedException, ExecutionException {
    List<String> prompts =
        List.of("Once upon a time", "The cat", "Lily and Tom", "It was", "A dog");
    List<String> expected = new ArrayList<>();
    try (Model model = Stories.load(ONE)) {
      for (String prompt : prompts) {
        expected.add(model.generate(sampled(model, prompt)).await().text());
      }
    }
    try (Model model = Stories.load(ONE.withThreads(2).withMaxSequences(3).withStepTokens(5));
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 2; round++) { // the second finds its prompts in the cache
        List<Future<String>> answers = new ArrayList<>();
        for (String prompt : prompts) {
          answers.add(pool.submit(() -> model.generate(sampled(model, prompt)).await().text()));
        }
        for (int i = 0; i < prompts.size(); i++) {
          assertEquals(expected.get(i), answers.get(i).get());
        }
      }
    }
  }

  private static GenerationRequest sampled(Model model, String prompt) {
    SamplingOptions options = SamplingOptions.builder().temperature(0.9).seed(11).build();
    return request(model, prompt, 40).with(options);
  }

  @Test
  void secondTurn_computesOnlyTheNewTokens() throws IOException {
    try (Model model = Stories.load(ONE)) {
      GenerationResult first = model.generate(request(model, "Once upon a time", 30)).await();
      assertEquals(0, first.cachedTokens());
      List<Integer> longer = new ArrayList<>();
      for (int id : model.encodePrompt("Once upon a time")) {
        longer.add(id);
      }
      longer.addAll(first.tokens());
      longer.addAll(List.of(400, 401, 402));
      GenerationRequest next =
          GenerationRequest.of(longer.stream().mapToInt(i -> i).toArray())
              .with(GREEDY)
              .withMaxTokens(5);
      GenerationResult second = model.generate(next).await();
      // The last token of an answer was chosen but not computed.
      assertEquals(longer.size() - 4, second.cachedTokens());
      try (Model fresh = Stories.load(ONE)) {
        assertEquals(fresh.generate(next).await().tokens(), second.tokens());
      }
    }
  }

  @Test
  void stopText_endsTheAnswerBeforeIt_acrossTokens() throws IOException {
    try (Model model = Stories.load(ONE)) {
      GenerationResult result =
          model
              .generate(request(model, "Once upon a time", 60).withStop(List.of("named Li")))
              .await();
      assertEquals(FinishReason.STOP_TEXT, result.finishReason());
      assertEquals(", there was a little girl ", result.text());
    }
  }

  @Test
  void piecesJoined_areTheText_andLogProbabilitiesComeWhenAsked() throws IOException {
    try (Model model = Stories.load(ONE)) {
      StringBuilder text = new StringBuilder();
      List<GeneratedToken> tokens = new ArrayList<>();
      GenerationResult result =
          model.generate(
              request(model, "The cat", 20).withTopLogProbs(3),
              token -> {
                text.append(token.text());
                tokens.add(token);
              });
      assertEquals(result.text(), text.toString());
      assertEquals(FinishReason.MAX_TOKENS, result.finishReason());
      for (GeneratedToken token : tokens.subList(0, 20)) {
        assertEquals(3, token.top().size());
        assertEquals(token.id(), token.top().getFirst().token(), "greedy takes the likeliest");
        assertEquals(token.top().getFirst().logProbability(), token.logProbability());
      }
    }
  }

  @Test
  void contextThatIsTooLong_isRefusedWithTheNumbers() throws IOException {
    try (Model model =
        Model.load(Stories.folder().resolve("stories260K.gguf"), ONE.withContextLength(8))) {
      int[] ids = model.encodePrompt("Once upon a time, there was a little girl named Lily.");
      ContextOverflowException e =
          assertThrows(
              ContextOverflowException.class,
              () -> model.generate(GenerationRequest.of(ids)).await());
      assertEquals(ids.length, e.promptTokens());
      assertEquals(8, e.contextLength());
      GenerationResult full =
          model.generate(GenerationRequest.of(model.encodePrompt("The")).with(GREEDY)).await();
      assertEquals(FinishReason.CONTEXT_FULL, full.finishReason());
    }
  }

  @Test
  void interrupt_endsTheAnswerAndNotTheModel() throws IOException {
    try (Model model = Stories.load(ONE)) {
      GenerationResult result =
          model.generate(
              request(model, "The cat", 400), token -> Thread.currentThread().interrupt());
      assertTrue(Thread.interrupted());
      assertEquals(FinishReason.CANCELLED, result.finishReason());
      assertEquals(5, model.generate(request(model, "The cat", 5)).await().tokens().size());
    }
  }

  @Test
  void chat_streamsTheReply() throws IOException {
    try (Model model = Stories.load(ONE)) {
      assertFalse(model.chatFormat().templateSource().isPresent());
      StringBuilder text = new StringBuilder();
      ChatReply reply =
          model.chat(
              ChatRequest.of(Message.user("Hi")).with(GenerationOptions.greedy().withMaxTokens(12)),
              event -> {
                if (event instanceof ChatEvent.Text(String piece)) {
                  text.append(piece);
                }
              });
      assertEquals(reply.text(), text.toString());
      assertEquals(12, reply.usage().newTokens());
    }
  }

  @Test
  void embedding_hasUnitLength() throws IOException {
    try (Model model = Stories.load(ONE)) {
      float[] vector = model.embed("The cat");
      assertEquals(model.size(), vector.length);
      double squares = 0;
      for (float v : vector) {
        squares += v * v;
      }
      assertEquals(1, squares, 1e-5);
    }
  }

  @Test
  void useAfterClose_isReported() throws IOException {
    Model model = Stories.load(ONE);
    GenerationRequest request = request(model, "The cat", 5);
    model.close();
    assertThrows(IllegalStateException.class, () -> model.generate(request).await());
  }
}
