package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.LogProbs;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model that reads the beginning of a sequence in both directions answers the same however the
/// engine cuts, joins and remembers sequences.
class BidirectionalSpanTest {
  private static final int GMASK = 301;
  private static final int SOP = 304;
  private static final EngineOptions ONE = EngineOptions.defaults().withThreads(1);

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-chatglm1"), StorageType.Q8_0, 1).write(file);
  }

  /// Tokens to read, and tokens already written.
  private static int[] prompt(int read, int written, int seed) {
    IntStream context = new Random(seed).ints(read, 0, 256);
    IntStream answer = new Random(seed + 1000).ints(written, 0, 256);
    return IntStream.concat(IntStream.concat(context, IntStream.of(GMASK, SOP)), answer).toArray();
  }

  private static GenerationRequest request(int[] prompt) {
    return GenerationRequest.of(prompt)
        .with(SamplingOptions.greedy())
        .withEnd(GenerationRequest.End.IGNORED)
        .withMaxTokens(12);
  }

  private static final List<int[]> PROMPTS =
      List.of(
          prompt(40, 0, 1),
          prompt(3, 50, 2),
          prompt(90, 7, 3),
          prompt(0, 0, 4),
          prompt(17, 1, 5),
          prompt(64, 30, 6));

  @Test
  void companySmallStepsAndCacheHits_doNotChangeTheAnswer()
      throws IOException, InterruptedException, ExecutionException {
    List<List<Integer>> expected = new ArrayList<>();
    try (Model model = Model.load(file, ONE)) {
      for (int[] prompt : PROMPTS) {
        expected.add(model.generate(request(prompt)).await().tokens());
      }
    }
    EngineOptions many = ONE.withThreads(2).withMaxSequences(3).withStepTokens(5);
    try (Model model = Model.load(file, many);
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 2; round++) { // the second finds prompts in the cache
        List<Future<GenerationResult>> answers = new ArrayList<>();
        for (int[] prompt : PROMPTS) {
          answers.add(pool.submit(() -> model.generate(request(prompt)).await()));
        }
        for (int i = 0; i < answers.size(); i++) {
          assertEquals(expected.get(i), answers.get(i).get().tokens(), "prompt " + i);
        }
      }
    }
  }

  @Test
  void logits_areThoseThatTheEngineChoosesBy() throws IOException {
    try (Model model = Model.load(file, ONE)) {
      int[] prompt = prompt(90, 40, 7);
      TokenLogits logits = TokenLogits.of(model, prompt, 1, 12);
      List<Integer> chosen = model.generate(request(prompt)).await().tokens();

      assertEquals(chosen.getFirst(), logits.positions().getLast().getFirst().token());
      assertEquals(chosen, logits.greedy());
    }
  }

  @Test
  void prefix_isTakenFromTheCacheWholeOrNotAtAll() throws IOException {
    try (Model model = Model.load(file, ONE)) {
      int[] prompt = prompt(40, 4, 1);
      assertEquals(0, model.generate(request(prompt)).await().cachedTokens());
      assertEquals(prompt.length - 1, model.generate(request(prompt)).await().cachedTokens());
      int[] longer = prompt(40, 9, 1);
      assertEquals(prompt.length, model.generate(request(longer)).await().cachedTokens());
      int[] other = prompt.clone();
      other[30]++;
      assertEquals(0, model.generate(request(other)).await().cachedTokens());
      int[] shorter =
          IntStream.concat(IntStream.of(prompt).limit(20), IntStream.of(GMASK, SOP)).toArray();
      assertEquals(0, model.generate(request(shorter)).await().cachedTokens());
    }
  }

  @Test
  void tokensWithoutStart_areWrittenAndNotRead() throws IOException {
    try (Model model = Model.load(file, ONE.withStepTokens(3))) {
      int[] plain = prompt(30, 0, 1);
      int[] written = IntStream.of(plain).limit(30).toArray();
      List<Integer> answer = model.generate(request(written)).await().tokens();
      assertEquals(answer, TokenLogits.of(model, written, 1, 12).greedy());
      assertNotEquals(answer, model.generate(request(plain)).await().tokens());
    }
  }

  @Test
  void perplexity_isThatOfTextThatIsWritten() throws IOException {
    try (Model model = Model.load(file, ONE)) {
      String text = "the other day and then";
      int[] window = model.tokenizer().encode(text);
      window[0] = GMASK;
      window[1] = SOP;
      List<List<LogProbs.Entry>> all = TokenLogits.of(model, window, 320, 0).positions();
      double sum = 0;
      for (int i = 1; i + 1 < window.length; i++) {
        int next = window[i + 1];
        sum +=
            all.get(i).stream()
                .filter(e -> e.token() == next)
                .findFirst()
                .orElseThrow()
                .logProbability();
      }
      double expected = Math.exp(-sum / (window.length - 2));

      Perplexity found =
          Perplexity.of(model, text, window.length, 1, Perplexity.Convention.GPTQ, done -> {});
      assertEquals(expected, found.perplexity(), 1e-6 * expected);
    }
  }
}
