package dev.kawi.token;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What comes where when two texts are one input.
record PairTemplate(List<Part> parts) {
  PairTemplate {
    parts = List.copyOf(parts);
  }

  /// A piece of the input, all of whose tokens have one type.
  sealed interface Part {
    int type();
  }

  /// A token between texts.
  record Special(int id, int type) implements Part {}

  /// The tokens of a text.
  record Text(Which which, int type) implements Part {}

  /// One of the two texts.
  enum Which {
    FIRST,
    SECOND
  }

  /// The texts one behind the other, which is what a tokenizer without a post-processor makes.
  static final PairTemplate PLAIN =
      new PairTemplate(List.of(new Text(Which.FIRST, 0), new Text(Which.SECOND, 1)));

  /// BERT's: `[CLS] A [SEP] B [SEP]`, with the type 1 from B on.
  static PairTemplate bert(List<Integer> before, List<Integer> after) {
    List<Part> parts = new ArrayList<>();
    before.forEach(id -> parts.add(new Special(id, 0)));
    parts.add(new Text(Which.FIRST, 0));
    after.forEach(id -> parts.add(new Special(id, 0)));
    parts.add(new Text(Which.SECOND, 1));
    after.forEach(id -> parts.add(new Special(id, 1)));
    return new PairTemplate(parts);
  }

  /// RoBERTa's: `<s> A </s> </s> B </s>`, all of type 0.
  static PairTemplate roberta(List<Integer> before, List<Integer> after) {
    List<Part> parts = new ArrayList<>();
    before.forEach(id -> parts.add(new Special(id, 0)));
    parts.add(new Text(Which.FIRST, 0));
    after.forEach(id -> parts.add(new Special(id, 0)));
    parts.add(new Special(after.getLast(), 0));
    parts.add(new Text(Which.SECOND, 0));
    after.forEach(id -> parts.add(new Special(id, 0)));
    return new PairTemplate(parts);
  }

  /// The rule of files that say only what is around one text: BERT's where that begins with
  /// `[CLS]`, else RoBERTa's; none where no tokens separate texts.
  static Optional<PairTemplate> byRule(
      List<Integer> before, List<Integer> after, VocabularyBuilder tokens) {
    if (before.isEmpty() || after.isEmpty()) {
      return Optional.empty();
    }
    boolean isBert = tokens.has("[CLS]") && before.getFirst() == tokens.id("[CLS]");
    return Optional.of(isBert ? bert(before, after) : roberta(before, after));
  }
}
