package dev.kawi.chat;

import java.util.List;

/// One message of a conversation.
public sealed interface Message {
  /// Who speaks, in the word that templates use.
  String role();

  /// What is said; may be empty.
  String content();

  /// Instructions that stand above the conversation.
  record SystemPrompt(String content) implements Message {
    @Override
    public String role() {
      return "system";
    }
  }

  /// What the user says.
  record User(String content) implements Message {
    @Override
    public String role() {
      return "user";
    }
  }

  /// What the model says.
  ///
  /// @param content the answer; may be empty beside tool calls
  /// @param reasoning what it thought before, empty when it did not
  /// @param toolCalls the tools it wants run
  record Assistant(String content, String reasoning, List<ToolCall> toolCalls) implements Message {
    /// Copies the calls.
    public Assistant {
      toolCalls = List.copyOf(toolCalls);
    }

    /// A plain answer.
    public Assistant(String content) {
      this(content, "", List.of());
    }

    @Override
    public String role() {
      return "assistant";
    }
  }

  /// What a tool returned.
  ///
  /// @param content its result
  /// @param toolCallId the call that it answers
  /// @param name the tool
  record ToolResult(String content, String toolCallId, String name) implements Message {
    @Override
    public String role() {
      return "tool";
    }
  }

  /// A message in a role that only some models know, `developer` for one.
  record Other(String role, String content) implements Message {}

  /// A message of the system.
  static SystemPrompt system(String content) {
    return new SystemPrompt(content);
  }

  /// A message of the user.
  static User user(String content) {
    return new User(content);
  }

  /// A plain answer of the model.
  static Assistant assistant(String content) {
    return new Assistant(content);
  }
}
