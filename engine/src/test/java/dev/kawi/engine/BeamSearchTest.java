package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.engine.BeamSearch.Beam;
import dev.kawi.engine.BeamSearch.Ended;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.LogProbs;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Beam search over a language of four tokens, all of whose texts can be listed, and on a model of
/// random weights.
class BeamSearchTest {
  private static final int VOCABULARY = 4;
  private static final int END = 3;
  private static final int LONGEST = 5;

  @TempDir private static Path folder;
  private static Model model;

  @BeforeAll
  static void load() throws IOException {
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-llama"), StorageType.F32, 5).write(file);
    model = Model.load(file, EngineOptions.defaults().withThreads(1).withContextLength(256));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  // ---- the search ----

  /// Probabilities that depend on the whole text before them.
  private static List<LogProbs.Entry> next(List<Integer> text) {
    SplittableRandom random = new SplittableRandom(77L + text.hashCode());
    double[] weights = new double[VOCABULARY];
    double sum = 0;
    for (int token = 0; token < VOCABULARY; token++) {
      weights[token] = Math.exp(3 * random.nextDouble());
      sum += weights[token];
    }
    List<LogProbs.Entry> entries = new ArrayList<>();
    for (int token = 0; token < VOCABULARY; token++) {
      entries.add(new LogProbs.Entry(token, Math.log(weights[token] / sum)));
    }
    entries.sort(Comparator.comparingDouble(LogProbs.Entry::logProbability).reversed());
    return entries;
  }

  private static List<List<LogProbs.Entry>> next(List<List<Integer>> texts, int count) {
    return texts.stream().map(t -> next(t).stream().limit(count).toList()).toList();
  }

  /// Every text that ends, or has the longest length.
  private static void list(List<Integer> text, double sum, double penalty, List<Ended> all) {
    boolean ends = !text.isEmpty() && text.getLast() == END;
    if (ends || text.size() == LONGEST) {
      all.add(new Ended(text, sum, sum / Math.pow(text.size(), penalty)));
      return;
    }
    for (LogProbs.Entry entry : next(text)) {
      List<Integer> longer = new ArrayList<>(text);
      longer.add(entry.token());
      list(longer, sum + entry.logProbability(), penalty, all);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, 0, 0.6, 1, 2})
  void searchThatKeepsEverything_findsTheBestOfAllTexts(double penalty) {
    List<Ended> all = new ArrayList<>();
    list(List.of(), 0, penalty, all);
    all.sort(Comparator.comparingDouble(Ended::score).reversed());

    List<Ended> found =
        new BeamSearch(BeamSearch.MAX_WIDTH, penalty)
            .search(BeamSearchTest::next, token -> token == END, LONGEST);

    assertEquals(all.subList(0, found.size()), found);
    assertTrue(found.size() == BeamSearch.MAX_WIDTH, "found " + found.size());
  }

  /// Two beams in a language of three tokens, step by step as the definition has it.
  @Test
  void beams_endAndGoOnAsTransformersDefinesIt() {
    // After nothing: a 0.5, b 0.4, end 0.1. After a: a 0.5, b 0.3, end 0.2. After b:
    // end 0.9, a 0.1.
    BeamSearch.NextTokens table =
        (texts, count) ->
            texts.stream()
                .map(text -> text.isEmpty() ? entries(0.5, 0.4, 0.1) : after(text.getLast()))
                .toList();
    List<Ended> found = new BeamSearch(2, 1).search(table, token -> token == 2, 9);

    // Step 2: "b end" 0.36 ranks first and ends, "a a" 0.25 and "a b" 0.15 go on. Step 3: of 0.135
    // ("a b end"), 0.125, 0.075 ... the first ends and is the second that did. "a a a" has
    // ln(0.125)/3 = -0.693 by then, which is better than ln(0.135)/3 = -0.667? No: the search ends.
    assertEquals(
        List.of(List.of(1, 2), List.of(0, 1, 2)), found.stream().map(Ended::tokens).toList());
    assertEquals(Math.log(0.36) / 2, found.get(0).score(), 1e-12);
    assertEquals(Math.log(0.135) / 3, found.get(1).score(), 1e-12);
  }

  private static List<LogProbs.Entry> after(int token) {
    return token == 0 ? entries(0.5, 0.3, 0.2) : entries(0.1, 0, 0.9);
  }

  private static List<LogProbs.Entry> entries(double... probabilities) {
    List<LogProbs.Entry> entries = new ArrayList<>();
    for (int token = 0; token < probabilities.length; token++) {
      entries.add(new LogProbs.Entry(token, Math.log(probabilities[token])));
    }
    return entries;
  }

  @Test
  void wrongSizes_areRefused() {
    assertThrows(IllegalArgumentException.class, () -> new BeamSearch(0, 1));
    assertThrows(IllegalArgumentException.class, () -> new BeamSearch(257, 1));
    assertThrows(IllegalArgumentException.class, () -> new BeamSearch(2, Double.NaN));
  }

  // ---- on a model ----

  private static GenerationRequest request(int promptTokens, int maxTokens) {
    int[] prompt = new SplittableRandom(4).ints(promptTokens, 3, 250).toArray();
    return GenerationRequest.of(prompt)
        .with(SamplingOptions.greedy())
        .withMaxTokens(maxTokens)
        .withEnd(GenerationRequest.End.IGNORED);
  }

  @Test
  void oneBeam_isGreedyDecoding() {
    GenerationRequest request = request(20, 12);
    GenerationResult greedy = model.generate(request).await();
    List<Beam> found = new BeamSearch(1, 1).search(model, request);

    assertEquals(1, found.size());
    assertEquals(greedy.tokens(), found.getFirst().tokens());
    assertEquals(greedy.text(), found.getFirst().text());
    assertEquals(FinishReason.MAX_TOKENS, found.getFirst().finishReason());
  }

  @Test
  void beams_areDifferent_sorted_andAsLikelyAsTheModelScoresThem() {
    GenerationRequest request = request(20, 8);
    List<Beam> found = new BeamSearch(5, 0.5).search(model, request);

    assertEquals(5, found.stream().map(Beam::tokens).distinct().count());
    for (int i = 0; i < 5; i++) {
      Beam beam = found.get(i);
      List<Integer> all = new ArrayList<>(request.prompt());
      all.addAll(beam.tokens());
      ScoreRequest whole = ScoreRequest.of(all.stream().mapToInt(Integer::intValue).toArray(), 20);
      assertEquals(model.score(whole).sum(), beam.logProbability(), 1e-9);
      assertEquals(beam.logProbability() / Math.sqrt(8), beam.score(), 1e-12);
      assertTrue(i == 0 || beam.score() <= found.get(i - 1).score());
    }
    double one = new BeamSearch(1, 0.5).search(model, request).getFirst().score();
    assertTrue(found.getFirst().score() >= one, "a wider search found a worse text");
  }

  @Test
  void beams_shareThePagesOfThePromptAndOfWhatTheyHaveInCommon() {
    GenerationRequest request =
        request(200, 20).with(RequestOptions.DEFAULT.withCacheSalt("pages of beams"));
    CacheStats before = model.cacheStats();
    new BeamSearch(4, 1).search(model, request);
    CacheStats after = model.cacheStats();

    long computed = after.missTokens() - before.missTokens();
    assertTrue(computed <= 200 + 4 * 20, "computed " + computed + " tokens of some 15,000");
    assertEquals(0, after.usedPages());
  }

  @Test
  void whatASearchCannotKeepTo_isRefused() {
    BeamSearch search = new BeamSearch(2, 1);
    GenerationRequest request = request(20, 8);

    assertThrows(
        IllegalArgumentException.class, () -> search.search(model, request.withStop(List.of("."))));
    assertThrows(
        IllegalArgumentException.class, () -> search.search(model, request.with(Drafter.lookup())));
    assertThrows(ContextOverflowException.class, () -> search.search(model, request(256, 8)));
  }
}
