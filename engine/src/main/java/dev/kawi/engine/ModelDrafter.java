package dev.kawi.engine;

import dev.kawi.sample.SamplingOptions;
import dev.kawi.token.Vocabulary;
import java.util.Arrays;

/// Proposes the tokens that another model chooses greedily. What it has read stays in its cache.
record ModelDrafter(Model model) implements Drafter {
  @Override
  public int[] propose(int[] tokens, int known, int most) {
    if (known >= model.contextLength() || most == 0) {
      return new int[0];
    }
    GenerationRequest request =
        GenerationRequest.of(Arrays.copyOf(tokens, known))
            .with(SamplingOptions.greedy())
            .withMaxTokens(most);
    return model.generate(request).await().tokens().stream().mapToInt(Integer::intValue).toArray();
  }

  /// Refuses a model whose tokens mean something else.
  void requireSameVocabulary(Vocabulary target) {
    Vocabulary own = model.tokenizer().vocabulary();
    boolean same = own.size() == target.size();
    for (int id = 0; same && id < own.size(); id++) {
      same = own.text(id).equals(target.text(id));
    }
    if (!same) {
      throw new IllegalArgumentException(
          "the draft model %s has another vocabulary (%d tokens) than the model (%d); use a smaller model of the same family"
              .formatted(model.name(), own.size(), target.size()));
    }
  }
}
