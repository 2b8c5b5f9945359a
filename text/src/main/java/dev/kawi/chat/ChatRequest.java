package dev.kawi.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a chat model is asked.
///
/// @param messages the conversation so far, oldest first
/// @param tools what the model may ask to have run
/// @param toolChoice whether it does
/// @param options how the answer is chosen
/// @param variables further variables for the chat template, such as `enable_thinking`
public record ChatRequest(
    List<Message> messages,
    List<Tool> tools,
    ToolChoice toolChoice,
    GenerationOptions options,
    Map<String, @Nullable Object> variables) {

  /// Whether a model that can choose thinks before it answers.
  public enum Thinking {
    /// It thinks.
    ON,
    /// It answers at once.
    OFF
  }

  /// Copies the lists; a conversation has at least one message.
  public ChatRequest {
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("chat request: expected at least one message, found none");
    }
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
    variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
  }

  /// A conversation in which the model calls these tools as it likes.
  public ChatRequest(
      List<Message> messages,
      List<Tool> tools,
      GenerationOptions options,
      Map<String, @Nullable Object> variables) {
    this(messages, tools, ToolChoice.AUTO, options, variables);
  }

  /// The tools that the model may call, as the choice leaves them.
  public List<Tool> callableTools() {
    return toolChoice instanceof ToolChoice.None ? List.of() : tools;
  }

  /// A conversation without tools, answered with the default options.
  public static ChatRequest of(Message... messages) {
    return new ChatRequest(List.of(messages), List.of(), GenerationOptions.DEFAULT, Map.of());
  }

  /// With other options.
  public ChatRequest with(GenerationOptions other) {
    return new ChatRequest(messages, tools, toolChoice, other, variables);
  }

  /// With other tools.
  public ChatRequest with(List<Tool> other) {
    return new ChatRequest(messages, other, toolChoice, options, variables);
  }

  /// With another choice of tools.
  public ChatRequest with(ToolChoice other) {
    return new ChatRequest(messages, tools, other, options, variables);
  }

  /// With or without thoughts before the answer, as far as the chat template lets one choose:
  /// `enable_thinking` (Qwen3, GLM-4.5, SmolLM3, Hunyuan), `thinking` (DeepSeek V3.1, Granite 3.2),
  /// `thinking_budget` (Seed-OSS). Others think as they do; gpt-oss has degrees, in the variable
  /// `reasoning_effort`.
  public ChatRequest with(Thinking thinking) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>(variables);
    all.put("enable_thinking", thinking == Thinking.ON);
    all.put("thinking", thinking == Thinking.ON);
    if (thinking == Thinking.OFF) {
      all.put("thinking_budget", 0);
    }
    return new ChatRequest(messages, tools, toolChoice, options, all);
  }

  /// The conversation, gone on by these messages.
  public ChatRequest then(Message... more) {
    List<Message> all = new ArrayList<>(messages);
    all.addAll(List.of(more));
    return new ChatRequest(all, tools, toolChoice, options, variables);
  }
}
