package dev.kawi.explain;

import dev.kawi.nn.Attention;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Executor;
import dev.kawi.nn.TappingExecutor;
import dev.kawi.sample.Candidates;
import dev.kawi.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Collects what a tapped model shows, step by step, until all positions are known.
///
/// The logit lens asks the model's own head for the logits of each layer's residual stream, a few
/// rows at a time, since a row of logits is as long as the vocabulary.
final class LayerRecorder implements TappingExecutor.Tap {
  private static final int LENS_ROWS = 8;

  private final Decoder decoder;
  private final TokenNames names;
  private final int topCount;
  private final Candidates candidates = new Candidates();
  private final List<Layer> layers = new ArrayList<>();
  private float[][][] pending = {};

  /// The rows of one layer so far.
  private static final class Layer {
    final List<Float> norms = new ArrayList<>();
    final List<float[][]> attention = new ArrayList<>();
    final List<List<TokenGuess>> guesses = new ArrayList<>();
  }

  LayerRecorder(Decoder decoder, TokenNames names, int topCount) {
    this.decoder = decoder;
    this.names = names;
    this.topCount = topCount;
  }

  @Override
  public void embedded(Tensor x, Executor executor) {}

  /// Keeps the rows of each token, `[numTokens][numHeads][positions]`, until the layer is done.
  @Override
  public void attended(Attention attention, Tensor weights, Executor executor) {
    int numHeads = attention.heads().numHeads();
    pending = new float[weights.rows() / numHeads][numHeads][];
    for (int t = 0; t < pending.length; t++) {
      for (int h = 0; h < numHeads; h++) {
        pending[t][h] = executor.read(weights, t * numHeads + h);
      }
    }
  }

  @Override
  public void layerDone(int index, Tensor x, Executor executor) {
    if (index == layers.size()) {
      layers.add(new Layer());
    }
    Layer layer = layers.get(index);
    // a layer without attention has a map of no heads
    layer.attention.addAll(List.of(pending.length == 0 ? new float[x.rows()][0][] : pending));
    pending = new float[0][][];
    for (int t = 0; t < x.rows(); t++) {
      layer.norms.add((float) Neighbours.norm(executor.read(x, t)));
    }
    for (int from = 0; from < x.rows(); from += LENS_ROWS) {
      int[] some = IntStream.range(from, Math.min(from + LENS_ROWS, x.rows())).toArray();
      look(layer, executor.gather(x, some), executor);
    }
  }

  private void look(Layer layer, Tensor rows, Executor executor) {
    Tensor logits = decoder.logits(rows, executor);
    for (int t = 0; t < logits.rows(); t++) {
      layer.guesses.add(guesses(executor.read(logits, t)));
    }
  }

  private List<TokenGuess> guesses(float[] logits) {
    candidates.load(logits);
    candidates.sortPrefix(topCount);
    List<TokenGuess> guesses = new ArrayList<>();
    for (int i = 0; i < Math.min(topCount, candidates.size()); i++) {
      guesses.add(
          new TokenGuess(candidates.id(i), names.of(candidates.id(i)), candidates.probability(i)));
    }
    return guesses;
  }

  /// All layers, with square maps over all positions.
  List<LayerView> views() {
    return layers.stream().map(LayerRecorder::view).toList();
  }

  private static LayerView view(Layer layer) {
    int numPositions = layer.norms.size();
    int numHeads = layer.attention.getFirst().length;
    float[] norms = new float[numPositions];
    float[][][] attention = new float[numHeads][numPositions][];
    for (int q = 0; q < numPositions; q++) {
      norms[q] = layer.norms.get(q);
      for (int h = 0; h < numHeads; h++) {
        attention[h][q] = Arrays.copyOf(layer.attention.get(q)[h], numPositions);
      }
    }
    return new LayerView(norms, attention, layer.guesses);
  }
}
