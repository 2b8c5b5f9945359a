package dev.kawi.chat;

import dev.kawi.chat.Rendered.Range;
import dev.kawi.chat.jinja.JinjaException;
import dev.kawi.chat.jinja.Template;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A model's chat template: Jinja that turns messages into the text that the model was trained on.
///
/// Rendered as Hugging Face transformers does it: Jinja2 3.1.6 in the immutable sandbox,
/// `trim_blocks`, `lstrip_blocks`, loop controls, `generation` blocks, a plain `tojson`,
/// `raise_exception`, `strftime_now`. Rendering is bounded in steps, text and nesting. Immutable;
/// may be used by many threads at once.
public final class ChatTemplate {
  private static final String CHATML =
      """
      {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}\
      {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}\
      """;

  private final String source;
  private final Template template;

  private ChatTemplate(String source, Template template) {
    this.source = source;
    this.template = template;
  }

  /// Parses a template.
  ///
  /// @throws TemplateException when it is not Jinja
  public static ChatTemplate parse(String source) {
    try {
      return new ChatTemplate(source, Template.parse(source));
    } catch (JinjaException e) {
      throw new TemplateException(e);
    }
  }

  /// The ChatML template, which many models without a template of their own were trained on.
  public static ChatTemplate chatml() {
    return parse(CHATML);
  }

  /// The template's text.
  public String source() {
    return source;
  }

  /// Renders with raw variables, as `{"messages": [...], "add_generation_prompt": true,
  /// "bos_token": "<s>", ...}`.
  ///
  /// Trusted are special tokens (variables named `..._token`) and the roles of messages where they
  /// are well-known words; all other text counts as content.
  ///
  /// @param variables strings, numbers, booleans, nulls, and lists and maps of these
  /// @param now what `strftime_now` shows
  /// @throws TemplateException when the template fails or refuses
  public Rendered render(Map<String, ? extends @Nullable Object> variables, LocalDateTime now) {
    try {
      Template.Output output = template.render(variables, now);
      return new Rendered(
          output.text().chars(),
          ranges(output.text().spans()),
          output.generated().stream().map(r -> new Range(r[0], r[1])).toList());
    } catch (JinjaException e) {
      throw new TemplateException(e);
    }
  }

  /// Renders with raw variables, at the present time.
  public Rendered render(Map<String, ? extends @Nullable Object> variables) {
    return render(variables, LocalDateTime.now(ZoneId.systemDefault()));
  }

  /// Renders a conversation.
  ///
  /// @throws TemplateException when the template fails or refuses
  public Rendered render(List<Message> messages, List<Tool> tools, RenderOptions options) {
    return render(messages, tools, options, CallStyle.ALL.getFirst());
  }

  /// Renders a conversation, with the tool calls of earlier turns in this style.
  Rendered render(
      List<Message> messages, List<Tool> tools, RenderOptions options, CallStyle style) {
    Map<String, @Nullable Object> variables = new HashMap<>(options.extra());
    variables.put("messages", messages.stream().map(message -> variables(message, style)).toList());
    variables.put(
        "tools", tools.isEmpty() ? null : tools.stream().map(ChatTemplate::variables).toList());
    variables.putIfAbsent("documents", null);
    variables.put(
        "add_generation_prompt", options.ending() == RenderOptions.Ending.GENERATION_PROMPT);
    variables.put("bos_token", options.bosToken());
    variables.put("eos_token", options.eosToken());
    return render(variables, options.now());
  }

  private static List<Range> ranges(int[] spans) {
    List<Range> ranges = new ArrayList<>();
    for (int i = 0; i < spans.length; i += 2) {
      ranges.add(new Range(spans[i], spans[i + 1]));
    }
    return ranges;
  }

  private static Map<String, @Nullable Object> variables(Message message, CallStyle style) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("role", message.role());
    map.put("content", message.content());
    switch (message) {
      case Message.Assistant assistant -> {
        if (!assistant.reasoning().isEmpty()) {
          map.put("reasoning_content", assistant.reasoning());
          map.put("thinking", assistant.reasoning()); // so gpt-oss's template calls it
        }
        if (!assistant.toolCalls().isEmpty()) {
          map.put("content", style.content(assistant.content()));
          map.put("tool_calls", assistant.toolCalls().stream().map(style::variables).toList());
        }
      }
      case Message.ToolResult result -> {
        map.put("tool_call_id", result.toolCallId());
        map.put("name", result.name());
      }
      case Message.SystemPrompt s -> {}
      case Message.User u -> {}
      case Message.Other o -> {}
    }
    return map;
  }

  private static Map<String, @Nullable Object> variables(Tool tool) {
    Map<String, @Nullable Object> function = new LinkedHashMap<>();
    function.put("name", tool.name());
    function.put("description", tool.description());
    function.put("parameters", tool.parameters());
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("type", "function");
    map.put("function", function);
    return map;
  }
}
