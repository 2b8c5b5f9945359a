package dev.kawi.cli;

import dev.kawi.chat.ChatRequest.Thinking;
import java.util.LinkedHashMap;
import java.util.Map;
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

  @Option(
      names = "--reasoning-effort",
      paramLabel = "LEVEL",
      description = "How much gpt-oss and its like think: low, medium or high (medium).")
  private Optional<String> effort = Optional.empty();

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

  /// What the chat template is told beside the choice.
  Map<String, @Nullable Object> templateVariables() {
    Map<String, @Nullable Object> variables = new LinkedHashMap<>();
    effort.ifPresent(level -> variables.put("reasoning_effort", level));
    return variables;
  }
}
