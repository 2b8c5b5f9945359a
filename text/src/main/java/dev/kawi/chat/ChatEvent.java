package dev.kawi.chat;

/// A piece of an answer as it comes.
public sealed interface ChatEvent {
  /// Text of the answer, in whole code points.
  record Text(String text) implements ChatEvent {}

  /// Text that the model thinks and does not say.
  record Reasoning(String text) implements ChatEvent {}

  /// The end, with the whole answer; the last event.
  record Done(ChatReply reply) implements ChatEvent {}
}
