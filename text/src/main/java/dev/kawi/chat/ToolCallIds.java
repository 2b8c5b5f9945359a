package dev.kawi.chat;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

// How it works. An id is made of what was said before it and its place among the calls, so the same
// request gives the same ids, and other conversations give others, also where a client leaves out
// the beginning of a long one. Nine letters and digits are what Mistral's templates insist on.

/// Gives the tool calls of an answer ids that no other call of the conversation has.
final class ToolCallIds {
  private static final int LENGTH = 9;
  private static final String DIGITS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  private final Set<String> used = new HashSet<>();
  private final long seed;
  private int count;

  ToolCallIds(List<Message> messages) {
    long hash = 1125899906842597L;
    for (Message message : messages) {
      hash = mix(hash, message.role());
      hash = mix(hash, message.content());
      switch (message) {
        case Message.Assistant answer -> answer.toolCalls().forEach(call -> used.add(call.id()));
        case Message.ToolResult result -> used.add(result.toolCallId());
        case Message.SystemPrompt s -> {}
        case Message.User u -> {}
        case Message.Other o -> {}
      }
    }
    seed = hash + used.size();
  }

  private static long mix(long hash, String text) {
    long mixed = hash;
    for (int i = 0; i < text.length(); i++) {
      mixed = mixed * 31 + text.charAt(i);
    }
    return mixed * 0x9E3779B97F4A7C15L + 1;
  }

  /// The model's own id if it gave one that is not in use, or a new one.
  String next(Optional<String> own) {
    if (own.isPresent() && used.add(own.get())) {
      count++;
      return own.get();
    }
    String id = id();
    while (!used.add(id)) {
      id = id();
    }
    return id;
  }

  /// Gives an id back: the call was none.
  void release(String id) {
    used.remove(id);
    count--;
  }

  private String id() {
    count++;
    long bits = seed + count * 0xD1B54A32D192ED03L;
    bits = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ (bits >>> 27)) * 0x94D049BB133111EBL;
    bits ^= bits >>> 31;
    StringBuilder id = new StringBuilder();
    for (int i = 0; i < LENGTH; i++) {
      id.append(DIGITS.charAt((int) Long.remainderUnsigned(bits, DIGITS.length())));
      bits = Long.divideUnsigned(bits, DIGITS.length());
    }
    return id.toString();
  }
}
