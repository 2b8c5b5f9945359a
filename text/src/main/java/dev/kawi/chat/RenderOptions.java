package dev.kawi.chat;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a template needs beside the conversation.
///
/// @param ending whether the text ends where the model is to go on
/// @param bosToken the text of the beginning-of-sequence token, empty when the model has none
/// @param eosToken the text of the end-of-sequence token, empty when the model has none
/// @param now the time that the template may show
/// @param extra further variables of the template such as `enable_thinking`, as plain data; their
///   text counts as content
public record RenderOptions(
    Ending ending,
    String bosToken,
    String eosToken,
    LocalDateTime now,
    Map<String, @Nullable Object> extra) {

  /// How the rendered text ends.
  public enum Ending {
    /// With the opening of the assistant's turn, for the model to answer.
    GENERATION_PROMPT,
    /// After the last message, for training and scoring.
    LAST_MESSAGE
  }

  /// Copies the variables; those named like special tokens are refused, since their text would be
  /// trusted.
  public RenderOptions {
    for (String name : extra.keySet()) {
      if (name.endsWith("_token")) {
        throw new IllegalArgumentException(
            "template variables: " + name + " is a special token and may not be set by a request");
      }
    }
    extra = Collections.unmodifiableMap(new LinkedHashMap<>(extra));
  }

  /// The model is to answer, with these tokens, now.
  public static RenderOptions of(String bosToken, String eosToken) {
    return new RenderOptions(
        Ending.GENERATION_PROMPT,
        bosToken,
        eosToken,
        LocalDateTime.now(ZoneId.systemDefault()),
        Map.of());
  }

  /// With another ending.
  public RenderOptions with(Ending other) {
    return new RenderOptions(other, bosToken, eosToken, now, extra);
  }

  /// At another time.
  public RenderOptions at(LocalDateTime time) {
    return new RenderOptions(ending, bosToken, eosToken, time, extra);
  }

  /// With other further variables.
  public RenderOptions with(Map<String, @Nullable Object> variables) {
    return new RenderOptions(ending, bosToken, eosToken, now, variables);
  }
}
