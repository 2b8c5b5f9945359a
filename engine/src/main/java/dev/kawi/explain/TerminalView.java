package dev.kawi.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// An explanation as lines for a terminal: the six steps, one below the other.
///
/// What needs a picture (all attention maps, all choices) is shown for one position, the one after
/// which the first token was generated; [HtmlView] shows the rest. Texts of tokens are made
/// harmless by [VisibleText], so that no token can send escape sequences. No line is wider than the
/// terminal.
public final class TerminalView {
  /// With more heads than this, only the most attentive ones of each layer are listed.
  private static final int MOST_HEADS = 64;

  private static final int HEADS_SHOWN = 3;
  private static final String INDENT = "   ";
  private static final Pattern BREAKS = Pattern.compile("(?<= )|(?<=[\\p{IsHan}，。：；])");

  private final Explanation explanation;
  private final TerminalStyle style;
  private final Ink ink;
  private final StringBuilder out = new StringBuilder();

  private TerminalView(Explanation explanation, TerminalStyle style) {
    this.explanation = explanation;
    this.style = style;
    this.ink = new Ink(style.paint());
  }

  /// The whole explanation, lines ended by line feeds.
  public static String render(Explanation explanation, TerminalStyle style) {
    TerminalView view = new TerminalView(explanation, style);
    view.heading();
    view.tokens();
    view.embeddings();
    view.layers();
    view.logits();
    view.sampling();
    view.loop();
    return view.out.toString();
  }

  private String say(String english, String chinese) {
    return switch (style.language()) {
      case ENGLISH -> english;
      case CHINESE -> chinese;
    };
  }

  private void line(String text) {
    out.append(text.stripTrailing()).append('\n');
  }

  private void step(
      int number, String english, String chinese, String aboutEnglish, String aboutChinese) {
    line("");
    line(ink.title(number + "  " + say(english, chinese)));
    wrapped(say(aboutEnglish, aboutChinese));
  }

  private void subtitle(String english, String chinese) {
    line("");
    line(
        INDENT + ink.bold(VisibleText.cut(say(english, chinese), style.width() - INDENT.length())));
  }

  /// Breaks a sentence at spaces, or anywhere between wide characters.
  private void wrapped(String text) {
    int room = style.width() - INDENT.length();
    StringBuilder current = new StringBuilder();
    for (String word : BREAKS.splitAsStream(text).toList()) {
      if (VisibleText.width(current + word.stripTrailing()) > room) {
        line(INDENT + ink.faint(current.toString().stripTrailing()));
        current.setLength(0);
      }
      current.append(word);
    }
    line(INDENT + ink.faint(current.toString().stripTrailing()));
  }

  private static String percent(double probability) {
    double value = 100 * probability;
    return String.format(
        Locale.ROOT, value >= 99.95 ? "%.0f%%" : value >= 9.95 ? "%.1f%%" : "%.2f%%", value);
  }

