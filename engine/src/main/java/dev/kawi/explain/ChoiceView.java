package dev.kawi.explain;

import java.util.List;

/// How one token was chosen.
///
/// @param position whose logits were used: the chosen token comes after it
/// @param vocabSize how many candidates there were at first
/// @param candidates the most likely ones before any filter, most likely first
/// @param filters what each step of the sampler did, in order
/// @param chosen the token that was drawn
public record ChoiceView(
    int position,
    int vocabSize,
    List<TokenCandidate> candidates,
    List<FilterView> filters,
    TokenCandidate chosen) {
  public ChoiceView {
    Shape.notNegative("position", position);
    candidates = List.copyOf(candidates);
    filters = List.copyOf(filters);
  }
}
