package dev.kawi.explain;

import java.util.List;

/// What one step of the sampler did.
///
/// @param name such as `top-k`
/// @param parameters such as `k=40`
/// @param before how many candidates there were
/// @param after how many remained
/// @param removed the most likely ones that were removed, with their probability before
/// @param remaining the most likely ones that remained, with their probability after
public record FilterView(
    String name,
    String parameters,
    int before,
    int after,
    List<TokenCandidate> removed,
    List<TokenCandidate> remaining) {
  public FilterView {
    Shape.require(after >= 1 && after <= before, "1 to " + before + " remaining candidates", after);
    removed = List.copyOf(removed);
    remaining = List.copyOf(remaining);
  }
}
