package dev.kawi.engine;

import dev.kawi.kernel.Activation;
import dev.kawi.kernel.Dequantize;
import dev.kawi.nn.Adapter;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Executor;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.GatedDeltaNet;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Rope;
import dev.kawi.nn.Routing;
import dev.kawi.nn.Step;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

// How it works. The values of a tensor are an array that only this executor knows; the tensor
// itself is a handle whose memory is full of NaN, as that of a device without shared memory would
// be of no use. So whoever looks into a tensor of a step without asking for it to be read back
// notices.

/// A forward pass in plain loops over arrays, one operation after another.
final class HeapExecutor implements Executor {
  private final IdentityHashMap<Tensor, float[]> values = new IdentityHashMap<>();
  private final IdentityHashMap<Matrix, float[]> weights = new IdentityHashMap<>();

  /// A matrix as F32, row by row.
  float[] weights(Matrix matrix) {
    return weights.computeIfAbsent(
        matrix,
        _ -> {
          float[] floats = new float[matrix.rows() * matrix.cols()];
          MemorySegment to = MemorySegment.ofArray(floats);
          for (int r = 0; r < matrix.rows(); r++) {
            Dequantize.row(
                matrix.type(),
                matrix.data(),
                r * matrix.rowBytes(),
                to,
                4L * r * matrix.cols(),
                matrix.cols());
          }
          return floats;
        });
  }

  long bytes() {
    return values.values().stream().mapToLong(array -> 4L * array.length).sum();
  }

  void forget() {
    values.clear();
    weights.clear();
  }

  private Tensor tensor(int rows, int cols, float[] of) {
    float[] poison = new float[rows * cols];
    Arrays.fill(poison, Float.NaN);
    Tensor handle = new Tensor(MemorySegment.ofArray(poison), rows, cols);
    values.put(handle, of);
    return handle;
  }

  private float[] values(Tensor x) {
    float[] known = values.get(x);
    if (known == null) {
      throw new IllegalStateException("Bug: a tensor that is not of this device: " + x);
    }
    return known;
  }

  @Override
  public void read(Tensor x, int row, float[] to) {
    System.arraycopy(values(x), row * x.cols(), to, 0, x.cols());
  }

  @Override
  public void begin(Step step) {
    values.clear();
    if (step.adapters().stream().anyMatch(adapter -> adapter != Adapter.NONE)) {
      throw new IllegalArgumentException("the heap serves no adapters; use the processor");
    }
  }

  @Override
  public Tensor embed(Embedding table, int[] ids) {
    return rows(weights(table.weight()), table.hiddenSize(), ids);
  }

  @Override
  public Tensor gather(Tensor x, int[] rows) {
    return rows(values(x), x.cols(), rows);
  }

