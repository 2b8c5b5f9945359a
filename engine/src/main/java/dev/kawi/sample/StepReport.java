package dev.kawi.sample;

import java.util.List;

/// What one step of a chain did.
///
/// @param name such as `top-k`
/// @param parameters such as `k=40`
/// @param before how many candidates there were
/// @param after how many remained
/// @param removed the most likely ones that were removed, as they were before
/// @param remaining the most likely ones that remained, as they are now
public record StepReport(
    String name,
    String parameters,
    int before,
    int after,
    List<ScoredToken> removed,
    List<ScoredToken> remaining) {
  public StepReport {
    removed = List.copyOf(removed);
    remaining = List.copyOf(remaining);
  }
}
