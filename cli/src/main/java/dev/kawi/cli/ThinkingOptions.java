package dev.kawi.cli;

import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.ChatRequest.Thinking;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/// The options that say whether a model thinks before it answers, and whether one sees it.
final class ThinkingOptions {
  @ArgGroup private @Nullable Choice choice;

  @Option(
      names = "--hide-thinking",
      description = "Do not show what the model thinks before it answers.")
  private boolean hidden;

  /// One or the other; without any the chat template decides.
  private static final class Choice {
    @Option(
        names = "--think",
        description = "Let the model think before it answers, if its chat template can say so.")
    private boolean on;

    @Option(
        names = "--no-think",
        description = "Let the model answer at once, if its chat template can say so.")
    private boolean off;

    Optional<Thinking> thinking() {
      return on ? Optional.of(Thinking.ON) : off ? Optional.of(Thinking.OFF) : Optional.empty();
    }
  }

  /// What was chosen.
  Optional<Thinking> thinking() {
    return Optional.ofNullable(choice).flatMap(Choice::thinking);
  }

  /// Whether thoughts are not shown.
  boolean hidden() {
    return hidden;
  }

  /// The request with this choice.
  static ChatRequest apply(ChatRequest request, Optional<Thinking> thinking) {
    return thinking.map(request::with).orElse(request);
  }
}
