package dev.kawi.sample;

/// A token with its logit and its probability among the candidates of that moment.
public record ScoredToken(int token, float logit, double probability) {}
