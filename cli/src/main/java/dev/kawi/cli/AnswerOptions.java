package dev.kawi.cli;

import dev.kawi.engine.Drafter;
import dev.kawi.engine.GenerationRequest;
import dev.kawi.engine.GenerationRequest.End;
import dev.kawi.engine.GenerationResult;
import dev.kawi.engine.Model;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The options that say how long an answer is.
final class AnswerOptions {
  @Option(
      names = {"-n", "--max-tokens"},
      paramLabel = "N",
      description = "At most N new tokens (as many as the context holds).")
  @Range(min = 0)
  private int maxTokens = Integer.MAX_VALUE;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text; \\n is a line break; may be given many times.")
  private List<String> stop = List.of();

  @Option(names = "--ignore-eos", description = "Go on where the model would end.")
  private boolean ignoreEos;

  @Option(
      names = "--truncate",
      description = "Leave out the beginning of a prompt that is too long instead of refusing it.")
  private boolean truncate;

  @Option(
      names = "--lookup",
      description =
          "Propose tokens that followed earlier in the text, and compute several at once: faster on"
              + " answers that repeat their prompt; the answer is the same.")
  private boolean lookup;

  @Option(
      names = "--draft",
      paramLabel = "MODEL",
      description =
          "Propose tokens that this smaller model of the same family would choose, and compute"
              + " several at once; the answer is the same.")
  private Optional<String> draft = Optional.empty();

  @Option(names = "--no-stats", description = "Do not say how fast it was, on a terminal.")
  private boolean noStats;

  /// The request with these limits.
  GenerationRequest apply(GenerationRequest request) {
    return request
        .withMaxTokens(maxTokens)
        .withStop(stop.stream().map(text -> text.replace("\\n", "\n")).toList())
        .withEnd(ignoreEos ? End.IGNORED : End.STOPS);
  }

  /// Who proposes tokens; the caller closes it.
  ///
  /// @param target how the model that is asked runs, and so the draft model
  Drafting drafting(ModelOptions target) throws IOException {
    if (draft.isPresent() && lookup) {
      throw new CommandFailure("--lookup and --draft both propose tokens; give one of them");
    }
    if (draft.isEmpty()) {
      return new Drafting(lookup ? Drafter.lookup() : Drafter.NONE, Optional.empty());
    }
    Model model = target.loadBeside(draft.get());
    return new Drafting(Drafter.model(model), Optional.of(model));
  }

  /// Whether a prompt that is too long may be cut.
  boolean truncate() {
    return truncate;
  }

  /// The prompt, or its end if it is too long and may be cut; half of the context is then left for
  /// the answer, or less if it needs less.
  int[] fit(int[] ids, int contextLength, Console console) {
    if (!truncate || ids.length < contextLength) {
      return ids;
    }
    int room = Math.max(1, contextLength - Math.min(maxTokens, contextLength / 2));
    console.say(
        "the prompt has %d tokens, the context holds %d: the first %d are left out"
            .formatted(ids.length, contextLength, ids.length - room));
    return Arrays.copyOfRange(ids, ids.length - room, ids.length);
  }

  /// Tells on stderr how fast it was, where a person reads it.
  void report(GenerationResult result, Console console) {
    if (console.terminal().err() && !noStats) {
      console.say(
          String.format(
              Locale.ROOT,
              "prompt %d tokens (%d cached), %.1f tok/s; answer %d tokens, %.1f tok/s%s; ended: %s",
              result.promptTokens(),
              result.cachedTokens(),
              result.promptTokensPerSecond(),
              result.tokens().size(),
              result.tokensPerSecond(),
              result.draftedTokens() == 0
                  ? ""
                  : " (%d of %d proposed tokens accepted)"
                      .formatted(result.acceptedTokens(), result.draftedTokens()),
              result.finishReason().name().toLowerCase(Locale.ROOT).replace('_', ' ')));
    }
  }
}