  private static String count(int number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /// The position that is looked at in detail.
  private int focus() {
    return explanation.choices().isEmpty()
        ? explanation.numPositions() - 1
        : explanation.choices().getFirst().position();
  }

  private String tokenAt(int position, int cells) {
    ExplainedToken token = explanation.tokens().get(position);
    return ink.token(token.id(), VisibleText.left(VisibleText.of(token.text()), cells));
  }

  private int tokenCells() {
    int longest =
        explanation.tokens().stream()
            .mapToInt(t -> VisibleText.width(VisibleText.of(t.text())))
            .max()
            .orElse(1);
    return Math.clamp(longest, 5, 16);
  }

  private void heading() {
    List<LayerView> layers = explanation.layers();
    int numHeads = layers.isEmpty() ? 0 : layers.getFirst().numHeads();
    String model =
        VisibleText.of(explanation.model())
            + " ("
            + VisibleText.of(explanation.architecture())
            + ")";
    String shape =
        say(
            layers.size() + " layers of " + numHeads + " heads",
            layers.size() + " 层，每层 " + numHeads + " 个头");
    line(ink.bold(VisibleText.cut("Kawi explain: " + model + ", " + shape, style.width())));
    String generated = VisibleText.inline(explanation.generatedText());
    int room = Math.max(8, style.width() - VisibleText.width(generated));
    String given = VisibleText.tail(VisibleText.inline(explanation.text()), room);
    line(
        given
            + ink.chosen(
                VisibleText.cut(generated, Math.max(1, style.width() - VisibleText.width(given)))));
  }

  private void tokens() {
    step(
        1,
        "Text becomes tokens",
        "文字变成词元",
        "The text is cut into pieces of the vocabulary; each is a number. With the bytes that it covers:",
        "文字被切成词表里的小块，每块是一个编号。后面是它覆盖的字节：");
    int cells = tokenCells();
    int columns = Math.max(1, (style.width() - INDENT.length()) / (cells + 26));
    int count = explanation.tokens().size();
    int rows = (count + columns - 1) / columns;
    for (int row = 0; row < rows; row++) {
      int first = row;
      line(
          INDENT
              + IntStream.range(0, columns)
                  .map(column -> first + column * rows)
                  .filter(i -> i < count)
                  .mapToObj(i -> tokenCell(i, cells))
                  .collect(Collectors.joining("  "))
                  .stripTrailing());
    }
  }

  private String tokenCell(int position, int cells) {
    ExplainedToken token = explanation.tokens().get(position);
    String bytes =
        token.byteStart() == token.byteEnd() ? "-" : token.byteStart() + "-" + token.byteEnd();
    return ink.faint(VisibleText.right(Integer.toString(position), 4))
        + " "
        + tokenAt(position, cells)
        + " "
        + VisibleText.right(Integer.toString(token.id()), 7)
        + " "
        + ink.faint(VisibleText.left(bytes, 10));
  }

  private void embeddings() {
    step(
        2,
        "Each token becomes a vector",
        "每个词元变成一个向量",
        "Its embedding: how long it is, and which tokens point the same way (cosine similarity).",
        "它的嵌入：有多长，以及哪些词元方向相近（余弦相似度）。");
    double longest =
        explanation.embeddings().stream().mapToDouble(EmbeddingView::norm).max().orElse(1);
    int cells = tokenCells();
    for (int i = 0; i < explanation.numPositions(); i++) {
      EmbeddingView embedding = explanation.embeddings().get(i);
      String bar = VisibleText.left(ink.bar(embedding.norm() / Math.max(longest, 1e-9), 12), 12);
      String norm = VisibleText.right(String.format(Locale.ROOT, "%.3g", embedding.norm()), 8);
      int room = style.width() - INDENT.length() - cells - 24;
      line(
          (INDENT
                  + tokenAt(i, cells)
                  + " "
                  + ink.faint(bar)
                  + norm
                  + "   "
                  + guesses(embedding.nearest(), room))
              .stripTrailing());
    }
  }

  /// As many guesses as fit, each with its score.
  private String guesses(List<TokenGuess> guesses, int room) {
    StringBuilder text = new StringBuilder();
    int used = 0;
    for (TokenGuess guess : guesses) {
      String name = VisibleText.cut(VisibleText.of(guess.text()), 16);
      String score = String.format(Locale.ROOT, " %.2f", guess.score());
      used += VisibleText.width(name) + score.length() + 2;
      if (used > room) {
        break;
      }
      text.append(ink.token(guess.id(), name)).append(ink.faint(score)).append("  ");
    }
    return text.toString();
  }

  private void layers() {
    step(
        3,
        "Layers let tokens look at each other",
        "逐层：词元互相观看",
        "Each layer adds to every token's vector what its heads gathered from earlier tokens.",
        "每一层都把各个头从前面词元收集来的东西加到每个词元的向量上。");
    norms();
    attention();
    lens();
  }

  private int shownPositions(int reserved) {
    return Math.min(explanation.numPositions(), style.width() - INDENT.length() - reserved);
  }

  private void norms() {
    int shown = shownPositions(20);
    subtitle("Length of the residual stream, by position", "残差流的长度，按位置");
    double high = 0;
    double low = Double.MAX_VALUE;
    for (LayerView layer : explanation.layers()) {
      for (float norm : layer.residualNorms()) {
        high = Math.max(high, norm);
        low = Math.min(low, norm);
      }
    }
    for (int l = 0; l < explanation.layers().size(); l++) {
      float[] norms = explanation.layers().get(l).residualNorms();
      StringBuilder heat = new StringBuilder();
      for (int i = norms.length - shown; i < norms.length; i++) {
        heat.append(ink.heat(0.12 + 0.88 * share(norms[i], low, high)));
      }
      line(
          INDENT
              + layerName(l)
              + " "
              + heat
              + VisibleText.right(String.format(Locale.ROOT, "%.3g", norms[focus()]), 10));
    }
  }

  /// On a logarithmic scale from 0 to 1.
  private static double share(double value, double low, double high) {
    double floor = Math.max(low, 1e-9);
    return high <= floor ? 0 : Math.log(Math.max(value, floor) / floor) / Math.log(high / floor);
  }

  private String layerName(int layer) {
    return ink.faint(VisibleText.left("L" + layer, 4));
  }

  private void attention() {
    int focus = focus();
    int shown = Math.min(shownPositions(tokenCells() + 26), focus + 1);
    String who = VisibleText.of(explanation.tokens().get(focus).text());
    subtitle(
        "Where " + who + " (position " + focus + ") looks, by head; the token looked at most",
        who + "（位置 " + focus + "）在看哪里，按头；右边是看得最多的词元");
    int numHeads = explanation.layers().stream().mapToInt(LayerView::numHeads).sum();
    for (int l = 0; l < explanation.layers().size(); l++) {
      for (int h : headsToShow(explanation.layers().get(l), focus, numHeads)) {
        line(attentionLine(l, h, focus, shown));
      }
    }
    if (numHeads > MOST_HEADS) {
      wrapped(
          say(
              "The heads of each layer that look hardest at a token that is neither the first nor the same; --html has all.",
              "每层只列出最专注的几个头（不算看第一个词元和看自己）；全部的头见 --html。"));
    }
  }

  private static List<Integer> headsToShow(LayerView layer, int focus, int numHeads) {
    List<Integer> heads = IntStream.range(0, layer.numHeads()).boxed().toList();
    if (numHeads <= MOST_HEADS) {
      return heads;
    }
    return heads.stream()
        .sorted(
            Comparator.comparingDouble(
                (Integer h) -> -interest(layer.attention()[h][focus], focus)))
        .limit(HEADS_SHOWN)
        .sorted()
        .toList();
  }

  private static double interest(float[] row, int focus) {
    double most = 0;
    for (int k = 1; k < focus; k++) {
      most = Math.max(most, row[k]);
    }
    return most;
  }

  private String attentionLine(int layer, int head, int focus, int shown) {
    float[] row = explanation.layers().get(layer).attention()[head][focus];
    StringBuilder heat = new StringBuilder();
    int most = 0;
    for (int k = 0; k <= focus; k++) {
      most = row[k] > row[most] ? k : most;
      if (k > focus - shown) {
        heat.append(ink.heat(Math.sqrt(row[k])));
      }
    }
    return INDENT
        + layerName(layer)
        + ink.faint(VisibleText.left("H" + head, 4))
        + "│"
        + heat
        + "│ "
        + tokenAt(most, tokenCells())
        + VisibleText.right(percent(row[most]), 7);
  }

  private void lens() {
    int cells = Math.min(tokenCells(), 10) + 1;
    int focus = focus();
    int columns = Math.clamp((style.width() - INDENT.length() - 9) / (cells + 1), 1, focus + 1);
    subtitle(
        "The logit lens: what would come next if this layer were the last",
        "logit 透镜：如果这是最后一层，下一个会是什么");
    line(
        INDENT
            + VisibleText.left("", 5)
            + IntStream.rangeClosed(focus - columns + 1, focus)
                .mapToObj(i -> tokenAt(i, cells))
                .collect(Collectors.joining(" ")));
    for (int l = 0; l < explanation.layers().size(); l++) {
      List<List<TokenGuess>> guesses = explanation.layers().get(l).guesses();
      line(
          INDENT
              + layerName(l)
              + " "
              + IntStream.rangeClosed(focus - columns + 1, focus)
                  .mapToObj(i -> lensCell(guesses.get(i), i, cells))
                  .collect(Collectors.joining(" ")));
    }
    wrapped(say("* marks the token that really came next.", "* 表示真正的下一个词元。"));
  }

  private String lensCell(List<TokenGuess> guesses, int position, int cells) {
    if (guesses.isEmpty()) {
      return " ".repeat(cells);
    }
    TokenGuess best = guesses.getFirst();
    boolean right =
        position + 1 < explanation.tokens().size()
            && explanation.tokens().get(position + 1).id() == best.id();
    String text = VisibleText.cut(VisibleText.of(best.text()), cells - 1) + (right ? "*" : "");
    return ink.warm(best.score(), VisibleText.left(text, cells));
  }

  private void logits() {
    step(
        4,
        "The last vector becomes scores",
        "最后的向量变成分数",
        "Every token of the vocabulary gets a logit; the softmax turns them into probabilities.",
        "词表里每个词元得到一个 logit；softmax 把它们变成概率。");
    explanation.choices().stream().limit(1).forEach(this::candidates);
  }

  private void candidates(ChoiceView choice) {
    double highest =
        choice.candidates().isEmpty()
            ? 1
            : Math.max(choice.candidates().getFirst().probability(), 1e-9);
    int room = style.width() - INDENT.length() - 36;
    double sum = 0;
    for (TokenCandidate candidate : choice.candidates()) {
      String name = VisibleText.left(VisibleText.of(candidate.text()), 14);
      String bar = ink.bar(candidate.probability() / highest, Math.max(4, room));
      boolean chosen = candidate.id() == choice.chosen().id();
      line(
          INDENT
              + ink.token(candidate.id(), name)
              + ink.faint(
                  VisibleText.right(String.format(Locale.ROOT, "%.2f", candidate.logit()), 8))
              + VisibleText.right(percent(candidate.probability()), 9)
              + "  "
              + (chosen ? ink.chosen(bar) : bar));
      sum += candidate.probability();
    }
    int others = choice.vocabSize() - choice.candidates().size();
    if (others > 0) {
      String rest = percent(Math.max(0, 1 - sum));
      wrapped(
          say(
              "The other " + count(others) + " tokens share " + rest + ".",
              "其余 " + count(others) + " 个词元一共占 " + rest + "。"));
    }
  }

  private void sampling() {
    step(
        5,
        "Sampling picks one",
        "采样选出一个",
        "Steps in order reshape the probabilities and remove tokens; chance picks one of the rest.",
        "几个步骤依次改变概率、去掉词元；剩下的由随机数挑一个。");
    explanation.choices().stream().limit(1).forEach(this::filters);
  }

  private void filters(ChoiceView choice) {
    for (FilterView filter : choice.filters()) {
      String counts =
          filter.before() == filter.after()
              ? count(filter.after())
              : count(filter.before()) + " → " + count(filter.after());
      line(
          INDENT
              + VisibleText.cut(
                  VisibleText.left(filter.name(), 12)
                      + " "
                      + VisibleText.left(counts, 20)
                      + filter.parameters(),
                  style.width() - INDENT.length()));
      shelf(say("kept   ", "留下   "), filter.remaining(), Shelf.KEPT);
      shelf(say("removed", "去掉   "), filter.removed(), Shelf.REMOVED);
    }
    TokenCandidate chosen = choice.chosen();
    String name = VisibleText.cut(VisibleText.of(chosen.text()), 30);
    line(
        INDENT
            + VisibleText.left(say("chosen", "选中"), 12)
            + " "
            + ink.chosen(name)
            + " "
            + percent(chosen.probability())
            + ink.faint("  seed " + explanation.seed()));
  }

  private enum Shelf {
    KEPT,
    REMOVED
  }

  private void shelf(String title, List<TokenCandidate> candidates, Shelf shelf) {
    if (candidates.isEmpty()) {
      return;
    }
    int room = style.width() - INDENT.length() - 22;
    List<String> items = new ArrayList<>();
    for (TokenCandidate candidate : candidates) {
      String name = VisibleText.cut(VisibleText.of(candidate.text()), 14);
      String probability = " " + percent(candidate.probability());
      room -= VisibleText.width(name) + probability.length() + 2;
      if (room < 0) {
        break;
      }
      String painted = shelf == Shelf.REMOVED ? ink.removed(name) : ink.token(candidate.id(), name);
      items.add(painted + ink.faint(probability));
    }
    line(INDENT + " ".repeat(13) + ink.faint(title) + " " + String.join("  ", items));
  }

  private void loop() {
    step(
        6,
        "And again, one token longer",
        "再来一遍，多了一个词元",
        "The chosen token is put at the end, and everything starts again.",
        "选中的词元接到末尾，一切从头再来。");
    int number = 1;
    for (ChoiceView choice : explanation.choices()) {
      String chosen = VisibleText.cut(VisibleText.inline(choice.chosen().text()), 16);
      String probability = percent(choice.chosen().probability());
      int room = style.width() - INDENT.length() - 14 - VisibleText.width(chosen);
      line(
          INDENT
              + ink.faint(VisibleText.right(Integer.toString(number++), 3) + " ")
              + ink.faint(VisibleText.tail(VisibleText.inline(textUpTo(choice.position())), room))
              + ink.chosen(chosen)
              + " "
              + ink.faint(probability));
    }
  }

  private String textUpTo(int position) {
    return explanation
        .tokens()
        .subList(0, Math.min(position + 1, explanation.tokens().size()))
        .stream()
        .filter(token -> token.role() != ExplainedToken.Role.CONTROL)
        .map(ExplainedToken::text)
        .collect(Collectors.joining());
  }
}
