package dev.kawi.explain;

import dev.kawi.sample.Sampler;
import dev.kawi.sample.SamplingOptions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// An explanation that no model made: heads with the habits that real ones have, guesses that
/// become surer from layer to layer, and choices by a real sampler.
final class SyntheticExplanation {
  private final Random random = new Random(7);
  private final List<String> vocabulary = new ArrayList<>();
  private final int numLayers;
  private final int numHeads;

  private SyntheticExplanation(int numLayers, int numHeads) {
    this.numLayers = numLayers;
    this.numHeads = numHeads;
  }

  /// A text, and how it went on, cut into the given tokens.
  static Explanation of(List<String> prompt, List<String> generated) {
    return of(prompt, generated, 6, 8);
  }

  static Explanation of(List<String> prompt, List<String> generated, int numLayers, int numHeads) {
    return new SyntheticExplanation(numLayers, numHeads).build(prompt, generated);
  }

  static Explanation sample() {
    return of(
        List.of("The", " cat", " sat", " on", " the", " mat", ",", " and", " then", " the"),
        List.of(" cat", " looked", " at", " the", " moon", "."));
  }

  private static final List<String> OTHERS =
      List.of(
          " dog", " was", " sun", " little", " bird", "\n", " a", " house", " very", " saw", "ing",
          " 猫", " to", "!", " in", " with", " tree", " ran", " who", "ly");

  private Explanation build(List<String> prompt, List<String> generated) {
    List<String> texts = new ArrayList<>(prompt);
    texts.addAll(generated);
    texts.forEach(this::idOf);
    OTHERS.forEach(this::idOf);
    List<ExplainedToken> tokens = tokens(prompt, generated);
    int numPositions = tokens.size() - (generated.isEmpty() ? 0 : 1);
    List<EmbeddingView> embeddings = new ArrayList<>();
    for (int i = 0; i < numPositions; i++) {
      embeddings.add(new EmbeddingView(0.8 + random.nextDouble(), neighbours(tokens.get(i).id())));
    }
    List<LayerView> layers = new ArrayList<>();
    for (int l = 0; l < numLayers; l++) {
      layers.add(layer(l, tokens, numPositions));
    }
    SamplingOptions options =
        SamplingOptions.builder().seed(42).repeatPenalty(1.05).topP(0.9).build();
    Sampler sampler = Sampler.of(options);
    List<ChoiceView> choices = new ArrayList<>();
    for (int g = 0; g < generated.size(); g++) {
      choices.add(choice(sampler, prompt.size() + g, generated.get(g)));
    }
    return new Explanation(
        "synthetic-1M",
        "llama",
        String.join("", prompt),
        tokens,
        embeddings,
        layers,
        sampler.chain().toString(),
        sampler.seed(),
        choices);
  }

  private int idOf(String text) {
    if (!vocabulary.contains(text)) {
      vocabulary.add(text);
    }
    return 260 + vocabulary.indexOf(text);
  }

  private String textOf(int id) {
    int index = id - 260;
    return index >= 0 && index < vocabulary.size() ? vocabulary.get(index) : "w" + id;
  }

  private List<ExplainedToken> tokens(List<String> prompt, List<String> generated) {
    List<ExplainedToken> tokens = new ArrayList<>();
    tokens.add(new ExplainedToken(1, "<s>", 0, 0, ExplainedToken.Role.CONTROL));
    int at = 0;
    for (int i = 0; i < prompt.size() + generated.size(); i++) {
      boolean given = i < prompt.size();
      String text = given ? prompt.get(i) : generated.get(i - prompt.size());
      int end = at + text.getBytes(StandardCharsets.UTF_8).length;
      ExplainedToken.Role role = given ? ExplainedToken.Role.PROMPT : ExplainedToken.Role.GENERATED;
      tokens.add(new ExplainedToken(idOf(text), text, at, end, role));
      at = end;
    }
    return tokens;
  }

  private List<TokenGuess> neighbours(int id) {
    List<TokenGuess> guesses = new ArrayList<>();
    for (int n = 0; n < 4; n++) {
      int other = 260 + (id * 7 + n * 11) % vocabulary.size();
      guesses.add(new TokenGuess(other, textOf(other), 0.8 - 0.13 * n - 0.1 * random.nextDouble()));
    }
    return guesses;
  }

  private LayerView layer(int l, List<ExplainedToken> tokens, int numPositions) {
    float[] norms = new float[numPositions];
    List<List<TokenGuess>> guesses = new ArrayList<>();
    for (int i = 0; i < numPositions; i++) {
      norms[i] =
          (float)
              ((i == 0 && l > 0 ? 40 : 2) * Math.pow(1.5, l) * (0.8 + 0.4 * random.nextDouble()));
      guesses.add(guesses(l, tokens.get(Math.min(i + 1, tokens.size() - 1))));
    }
    float[][][] attention = new float[numHeads][][];
    for (int h = 0; h < numHeads; h++) {
      attention[h] = head(l * numHeads + h, numPositions);
    }
    return new LayerView(norms, attention, guesses);
  }

  private List<TokenGuess> guesses(int l, ExplainedToken next) {
    double sure = (l + 1.0) / numLayers * random.nextDouble();
    int other = 260 + random.nextInt(vocabulary.size());
    TokenGuess right = new TokenGuess(next.id(), next.text(), 0.1 + 0.85 * sure);
    TokenGuess wrong = new TokenGuess(other, textOf(other), 0.05 + 0.3 * random.nextDouble());
    return right.score() > wrong.score() ? List.of(right, wrong) : List.of(wrong, right);
  }

  /// One of four habits, by number: the token before, the first one, itself, or everywhere with a
  /// few favourites.
  private float[][] head(int number, int numPositions) {
    float[][] weights = new float[numPositions][numPositions];
    for (int q = 0; q < numPositions; q++) {
      double sum = 0;
      for (int k = 0; k <= q; k++) {
        double score =
            switch ((number * 5 + number / 8) % 4) {
              case 0 -> k == q - 1 ? 4 : 0;
              case 1 -> k == 0 ? 3.5 : 0;
              case 2 -> 3 - 0.8 * (q - k);
              default -> 3 * Math.sin(k * (1 + number) * 0.37);
            };
        weights[q][k] = (float) Math.exp(score + 0.8 * random.nextGaussian());
        sum += weights[q][k];
      }
      for (int k = 0; k <= q; k++) {
        weights[q][k] /= (float) sum;
      }
    }
    return weights;
  }

  /// Draws until the wanted token comes, so that the recorded choice is a real one.
  private ChoiceView choice(Sampler sampler, int position, String wanted) {
    float[] logits = new float[32_000];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (1.6 * random.nextGaussian());
    }
    for (String other : OTHERS) {
      logits[idOf(other)] = (float) (6 + 2.2 * random.nextGaussian());
    }
    logits[idOf(wanted)] = 10.5f;
    while (true) {
      ChoiceRecorder recorder = new ChoiceRecorder(position, 12, this::textOf);
      if (sampler.sample(logits, recorder) == idOf(wanted)) {
        sampler.accept(idOf(wanted));
        return recorder.choice();
      }
    }
  }
}
