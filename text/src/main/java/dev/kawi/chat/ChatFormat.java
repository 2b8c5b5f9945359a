package dev.kawi.chat;

import dev.kawi.token.EncodeOptions;
import dev.kawi.token.Spans;
import dev.kawi.token.TokenKind;
import dev.kawi.token.Tokenizer;
import dev.kawi.token.Vocabulary;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// How conversations with a model are written and its answers are read: template, BOS, tokens and
/// texts that end an answer, markers of thoughts, tool calls. Everything is parsed once, when the
/// model is loaded. Immutable; may be used by many threads at once.
///
/// ```java
/// Rendered prompt = format.render(request);
/// AnswerParser answer = format.parser(request, prompt, events);
/// model.generate(format.encode(prompt), token -> answer.accept(token.text()));
/// answer.finish();
/// ```
public final class ChatFormat {
  private final Tokenizer tokenizer;
  private final Optional<String> templateSource;
  private final Optional<FallbackTemplate> fallback;
  private final ChatTemplate template;
  private final ReasoningTags reasoningTags;
  private final ToolCallFormat toolCalls;
  private final MessageRules rules;
  private final AnswerMarkers plainMarkers;
  private final AnswerMarkers callMarkers;

  private ChatFormat(
      Tokenizer tokenizer, Optional<String> templateSource, Optional<FallbackTemplate> fallback) {
    this.tokenizer = tokenizer;
    this.templateSource = templateSource;
    this.fallback = fallback;
    template =
        templateSource
            .map(ChatTemplate::parse)
            .or(() -> fallback.map(FallbackTemplate::template))
            .orElseGet(ChatTemplate::chatml);
    Vocabulary vocabulary = tokenizer.vocabulary();
    reasoningTags = ReasoningTags.find(template.source(), vocabulary);
    rules = MessageRules.of(template, text(vocabulary.bos()), text(vocabulary.eos()));
    toolCalls =
        rules.showsTools()
            ? ToolCallFormat.find(template.source(), vocabulary)
            : ToolCallFormat.generic();
    plainMarkers = AnswerMarkers.of(reasoningTags, Optional.empty());
    callMarkers = AnswerMarkers.of(reasoningTags, Optional.of(toolCalls));
  }

  /// The format of a model.
  ///
  /// @param templateSource the model's own chat template; without one its family's is used, or
  ///   ChatML
  /// @param architecture as `general.architecture` has it
  /// @param name all that the file says of its name, such as "Llama 2 7B Chat"
  /// @throws TemplateException when the template is not Jinja
  public static ChatFormat of(
      Optional<String> templateSource, String architecture, String name, Tokenizer tokenizer) {
    Optional<FallbackTemplate> family =
        templateSource.isPresent()
            ? Optional.empty()
            : FallbackTemplates.find(architecture, name, tokenizer.vocabulary());
    return new ChatFormat(tokenizer, templateSource, family);
  }

  /// The model's own chat template; empty for a base model, which was not trained to talk.
  public Optional<String> templateSource() {
    return templateSource;
  }

  /// The template of the model's family, for a model that has none of its own; empty for families
  /// that are not known, and base models.
  public Optional<FallbackTemplate> fallback() {
    return fallback;
  }

  /// The template that chats use: the model's own, its family's, or ChatML.
  public ChatTemplate template() {
    return template;
  }

  /// The markers that the model writes around its thoughts.
  public ReasoningTags reasoningTags() {
    return reasoningTags;
  }

  /// How the model writes tool calls.
  public ToolCallFormat toolCalls() {
    return toolCalls;
  }

  /// The tokens that end an answer, in ascending order.
  public int[] stopTokens() {
    return tokenizer.vocabulary().endOfGeneration();
  }

  /// The texts that end an answer, for families whose turns are marked by plain words.
  public List<String> stopTexts() {
    return fallback.map(FallbackTemplate::stop).orElse(List.of());
  }

  /// A conversation through the chat template.
  ///
  /// System messages at the beginning become one. Later ones stay where they are; where the
  /// template refuses or drops them they become a marked part of what the user says. A template
  /// that shows no tools has them described in the system message.
  ///
  /// @throws TemplateException when the template refuses the conversation; its message quotes it
  public Rendered render(ChatRequest request) {
    return rules.render(request);
  }

  /// Tokens of a conversation. Text of messages never becomes a control token.
  public int[] encode(ChatRequest request) {
    return encode(render(request));
  }

  /// Tokens of a rendered conversation.
  public int[] encode(Rendered rendered) {
    int[] ids = encode(rendered, 0);
    return templateSource.isPresent() ? ids : withBos(ids);
  }

  /// Tokens of a rendered conversation from this character on.
  int[] encode(Rendered rendered, int from) {
    int[] bounds =
        rendered.content().stream()
            .filter(range -> range.end() > from)
            .flatMapToInt(
                range -> IntStream.of(Math.max(range.start(), from) - from, range.end() - from))
            .toArray();
    return tokenizer.encode(
        rendered.text().substring(from), Spans.of(bounds), EncodeOptions.TEMPLATE);
  }

  /// Whether this is a control token.
  boolean isControl(int id) {
    return tokenizer.vocabulary().kind(id) == TokenKind.CONTROL;
  }

  private String text(OptionalInt token) {
    return token.isPresent() ? tokenizer.vocabulary().text(token.getAsInt()) : "";
  }

  private int[] withBos(int[] ids) {
    OptionalInt bos = tokenizer.vocabulary().bos();
    boolean begins = ids.length > 0 && OptionalInt.of(ids[0]).equals(bos);
    return tokenizer.vocabulary().addsBos() && bos.isPresent() && !begins
        ? IntStream.concat(IntStream.of(bos.getAsInt()), IntStream.of(ids)).toArray()
        : ids;
  }

  /// Takes the answer to a conversation apart, and tells of tool calls when they are certain.
  public AnswerParser parser(
      ChatRequest request, Rendered prompt, Consumer<? super ChatEvent> events) {
    return parser(request, prompt, ToolCallDelivery.WHOLE, events);
  }

  /// Takes the answer to a conversation apart.
  ///
  /// @param prompt the conversation as it was rendered
  /// @param delivery when the events of a tool call are handed out
  /// @param events takes all events but [ChatEvent.Done]
  public AnswerParser parser(
      ChatRequest request,
      Rendered prompt,
      ToolCallDelivery delivery,
      Consumer<? super ChatEvent> events) {
    if (request.callableTools().isEmpty()) {
      return new AnswerParser(plainMarkers, Optional.empty(), prompt, events);
    }
    CallDetection calls =
        new CallDetection(
            toolCalls,
            CallContext.byName(request.callableTools()),
            new ToolCallIds(request.messages()),
            delivery);
    return new AnswerParser(callMarkers, Optional.of(calls), prompt, events);
  }

  /// What the model may write in answer to a request, thoughts not counted.
  public OutputShape shape(ChatRequest request) {
    return toolCalls.shape(request.callableTools(), request.toolChoice());
  }
}
