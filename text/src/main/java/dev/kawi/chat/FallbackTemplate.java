package dev.kawi.chat;

import java.util.List;

/// How the conversations of a family of models are written, for files that do not say.
///
/// @param name the family's name, as llama.cpp has it where it knows the family
/// @param template writes the conversation, with BOS before it only where tokenizers of the family
///   add none
/// @param stop texts that end an answer beside the model's own tokens, for families whose turns are
///   marked by plain words
public record FallbackTemplate(String name, ChatTemplate template, List<String> stop) {
  /// Copies the texts.
  public FallbackTemplate {
    stop = List.copyOf(stop);
  }
}
