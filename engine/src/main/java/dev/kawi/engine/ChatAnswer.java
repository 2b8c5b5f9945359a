package dev.kawi.engine;

import dev.kawi.chat.ChatReply;
import dev.kawi.chat.ChatReply.StopReason;
import dev.kawi.chat.Message;

/// An answer of a model, and how it was generated.
///
/// @param reply what was thought, said and called
/// @param result the tokens, and how long they took
public record ChatAnswer(ChatReply reply, GenerationResult result) {
  static ChatAnswer of(Message.Assistant message, GenerationResult result) {
    StopReason ended =
        message.toolCalls().isEmpty() ? StopReason.END_OF_TURN : StopReason.TOOL_CALLS;
    StopReason why =
        switch (result.finishReason()) {
          case END_TOKEN -> ended;
          case STOP_TEXT -> StopReason.STOP_TEXT;
          case MAX_TOKENS, CONTEXT_FULL -> StopReason.MAX_TOKENS;
          case CANCELLED -> StopReason.CANCELLED;
        };
    return new ChatAnswer(
        new ChatReply(
            message,
            why,
            new ChatReply.Usage(
                result.promptTokens(), result.cachedTokens(), result.tokens().size())),
        result);
  }
}
