package dev.kawi.token;

/// Turns one sequence of tokens into text as they come; see [Detokenizer].
interface TextStream {
  /// Takes a token and returns the text that is certain now.
  String push(int id);

  /// Ends the sequence and returns the rest.
  String finish();
}
