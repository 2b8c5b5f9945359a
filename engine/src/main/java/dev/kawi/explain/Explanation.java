package dev.kawi.explain;

import java.util.List;

/// Everything that happened while a model continued a text: the six steps from text to text.
///
/// Positions are places in the sequence. Since a token only looks back, the states of all positions
/// fit into one picture, those of the prompt and those of the tokens generated later; the last
/// generated token need not have been computed, so `numPositions` may be one less than the number
/// of tokens.
///
/// @param model the name of the model
/// @param architecture such as `llama`
/// @param text the text that was given
/// @param tokens prompt and generated tokens, in order
/// @param embeddings one for each of the first `numPositions` tokens
/// @param layers from first to last; all have the same number of positions and none may be missing
/// @param samplers the chain, such as `top-k(k=40) -> temperature(t=0.8)`
/// @param seed of the random numbers
/// @param choices one for each generated token, in order
public record Explanation(
    String model,
    String architecture,
    String text,
    List<ExplainedToken> tokens,
    List<EmbeddingView> embeddings,
    List<LayerView> layers,
    String samplers,
    long seed,
    List<ChoiceView> choices) {

  /// Checks that the parts fit together.
  public Explanation {
    tokens = List.copyOf(tokens);
    embeddings = List.copyOf(embeddings);
    layers = List.copyOf(layers);
    choices = List.copyOf(choices);
    Shape.require(
        !embeddings.isEmpty() && embeddings.size() <= tokens.size(),
        "embeddings of 1 to " + tokens.size() + " positions",
        embeddings.size());
    for (LayerView layer : layers) {
      Shape.equal("positions of a layer", embeddings.size(), layer.residualNorms().length);
    }
    for (ChoiceView choice : choices) {
      Shape.require(
          choice.position() < embeddings.size(),
          "a choice after a position below " + embeddings.size(),
          choice.position());
    }
  }

  /// How many positions were computed.
  public int numPositions() {
    return embeddings.size();
  }

  /// The text of all generated tokens.
  public String generatedText() {
    return tokens.stream()
        .filter(token -> token.role() == ExplainedToken.Role.GENERATED)
        .map(ExplainedToken::text)
        .reduce("", String::concat);
  }
}
