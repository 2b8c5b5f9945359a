package dev.kawi.chat;

/// When the events of a tool call are handed out.
public enum ToolCallDelivery {
  /// When it is certain that it is a call: an event cannot be taken back.
  WHOLE,
  /// As it is written: for output that a grammar keeps in form. What turns out to be no call
  /// although its beginning was told is text as always, and is never completed.
  STREAMED
}
