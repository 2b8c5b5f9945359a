package dev.kawi.cli;

import dev.kawi.engine.GenerationResult;
import dev.kawi.engine.Model;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What scripts read of an answer.
final class AnswerJson {
  private AnswerJson() {}

  /// The fields of an answer, in this order; a command may add some.
  static Map<String, Object> fields(Model model, GenerationResult result) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", model.name());
    fields.put("text", result.text());
    fields.put("tokens", result.tokens());
    fields.put("finish", result.finishReason().name().toLowerCase(Locale.ROOT));
    fields.put("finish_reason", result.finishReason().label());
    fields.put("usage", usage(result));
    fields.put("promptTokens", result.promptTokens());
    fields.put("promptTokensPerSecond", result.promptTokensPerSecond());
    fields.put("tokensPerSecond", result.tokensPerSecond());
    return fields;
  }

  private static Map<String, Integer> usage(GenerationResult result) {
    Map<String, Integer> usage = new LinkedHashMap<>();
    usage.put("prompt_tokens", result.promptTokens());
    usage.put("completion_tokens", result.tokens().size());
    usage.put("total_tokens", result.promptTokens() + result.tokens().size());
    return usage;
  }
}
