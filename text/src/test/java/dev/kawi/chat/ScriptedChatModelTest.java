package dev.kawi.chat;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// The contract can be met: a model that says fixed words meets it.
class ScriptedChatModelTest extends ChatModelContract {
  @Override
  protected ChatModel model() {
    return new Scripted(List.of("Hello", ", ", "world"));
  }

  /// Says these words, thoughts among them where they are marked with `<think>`.
  record Scripted(List<String> words) implements ChatModel {
    @Override
    public String name() {
      return "scripted";
    }

    @Override
    public ChatReply chat(ChatRequest request, Consumer<? super ChatEvent> events) {
      Rendered prompt =
          ChatTemplate.chatml().render(request.messages(), List.of(), RenderOptions.of("", ""));
      AnswerParser said =
          new AnswerParser(
              AnswerMarkers.of(ReasoningTags.all().getLast(), Optional.empty()),
              Optional.empty(),
              prompt,
              events);
      ChatReply.StopReason why = ChatReply.StopReason.END_OF_TURN;
      int tokens = 0;
      for (String word : words) {
        if (Thread.currentThread().isInterrupted()) {
          why = ChatReply.StopReason.CANCELLED;
          break;
        }
        if (tokens == request.options().maxTokens()) {
          why = ChatReply.StopReason.MAX_TOKENS;
          break;
        }
        tokens++;
        said.accept(word);
      }
      said.finish();
      ChatReply reply =
          new ChatReply(
              new Message.Assistant(said.text(), said.reasoning(), List.of()),
              why,
              new ChatReply.Usage(request.messages().size(), 0, tokens));
      events.accept(new ChatEvent.Done(reply));
      return reply;
    }
  }
}
