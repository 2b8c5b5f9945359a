package dev.kawi.chat;

import java.util.function.Consumer;

/// Something that answers a conversation: a model of the engine, a remote one, or a stand-in for
/// tests. May be used by many threads at once.
public interface ChatModel {
  /// What the model is called in logs and reports.
  String name();

  /// Answers a conversation, handing over each piece as it comes, on the calling thread.
  ///
  /// The texts of [ChatEvent.Text] put together are the text of the reply, those of
  /// [ChatEvent.Reasoning] what was thought before, the calls of [ChatEvent.ToolCallCompleted] its
  /// tool calls, and [ChatEvent.Done] comes last, once, with the reply that is also returned. An
  /// interrupt of the calling thread ends the answer early, as [ChatReply.StopReason#CANCELLED],
  /// and leaves the thread interrupted. An exception that `events` throws ends the answer and
  /// reaches the caller; either way everything the answer held is given back.
  ///
  /// @throws TemplateException when the model's chat template refuses the conversation
  /// @throws IllegalArgumentException when the conversation is longer than the model's context
  ChatReply chat(ChatRequest request, Consumer<? super ChatEvent> events);

  /// Answers a conversation as a whole.
  default ChatReply chat(ChatRequest request) {
    return chat(request, event -> {});
  }
}
