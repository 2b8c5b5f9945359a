package dev.kawi.engine;

import dev.kawi.chat.Reranker;
import dev.kawi.token.EncodeOptions;
import dev.kawi.token.Spans;
import java.util.List;

/// A language model that was trained to say "yes" where a document answers a query: Qwen3-Reranker.
/// The score is the probability of "yes" against "no". Source: the model card of Qwen3-Reranker,
/// arXiv 2506.05176.
public final class YesNoReranker implements Reranker {
  private static final String BEFORE =
      "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n<|im_start|>user\n<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n<Query>: ";
  private static final String BETWEEN = "\n<Document>: ";
  private static final String AFTER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";

  private final Model model;
  private final int yes;
  private final int no;

  /// A reranker that asks `model`, which it closes in the end, or at once if it cannot be asked.
  public static YesNoReranker of(Model model) {
    try {
      return new YesNoReranker(model);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  private YesNoReranker(Model model) {
    this.model = model;
    yes = only("yes");
    no = only("no");
  }

  private int only(String word) {
    int[] ids = model.tokenizer().encode(word, EncodeOptions.TEXT);
    if (ids.length != 1) {
      throw new IllegalArgumentException(
          "%s has no token \"%s\"; use a reranker, as Qwen3-Reranker and bge-reranker-v2-m3 are"
              .formatted(model.name(), word));
    }
    return ids[0];
  }

  @Override
  public String name() {
    return model.name();
  }

  @Override
  public double score(String query, String text) {
    String prompt = BEFORE + query + BETWEEN + text + AFTER;
    int afterText = prompt.length() - AFTER.length();
    Spans content =
        Spans.of(
            BEFORE.length(),
            BEFORE.length() + query.length(),
            afterText - text.length(),
            afterText);
    int[] ids = model.tokenizer().encode(prompt, content, EncodeOptions.TEMPLATE);
    if (ids.length > model.contextLength()) {
      throw new IllegalArgumentException(
          "query and text have %d tokens, %s reads %d; split the text"
              .formatted(ids.length, name(), model.contextLength()));
    }
    List<Double> answers =
        model.score(ScoreRequest.of(ids, ids.length).withCandidates(List.of(yes, no))).candidates();
    return 1 / (1 + Math.exp(answers.getLast() - answers.getFirst()));
  }

  @Override
  public void close() {
    model.close();
  }
}
