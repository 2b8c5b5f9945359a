package dev.kawi.engine;

import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.ReasoningSplitter;
import dev.kawi.chat.Rendered;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

// How it works. The template renders the whole conversation anew for each turn. The engine keeps
// the
// keys and values of what it computed, by token; but the text of an answer, encoded again, may
// become other tokens than the model chose. So the tokens of the last turn are kept, and as long as
// the new rendering begins with the old one and the answer, only the rest is encoded. That rest
// must
// begin with a control token: elsewhere a tokenizer may join what stands on both sides.

/// Encodes a conversation turn by turn so that each turn begins with the very tokens of the one
/// before, of which the engine then computes nothing again. For one conversation and one thread.
public final class ConversationEncoder {
  private final Model model;
  private Rendered rendered = new Rendered("", List.of(), List.of());
  private String text = "";
  private int[] prompt = {};
  private int[] ids = {};

  /// Encodes with the template and the tokenizer of this model.
  public ConversationEncoder(Model model) {
    this.model = model;
  }

  /// The tokens of a conversation through the chat template, as [Model#encodeChat] has them but for
  /// answers, which keep the tokens that the model chose.
  public int[] encode(ChatRequest request) {
    Rendered next = model.render(request);
    prompt = encode(next);
    rendered = next;
    return prompt.clone();
  }

  /// Takes the answer to the conversation that was encoded last apart into thoughts and answer.
  public ReasoningSplitter splitter(Consumer<? super ChatEvent> events) {
    return new ReasoningSplitter(model.reasoningTags(), rendered, events);
  }

  private int[] encode(Rendered next) {
    if (!text.isEmpty() && next.text().startsWith(text)) {
      int[] rest = model.encode(next, text.length());
      if (rest.length > 0 && model.isControl(rest[0])) {
        return IntStream.concat(IntStream.of(ids), IntStream.of(rest)).toArray();
      }
    }
    return model.encode(next, 0);
  }

  /// Remembers the answer to the conversation that was encoded last.
  ///
  /// @param asked the tokens that the model was given; if they are not those that were encoded,
  ///   because the beginning was left out, the next turn is encoded as a whole
  public void answered(int[] asked, GenerationResult answer) {
    boolean whole = Arrays.equals(asked, prompt);
    text = whole ? rendered.text() + answer.text() : "";
    ids =
        whole
            ? IntStream.concat(
                    IntStream.of(asked), answer.tokens().stream().mapToInt(Integer::intValue))
                .toArray()
            : new int[0];
  }
}
