package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What every [ChatModel] promises; a test of an implementation, in this module or another, extends
/// this.
public abstract class ChatModelContract {
  /// A model that answers a greeting with at least two pieces of text, and does not end its answer
  /// by itself within a few thousand tokens if it writes so much.
  protected abstract ChatModel model();

  private final ChatRequest greeting =
      ChatRequest.of(Message.user("Hello")).with(GenerationOptions.greedy().withMaxTokens(16));

  @Test
  void events_areTheReplyInPieces() {
    List<ChatEvent> events = new ArrayList<>();
    ChatReply reply = model().chat(greeting, events::add);
    StringBuilder text = new StringBuilder();
    StringBuilder reasoning = new StringBuilder();
    for (ChatEvent event : events) {
      switch (event) {
        case ChatEvent.Text(String piece) -> text.append(piece);
        case ChatEvent.Reasoning(String piece) -> reasoning.append(piece);
        case ChatEvent.ToolCallStarted s -> {}
        case ChatEvent.ToolCallArguments a -> {}
        case ChatEvent.ToolCallCompleted c -> {}
        case ChatEvent.Done d -> {}
      }
    }
    assertEquals(reply.text(), text.toString());
    assertEquals(reply.reasoning(), reasoning.toString());
    assertEquals(reply, assertInstanceOf(ChatEvent.Done.class, events.getLast()).reply());
    assertEquals(1, events.stream().filter(ChatEvent.Done.class::isInstance).count());
  }

  @Test
  void sameRequest_givesSameReply() {
    ChatModel model = model();
    assertEquals(model.chat(greeting).text(), model.chat(greeting).text());
  }

  @Test
  void maxTokens_boundsTheAnswer() {
    ChatReply reply = model().chat(greeting.with(GenerationOptions.greedy().withMaxTokens(1)));
    assertTrue(reply.usage().newTokens() <= 1);
  }

  @Test
  void interrupt_endsTheAnswerAndStaysSet() {
    ChatRequest endless = greeting.with(GenerationOptions.greedy().withMaxTokens(100_000));
    ChatReply reply = model().chat(endless, event -> Thread.currentThread().interrupt());
    assertTrue(Thread.interrupted());
    assertEquals(ChatReply.StopReason.CANCELLED, reply.why());
  }

  @Test
  void consumerFailure_reachesTheCaller() {
    IllegalStateException failure = new IllegalStateException("closed");
    assertSame(
        failure,
        assertThrows(
            IllegalStateException.class,
            () ->
                model()
                    .chat(
                        greeting,
                        event -> {
                          throw failure;
                        })));
  }
}
