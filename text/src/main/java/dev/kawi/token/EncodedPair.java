package dev.kawi.token;

/// Two texts as one sequence of tokens.
///
/// @param ids tokens, with those that separate the texts
/// @param types for each token the text that it belongs to, 0 or 1, as far as the tokenizer tells
///   them apart
@SuppressWarnings("ArrayRecordComponent") // never compared
public record EncodedPair(int[] ids, int[] types) {}
