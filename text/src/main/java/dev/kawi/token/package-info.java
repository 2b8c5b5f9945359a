/// Text to tokens and back: byte-level BPE, SentencePiece BPE, Unigram and WordPiece, read from
/// GGUF metadata or from the tokenizer files that models are published with.
///
/// The way of a text: special tokens are cut out ([dev.kawi.token.SpecialTokens]), what is between
/// them is normalized ([dev.kawi.token.Normalizer]), split into words ([dev.kawi.token.Splitter]),
/// and each word becomes tokens ([dev.kawi.token.WordModel]).
@NullMarked
package dev.kawi.token;

import org.jspecify.annotations.NullMarked;