  private Tensor rows(float[] from, int cols, int[] rows) {
    float[] y = new float[rows.length * cols];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(from, rows[i] * cols, y, i * cols, cols);
    }
    return tensor(rows.length, cols, y);
  }

  @Override
  public Tensor linear(Linear linear, Tensor in) {
    float[] x = values(in);
    float[] w = weights(linear.weight());
    float[] bias = linear.bias() == null ? new float[linear.out()] : linear.bias().row(0);
    float[] y = new float[in.rows() * linear.out()];
    for (int t = 0; t < in.rows(); t++) {
      for (int r = 0; r < linear.out(); r++) {
        double sum = bias[r];
        for (int k = 0; k < in.cols(); k++) {
          sum += (double) w[r * in.cols() + k] * x[t * in.cols() + k];
        }
        y[t * linear.out() + r] = (float) sum;
      }
    }
    return tensor(in.rows(), linear.out(), y);
  }

  @Override
  public Tensor norm(Norm norm, Tensor in) {
    float[] x = values(in);
    float[] y = new float[x.length];
    Tensor weight = norm.weight();
    int size = weight.cols();
    for (int g = 0; g < x.length / size; g++) {
      boolean centred = norm instanceof Norm.LayerNorm;
      double mean = 0;
      double squares = 0;
      for (int i = g * size; centred && i < (g + 1) * size; i++) {
        mean += x[i] / (double) size;
      }
      for (int i = g * size; i < (g + 1) * size; i++) {
        squares += (x[i] - mean) * (x[i] - mean) / size;
      }
      double factor = 1 / Math.sqrt(squares + norm.eps());
      for (int i = 0; i < size; i++) {
        double bias =
            norm instanceof Norm.LayerNorm layer && layer.bias() != null
                ? layer.bias().get(0, i)
                : 0;
        double normed = (x[g * size + i] - mean) * factor * weight.get(g % weight.rows(), i);
        y[g * size + i] = (float) (normed + bias);
      }
    }
    return tensor(in.rows(), in.cols(), y);
  }

  private Tensor map(Tensor in, DoubleUnaryOperator f) {
    float[] x = values(in);
    float[] y = new float[x.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = (float) f.applyAsDouble(x[i]);
    }
    return tensor(in.rows(), in.cols(), y);
  }

  private Tensor map(Tensor first, Tensor second, DoubleBinaryOperator f) {
    float[] a = values(first);
    float[] b = values(second);
    float[] y = new float[a.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = (float) f.applyAsDouble(a[i], b[i]);
    }
    return tensor(first.rows(), first.cols(), y);
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return map(a, b, Double::sum);
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return map(a, b, (x, y) -> x * y);
  }

  @Override
  public Tensor scale(float factor, Tensor x) {
    return map(x, value -> factor * value);
  }

  @Override
  public Tensor scaleRows(Tensor x, Tensor factors) {
    float[] y = values(x).clone();
    for (int i = 0; i < y.length; i++) {
      y[i] *= values(factors)[i / x.cols()];
    }
    return tensor(x.rows(), x.cols(), y);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @Override
  public Tensor activate(Activation f, Tensor in) {
    return map(
        in,
        switch (f) {
          case SILU -> x -> x * sigmoid(x);
          case GELU ->
              x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
          case GELU_EXACT -> throw new IllegalArgumentException("the heap has no exact GELU");
          case SIGMOID -> HeapExecutor::sigmoid;
        });
  }

  @Override
  public Tensor softCap(float cap, Tensor x) {
    return map(x, value -> cap * Math.tanh(value / cap));
  }

  @Override
  public Tensor clamp(float limit, Tensor x) {
    return map(x, value -> Math.clamp(value, -limit, limit));
  }

  @Override
  public Tensor rope(Rope rope, int headDim, Tensor in, Step step) {
    float[] y = values(in).clone();
    int pairs = rope.dims() / 2;
    boolean neighbours = rope.layout() == Rope.Layout.NORMAL;
    float[] cos = new float[pairs];
    float[] sin = new float[pairs];
    for (int t = 0; t < in.rows(); t++) {
      for (int head = 0; head < in.cols() / headDim; head++) {
        for (int i = 0; i < pairs; i++) {
          rope.angles(step.position(rope.axis(head, i), t), cos, sin, 0);
          int first = t * in.cols() + head * headDim + (neighbours ? 2 * i : i);
          int second = first + (neighbours ? 1 : pairs);
          float a = y[first];
          float b = y[second];
          y[first] = a * cos[i] - b * sin[i];
          y[second] = a * sin[i] + b * cos[i];
        }
      }
    }
    return tensor(in.rows(), in.cols(), y);
  }

  private static HeapCache cache(Step step) {
    return (HeapCache) step.cache();
  }

  private static float[] page(Attention attention, Step step, int t, int position) {
    HeapCache cache = cache(step);
    int group = cache.layout().group(attention.layer());
    return ((HeapCache.Table) step.table(t)).page(group, position / cache.pageSize());
  }

  /// Where in its page the key of a position begins; its value is a plane further.
  private static int keyAt(Attention attention, Step step, int position) {
    int slot = position % cache(step).pageSize();
    return cache(step).offset(attention) + slot * attention.heads().kvSize();
  }

  private static int plane(Attention attention, Step step) {
    return cache(step).pageSize() * attention.heads().kvSize();
  }

  @Override
  public void store(Attention attention, Tensor key, Tensor value, Step step) {
    int size = attention.heads().kvSize();
    for (int t = 0; t < step.numTokens(); t++) {
      int position = step.positions()[t];
      float[] page = page(attention, step, t, position);
      int at = keyAt(attention, step, position);
      System.arraycopy(values(key), t * size, page, at, size);
      System.arraycopy(values(value), t * size, page, at + plane(attention, step), size);
    }
  }

  @Override
  public Attended attend(Attention attention, Tensor query, Step step) {
    int numHeads = attention.heads().numHeads();
    float[] y = new float[step.numTokens() * query.cols()];
    float[] all = new float[step.numTokens() * numHeads * step.maxLength()];
    for (int t = 0; t < step.numTokens(); t++) {
      for (int head = 0; head < numHeads; head++) {
        attend(attention, values(query), step, t, head, y, all);
      }
    }
    return new Attended(
        tensor(query.rows(), query.cols(), y),
        tensor(step.numTokens() * numHeads, step.maxLength(), all));
  }

  private static void attend(
      Attention attention, float[] query, Step step, int t, int head, float[] y, float[] all) {
    Attention.Heads heads = attention.heads();
    int from = attention.firstVisible(step.positions()[t]);
    int to = attention.endVisible(step, t);
    int at = (t * heads.numHeads() + head) * heads.headDim();
    int ofKv = head / heads.group() * heads.headDim();
    double[] weights = new double[to];
    for (int p = from; p < to; p++) {
      float[] page = page(attention, step, t, p);
      int key = keyAt(attention, step, p) + ofKv;
      for (int d = 0; d < heads.headDim(); d++) {
        weights[p] += (double) query[at + d] * page[key + d];
      }
      weights[p] = score(attention.scores(), weights[p], head, Math.abs(p - step.positions()[t]));
    }
    softmax(attention.scores(), weights, from, head);
    for (int p = from; p < to; p++) {
      float[] page = page(attention, step, t, p);
      int value = keyAt(attention, step, p) + plane(attention, step) + ofKv;
      for (int d = 0; d < heads.headDim(); d++) {
        y[at + d] += (float) (weights[p] * page[value + d]);
      }
      all[(t * heads.numHeads() + head) * step.maxLength() + p] = (float) weights[p];
    }
  }

  private static double score(Attention.Scores scores, double product, int head, int distance) {
    double score = product * scores.scale();
    if (scores.softCap() != 0) {
      score = scores.softCap() * Math.tanh(score / scores.softCap());
    }
    return scores.slopes() == null ? score : score - scores.slopes().get(0, head) * distance;
  }

  private static void softmax(Attention.Scores scores, double[] weights, int from, int head) {
    double sink = scores.sinks() == null ? Double.NEGATIVE_INFINITY : scores.sinks().get(0, head);
    double max = sink;
    for (int p = from; p < weights.length; p++) {
      max = Math.max(max, weights[p]);
    }
    double sum = Math.exp(sink - max);
    for (int p = from; p < weights.length; p++) {
      weights[p] = Math.exp(weights[p] - max);
      sum += weights[p];
    }
    for (int p = from; p < weights.length; p++) {
      weights[p] /= sum;
    }
  }

  private static float[] state(GatedDeltaNet net, Step step, int t) {
    return ((HeapCache.Table) step.table(t)).page(cache(step).layout().group(net.layer()), 0);
  }

  /// The state has the last inputs, the oldest first, then a matrix for each value head.
  @Override
  public Tensor shortConvolution(GatedDeltaNet net, Tensor in, Step step) {
    int channels = in.cols();
    int kept = net.kernel() - 1;
    float[] x = values(in);
    float[] y = new float[x.length];
    for (int t = 0; t < in.rows(); t++) {
      float[] state = state(net, step, t);
      int at = cache(step).offset(net);
      if (step.positions()[t] == 0) {
        Arrays.fill(state, at, at + net.stateSize(), 0);
      }
      for (int c = 0; c < channels; c++) {
        double sum = net.convolution().get(kept, c) * (double) x[t * channels + c];
        for (int j = 0; j < kept; j++) {
          sum += net.convolution().get(j, c) * (double) state[at + j * channels + c];
        }
        y[t * channels + c] = (float) (sum * sigmoid(sum));
      }
      System.arraycopy(state, at + channels, state, at, (kept - 1) * channels);
      System.arraycopy(x, t * channels, state, at + (kept - 1) * channels, channels);
    }
    return tensor(in.rows(), channels, y);
  }

  @Override
  public Tensor deltaRule(
      GatedDeltaNet net,
      Tensor query,
      Tensor key,
      Tensor value,
      Tensor beta,
      Tensor alpha,
      Step step) {
    GatedDeltaNet.Heads heads = net.heads();
    float[] y = new float[values(value).length];
    for (int t = 0; t < value.rows(); t++) {
      for (int head = 0; head < heads.numValueHeads(); head++) {
        int state =
            cache(step).offset(net)
                + (net.kernel() - 1) * heads.channels()
                + head * heads.keyDim() * heads.valueDim();
        int at = t * heads.numValueHeads() + head;
        double softplus = Math.log1p(Math.exp(values(alpha)[at]));
        double decay = Math.exp(net.rates().get(0, head) * softplus);
        int k = t * key.cols() + heads.keyHead(head) * heads.keyDim();
        for (int d = 0; d < heads.valueDim(); d++) {
          int v = t * value.cols() + head * heads.valueDim() + d;
          y[v] =
              (float)
                  column(
                      state(net, step, t),
                      state + d,
                      heads,
                      Arrays.copyOfRange(values(query), k, k + heads.keyDim()),
                      Arrays.copyOfRange(values(key), k, k + heads.keyDim()),
                      values(value)[v],
                      values(beta)[at],
                      decay);
        }
      }
    }
    return tensor(value.rows(), value.cols(), y);
  }

  /// Moves a column of the state on by a token, and asks it.
  private static double column(
      float[] state,
      int at,
      GatedDeltaNet.Heads heads,
      float[] query,
      float[] key,
      float value,
      float beta,
      double decay) {
    double held = 0;
    for (int i = 0; i < key.length; i++) {
      state[at + i * heads.valueDim()] *= (float) decay;
      held += (double) state[at + i * heads.valueDim()] * key[i];
    }
    double answer = 0;
    for (int i = 0; i < key.length; i++) {
      state[at + i * heads.valueDim()] += (float) (beta * (value - held) * key[i]);
      answer += (double) state[at + i * heads.valueDim()] * query[i];
    }
    return answer;
  }

  @Override
  public Routing route(Moe moe, Tensor routerLogits) {
    return Routing.of(
        moe, Tensor.of(values(routerLogits), routerLogits.rows(), routerLogits.cols()));
  }

  @Override
  public void scatterAdd(Tensor y, Tensor x, int[] rows, float[] factors) {
    for (int i = 0; i < rows.length; i++) {
      for (int c = 0; c < x.cols(); c++) {
        values(y)[rows[i] * x.cols() + c] += factors[i] * values(x)[i * x.cols() + c];
      }
    }
  }

  @Override
  public Tensor zeros(int rows, int cols) {
    return tensor(rows, cols, new float[rows * cols]);
  }

  @Override
  public Tensor layer(int index, Tensor x) {
    return x;
  }

  @Override
  public Tensor replaceRows(Tensor x, int[] rows, List<float[]> with) {
    float[] y = values(x).clone();
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(with.get(i), 0, y, rows[i] * x.cols(), x.cols());
    }
    return tensor(x.rows(), x.cols(), y);
  }

  @Override
  public Tensor slice(Tensor x, int from, int count) {
    float[] y = new float[x.rows() * count];
    for (int t = 0; t < x.rows(); t++) {
      System.arraycopy(values(x), t * x.cols() + from, y, t * count, count);
    }
    return tensor(x.rows(), count, y);
  }

  @Override
  public Tensor concat(List<Tensor> parts) {
    int cols = parts.stream().mapToInt(Tensor::cols).sum();
    int rows = parts.getFirst().rows();
    float[] y = new float[rows * cols];
    int at = 0;
    for (Tensor part : parts) {
      for (int t = 0; t < rows; t++) {
        System.arraycopy(values(part), t * part.cols(), y, t * cols + at, part.cols());
      }
      at += part.cols();
    }
    return tensor(rows, cols, y);
  }

  @Override
  public Tensor clampedSwiGlu(Tensor gate, Tensor up, float alpha, float limit) {
    return map(
        gate,
        up,
        (g, u) ->
            Math.min(g, limit)
                * sigmoid(alpha * Math.min(g, limit))
                * (Math.clamp(u, -limit, limit) + 1));
  }
}
