package dev.kawi.nn;

import dev.kawi.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A decoder-only transformer: tokens -> embeddings -> layers -> logits. The forward pass is
/// written here once; who executes it decides what happens ([Executor]).
///
/// @param embedding token embeddings
/// @param positions learnt positions, if the model has them
/// @param embeddingScale factor on the embeddings; 1 for none
/// @param blocks the layers
/// @param norm before the head
/// @param head [vocabSize, hiddenSize]
/// @param logitScale factor on the logits; 1 for none
/// @param logitSoftCap logits become cap * tanh(logit / cap); 0 for none
/// @param marks the tokens that delimit the bidirectional span of a sequence, if the model has one
public record Decoder(
    Embedding embedding,
    @Nullable Embedding positions,
    float embeddingScale,
    List<Block> blocks,
    Norm norm,
    Linear head,
    float logitScale,
    float logitSoftCap,
    BidirectionalSpan.@Nullable Marks marks)
    implements Network {

  /// Copies the list.
  public Decoder {
    blocks = List.copyOf(blocks);
  }

  /// A decoder with causal attention only.
  public Decoder(
      Embedding embedding,
      @Nullable Embedding positions,
      float embeddingScale,
      List<Block> blocks,
      Norm norm,
      Linear head,
      float logitScale,
      float logitSoftCap) {
    this(embedding, positions, embeddingScale, blocks, norm, head, logitScale, logitSoftCap, null);
  }

  /// A decoder with nothing scaled or capped and no learnt positions.
  public static Decoder of(Embedding embedding, List<Block> blocks, Norm norm, Linear head) {
    return new Decoder(embedding, null, 1, blocks, norm, head, 1, 0);
  }

  /// The same decoder of sequences that begin with a span.
  public Decoder with(BidirectionalSpan.Marks marksOfSpan) {
    return new Decoder(
        embedding,
        positions,
        embeddingScale,
        blocks,
        norm,
        head,
        logitScale,
        logitSoftCap,
        marksOfSpan);
  }

  /// What a sequence that begins with these tokens reads in both directions. Tokens that are added
  /// later change nothing of it.
  public BidirectionalSpan span(int[] prompt) {
    return marks == null ? BidirectionalSpan.NONE : marks.of(prompt);
  }

  /// Logits of the rows that the step asks for: [numOutputs, vocabSize].
  public Tensor forward(Step step, Executor ex) {
    return ex.logits(this, layers(step, ex), step.outputs());
  }

  @Override
  public Tensor layers(Step step, Executor ex) {
    ex.begin(step);
    Tensor x = embed(step, ex);
    for (int i = 0; i < blocks.size(); i++) {
      x = ex.block(i, blocks.get(i), x, step);
    }
    return x;
  }

  /// Logits of rows of the residual stream; of the last layer's, or of an earlier one's to see what
  /// the model would say by then (the "logit lens").
  public Tensor logits(Tensor x, Executor ex) {
    Tensor logits = ex.linear(head, ex.norm(norm, x));
    if (logitScale != 1) {
      logits = ex.scale(logitScale, logits);
    }
    return logitSoftCap == 0 ? logits : ex.softCap(logitSoftCap, logits);
  }

  private Tensor embed(Step step, Executor ex) {
    Tensor x = ex.embed(embedding, step.tokens());
    if (embeddingScale != 1) {
      x = ex.scale(embeddingScale, x);
    }
    if (step.embeddedRows().length > 0) {
      x = ex.replaceRows(x, step.embeddedRows(), step.embeddings());
    }
    return positions == null ? x : ex.add(x, ex.embed(positions, step.positions()));
  }

  @Override
  public Tensor states(Tensor x, Executor ex) {
    return ex.norm(norm, x);
  }

  @Override
  public Stream<Linear> linears() {
    return Stream.concat(blocks.stream().flatMap(Block::linears), Stream.of(head));
  }

  /// The same decoder with each linear map replaced by what `change` makes of it: another storage,
  /// a merged adapter. The token embeddings stay as they are, also where the head shares them.
  public Decoder map(UnaryOperator<Linear> change) {
    return new Decoder(
        embedding,
        positions,
        embeddingScale,
        blocks.stream().map(block -> block.map(change)).toList(),
        norm,
        change.apply(head),
        logitScale,
        logitSoftCap,
        marks);
  }

  /// The same decoder with other token embeddings.
  public Decoder with(Embedding tokens) {
    return new Decoder(
        tokens, positions, embeddingScale, blocks, norm, head, logitScale, logitSoftCap, marks);
  }

  /// Layers.
  public int numLayers() {
    return blocks.size();
  }

  /// Tokens of the vocabulary.
  public int vocabSize() {
    return head.out();
  }

  /// Width of the residual stream.
  public int hiddenSize() {
    return embedding.hiddenSize();
  }
}
