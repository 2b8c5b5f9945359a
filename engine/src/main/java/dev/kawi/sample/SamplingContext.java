package dev.kawi.sample;

/// What a step may look at besides the candidates: the tokens so far and the sequence's random
/// numbers.
public record SamplingContext(TokenHistory history, SeededRandom random) {}
