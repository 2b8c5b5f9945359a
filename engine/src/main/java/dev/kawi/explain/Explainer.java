package dev.kawi.explain;

import dev.kawi.nn.Attention;
import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.Block;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Executor;
import dev.kawi.nn.GatedDeltaNet;
import dev.kawi.nn.TappingExecutor.Tap;
import dev.kawi.sample.Sampler;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.Tensor;
import dev.kawi.token.EncodeOptions;
import dev.kawi.token.Token;
import dev.kawi.token.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Watches a model continue a text: the same forward pass as always, through a [TappingExecutor].
///
/// The prompt is one step, then each token is one more, until enough tokens are generated or the
/// model ends the text.
///
/// @param model its name
/// @param architecture such as `llama`
/// @param decoder the layers
/// @param tokenizer text to tokens and back
/// @param contextLength most tokens in a sequence
public record Explainer(
    String model, String architecture, Decoder decoder, Tokenizer tokenizer, int contextLength) {
  /// An explanation holds a number for each layer, head and pair of positions; more would be too
  /// large to look at.
  private static final long MOST_WEIGHTS = 32_000_000;

  private static final int NEAREST = 5;
  private static final int GUESSES = 5;
  private static final int CANDIDATES = 12;

  /// Who computes the steps.
  @FunctionalInterface
  public interface Steps {
    /// Computes the tokens from `from` on, which follow those before them, and hands the tap what
    /// passes by; the logits of the last one.
    float[] compute(int[] tokens, int from, BidirectionalSpan span, Tap tap);
  }

  /// Continues a text by at most `maxTokens` tokens and tells all about it.
  ///
  /// @param text control tokens in it count; BOS is added by the model's rule
  /// @param maxTokens at least 0; with 0 nothing is chosen
  /// @throws IllegalArgumentException if there are no tokens or too many
  public Explanation explain(String text, int maxTokens, SamplingOptions options, Steps steps) {
    List<Token> prompt = prompt(text);
    checkLength(prompt.size(), maxTokens);
    Run run = new Run(prompt, text, options, steps);
    run.continueBy(maxTokens);
    return run.explanation();
  }

  private List<Token> prompt(String text) {
    List<Token> tokens = tokenizer.tokens(text, EncodeOptions.PROMPT);
    if (tokens.isEmpty() && tokenizer.vocabulary().bos().isPresent()) {
      return List.of(new Token(tokenizer.vocabulary().bos().getAsInt(), 0, 0));
    }
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException(
          "explain: expected a text, found none, and this model has no BOS token");
    }
    return tokens;
  }

  private void checkLength(int promptTokens, int maxTokens) {
    if (maxTokens < 0) {
      throw new IllegalArgumentException(
          "explain: expected 0 or more tokens to generate, found " + maxTokens);
    }
    long numHeads =
        decoder.blocks().stream()
            .flatMap(Block::mixers)
            .mapToLong(mixer ->
                switch (mixer) {
                  case Attention attention -> attention.heads().numHeads();
                  case GatedDeltaNet _ -> 0;
                })
            .sum();
    int most = (int) Math.min(contextLength, Math.sqrt((double) MOST_WEIGHTS / numHeads));
    if (promptTokens + (long) maxTokens > most) {
      throw new IllegalArgumentException(
          ("explain: expected at most %d tokens with this model, found %d of the text and %d to"
                  + " generate; use a shorter text")
              .formatted(most, promptTokens, maxTokens));
    }
  }

  /// One continuation under way.
  private final class Run implements Tap {
    private final String text;
    private final byte[] utf8;
    private final Steps steps;
    private final Sampler sampler;
    private final TokenNames names = new TokenNames(tokenizer);
    private final LayerRecorder recorder = new LayerRecorder(decoder, names, GUESSES);
    private final Neighbours neighbours = new Neighbours(decoder.embedding());
    private final List<EmbeddingView> embeddings = new ArrayList<>();
    private final List<ExplainedToken> tokens = new ArrayList<>();
    private final List<ChoiceView> choices = new ArrayList<>();
    private final BidirectionalSpan span;
    private int computed;

    Run(List<Token> prompt, String text, SamplingOptions options, Steps steps) {
      this.text = text;
      this.utf8 = text.getBytes(StandardCharsets.UTF_8);
      this.steps = steps;
      this.sampler = Sampler.of(options);
      prompt.forEach(token -> tokens.add(named(token)));
      prompt.forEach(token -> sampler.accept(token.id()));
      span = decoder.span(prompt.stream().mapToInt(Token::id).toArray());
    }

    @Override
    public void embedded(Tensor x, Executor executor) {
      recorder.embedded(x, executor);
    }

    @Override
    public void attended(Attention attention, Tensor weights, Executor executor) {
      recorder.attended(attention, weights, executor);
    }

    @Override
    public void layerDone(int layer, Tensor x, Executor executor) {
      if (layer == 0) {
        int from = embeddings.size();
        embeddings.addAll(
            neighbours.views(
                Arrays.copyOfRange(ids(), from, from + x.rows()), NEAREST, names, executor));
      }
      recorder.layerDone(layer, x, executor);
    }

    private int[] ids() {
      return tokens.stream().mapToInt(ExplainedToken::id).toArray();
    }

    private ExplainedToken named(Token token) {
      boolean control = names.isControl(token.id()) || token.start() == token.end();
      String shown =
          control
              ? names.of(token.id())
              : TokenNames.decode(Arrays.copyOfRange(utf8, token.start(), token.end()));
      ExplainedToken.Role role = control ? ExplainedToken.Role.CONTROL : ExplainedToken.Role.PROMPT;
      return new ExplainedToken(token.id(), shown, token.start(), token.end(), role);
    }

    void continueBy(int maxTokens) {
      float[] logits = compute();
      for (int i = 0; i < maxTokens; i++) {
        int token = choose(logits);
        if (tokenizer.vocabulary().isEndOfGeneration(token)) {
          return;
        }
        if (i + 1 < maxTokens) {
          logits = compute();
        }
      }
    }

    /// Computes all tokens that were not computed yet; gives the logits of the last one.
    private float[] compute() {
      float[] logits = steps.compute(ids(), computed, span, this);
      computed = tokens.size();
      return logits;
    }

    private int choose(float[] logits) {
      ChoiceRecorder choice = new ChoiceRecorder(tokens.size() - 1, CANDIDATES, names::of);
      int token = sampler.sample(logits, choice);
      sampler.accept(token);
      choices.add(choice.choice());
      int start = tokens.getLast().byteEnd();
      tokens.add(
          names.isControl(token)
              ? new ExplainedToken(
                  token, names.of(token), start, start, ExplainedToken.Role.CONTROL)
              : new ExplainedToken(
                  token,
                  names.of(token),
                  start,
                  start + names.length(token),
                  ExplainedToken.Role.GENERATED));
      return token;
    }

    Explanation explanation() {
      return new Explanation(
          model,
          architecture,
          text,
          tokens,
          embeddings,
          recorder.views(),
          sampler.chain().toString(),
          sampler.seed(),
          choices);
    }
  }
}
