package dev.kawi.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

// How it works. Templates differ in what they take: some want arguments of earlier calls as an
// object and some as JSON text, some want no content beside calls, some show no tools, some refuse
// or drop system messages in mid-conversation. None says so; it is found by rendering small
// conversations once, when the model is loaded, and looking for what was put in.

/// Brings conversations into the form that a template takes.
final class MessageRules {
  private static final Tool PROBE =
      new Tool("probe_tool", "probe_description", Map.of("type", "object", "properties", Map.of()));
  private static final List<Message> PROBE_CALL =
      List.of(
          Message.user("probe"),
          new Message.Assistant(
              "", "", List.of(new ToolCall("probe0000", PROBE.name(), Map.of("needle", "hay")))),
          new Message.ToolResult("result", "probe0000", PROBE.name()));

  private final ChatTemplate template;
  private final RenderOptions options;
  private final CallStyle calls;
  private final boolean showsTools;

  private MessageRules(
      ChatTemplate template, RenderOptions options, CallStyle calls, boolean showsTools) {
    this.template = template;
    this.options = options;
    this.calls = calls;
    this.showsTools = showsTools;
  }

  static MessageRules of(ChatTemplate template, String bosToken, String eosToken) {
    RenderOptions options = RenderOptions.of(bosToken, eosToken);
    CallStyle style =
        CallStyle.ALL.stream()
            .filter(each -> keepsCalls(template, options, each))
            .findFirst()
            .orElse(CallStyle.ALL.getFirst());
    boolean showsTools =
        attempt(template, List.of(Message.user("probe")), List.of(PROBE), options, style)
            .filter(text -> text.contains(PROBE.name()))
            .isPresent();
    return new MessageRules(template, options, style, showsTools);
  }

  private static boolean keepsCalls(ChatTemplate template, RenderOptions options, CallStyle style) {
    Optional<String> text = attempt(template, PROBE_CALL, List.of(PROBE), options, style);
    return text.filter(shown ->
            shown.contains("needle")
                && shown.contains("hay")
                && !shown.contains("'needle'")
                && !shown.contains("\\\"needle"))
        .isPresent();
  }

  private static Optional<String> attempt(
      ChatTemplate template,
      List<Message> messages,
      List<Tool> tools,
      RenderOptions options,
      CallStyle style) {
    try {
      return Optional.of(template.render(messages, tools, options, style).text());
    } catch (TemplateException e) {
      return Optional.empty(); // this form is not for this template; the next one may be
    }
  }

  /// Whether the template shows tools to the model.
  boolean showsTools() {
    return showsTools;
  }

  /// Renders a conversation in the form that the template takes.
  Rendered render(ChatRequest request) {
    RenderOptions now =
        RenderOptions.of(options.bosToken(), options.eosToken()).with(request.variables());
    List<Tool> tools = request.callableTools();
    List<Message> messages = leadingMerged(request.messages());
    if (!showsTools) {
      messages = PlainTools.written(messages, tools);
      tools = List.of();
    }
    List<String> later = laterSystem(messages);
    if (later.isEmpty()) {
      return template.render(messages, tools, now, calls);
    }
    try {
      Rendered inPlace = template.render(messages, tools, now, calls);
      if (later.stream().allMatch(text -> inPlace.text().contains(text.strip()))) {
        return inPlace;
      }
    } catch (TemplateException refused) {
      return template.render(asUserBlocks(messages), tools, now, calls);
    }
    return template.render(asUserBlocks(messages), tools, now, calls);
  }

  private static boolean isSystem(Message message) {
    return message.role().equals("system") || message.role().equals("developer");
  }

  /// Makes the system messages at the beginning one, and all later ones plain system messages.
  private static List<Message> leadingMerged(List<Message> messages) {
    List<Message> leading = messages.stream().takeWhile(MessageRules::isSystem).toList();
    String system = leading.stream().map(Message::content).collect(Collectors.joining("\n\n"));
    Stream<Message> rest =
        messages.stream()
            .skip(leading.size())
            .map(each -> isSystem(each) ? Message.system(each.content()) : each);
    return Stream.concat(
            leading.isEmpty() ? Stream.empty() : Stream.of(Message.system(system)), rest)
        .toList();
  }

  private static List<String> laterSystem(List<Message> messages) {
    return messages.stream().skip(1).filter(MessageRules::isSystem).map(Message::content).toList();
  }

  /// Makes later system messages marked parts of what the user says: templates that refuse them
  /// often want user and assistant to take turns, so a block joins a user message next to it.
  private static List<Message> asUserBlocks(List<Message> messages) {
    List<Message> all = new ArrayList<>();
    boolean joins = false;
    for (Message message : messages) {
      boolean isBlock = !all.isEmpty() && isSystem(message);
      Message next =
          isBlock ? Message.user("<system>\n" + message.content() + "\n</system>") : message;
      if (next instanceof Message.User user
          && (isBlock || joins)
          && all.getLast() instanceof Message.User before) {
        all.set(all.size() - 1, Message.user(before.content() + "\n\n" + user.content()));
      } else {
        all.add(next);
      }
      joins = isBlock;
    }
    return all;
  }
}
