package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.kernel.Dequantize;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

// How it works. Each tensor that an operation returns stands for a Variable: its elements and their
// gradient in double precision, so that a difference of two losses is exact enough to judge a
// gradient. An operation computes its result and pushes its backward, which adds to the gradients
// of its inputs, on a tape. Weights are variables by name, read from the model when they are first
// used; a weight that is used twice (a tied embedding) collects both gradients. Attention is one
// operation over one whole sequence, without a cache.

/// Records a forward pass and runs it backward: reverse-mode differentiation behind the same
/// [Executor] that serves. The forward of no model knows of it.
final class RecordingExecutor implements Executor {
  /// Elements of a matrix and the loss's derivative by each.
  static final class Variable {
    final int cols;
    final double[] value;
    final double[] gradient;

    Variable(int rows, int cols) {
      this.cols = cols;
      this.value = new double[rows * cols];
      this.gradient = new double[rows * cols];
    }

    int rows() {
      return value.length / cols;
    }
  }

  private final Map<String, Variable> weights = new HashMap<>();
  private final IdentityHashMap<Tensor, Variable> variables = new IdentityHashMap<>();
  private final Deque<Runnable> tape = new ArrayDeque<>();

  /// All weights used so far, by their names in the file. Their elements may be changed; the next
  /// forward pass uses what they are then.
  Map<String, Variable> weights() {
    return weights;
  }

  /// Mean cross-entropy of rows of logits with these targets.
  double loss(Tensor logits, int[] targets) {
    Variable x = variable(logits);
    double loss = 0;
    for (int t = 0; t < targets.length; t++) {
      double[] shares = softmax(x.value, t * x.cols, x.cols);
      loss -= Math.log(shares[targets[t]]) / targets.length;
      for (int k = 0; k < x.cols; k++) {
        x.gradient[t * x.cols + k] += (shares[k] - (k == targets[t] ? 1 : 0)) / targets.length;
      }
    }
    return loss;
  }

  /// Adds to the gradient of everything on which the loss depends.
  void backward() {
    while (!tape.isEmpty()) {
      tape.pop().run();
    }
  }

  // ---- variables ----

  Variable variable(Tensor x) {
    Variable found = variables.get(x);
    if (found == null) {
      throw new IllegalStateException("Bug: a tensor that this executor did not make");
    }
    return found;
  }

  /// The tensor that stands for a finished variable, with its elements rounded.
  private Tensor tensor(Variable y, Runnable backward) {
    tape.push(backward);
    float[] rounded = new float[y.value.length];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = (float) y.value[i];
    }
    Tensor tensor = Tensor.of(rounded, y.rows(), y.cols);
    variables.put(tensor, y);
    return tensor;
  }

  private Variable weight(String name, Matrix matrix) {
    return weights.computeIfAbsent(
        name,
        key -> {
          int count = matrix.rows() * matrix.cols();
          Tensor floats = Tensor.zeros(Arena.ofAuto(), matrix.rows(), matrix.cols());
          Dequantize.row(matrix.type(), matrix.data(), 0, floats.data(), 0, count);
          Variable w = new Variable(matrix.rows(), matrix.cols());
          java.util.Arrays.setAll(w.value, i -> floats.get(i / w.cols, i % w.cols));
          return w;
        });
  }

  private Variable weight(String name, Tensor row) {
    return weight(name, new Matrix(StorageType.F32, 1, row.cols(), row.data()));
  }

  // ---- operations ----

  @Override
  public void begin(Step step) {
    variables.clear();
    tape.clear();
    weights.values().forEach(w -> java.util.Arrays.fill(w.gradient, 0));
  }

  @Override
  public Tensor embed(Embedding table, int[] ids) {
    return gather(weight(table.name() + ".weight", table.weight()), ids);
  }

  @Override
  public Tensor gather(Tensor x, int[] rows) {
    return gather(variable(x), rows);
  }

  private Tensor gather(Variable x, int[] rows) {
    Variable y = new Variable(rows.length, x.cols);
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(x.value, rows[i] * x.cols, y.value, i * x.cols, x.cols);
    }
    return tensor(
        y,
        () -> {
          for (int i = 0; i < y.value.length; i++) {
            x.gradient[rows[i / x.cols] * x.cols + i % x.cols] += y.gradient[i];
          }
        });
  }

  @Override
  public Tensor linear(Linear linear, Tensor in) {
    Variable x = variable(in);
    Variable w = weight(linear.name() + ".weight", linear.weight());
    Tensor bias = linear.bias();
    Variable b =
        bias == null ? new Variable(1, linear.out()) : weight(linear.name() + ".bias", bias);
    Variable y = new Variable(x.rows(), linear.out());
    for (int t = 0; t < x.rows(); t++) {
      for (int r = 0; r < y.cols; r++) {
        double sum = b.value[r];
        for (int k = 0; k < x.cols; k++) {
          sum += w.value[r * x.cols + k] * x.value[t * x.cols + k];
        }
        y.value[t * y.cols + r] = sum;
      }
    }
    return tensor(y, () -> linearBackward(x, w, b, y));
  }

  private static void linearBackward(Variable x, Variable w, Variable b, Variable y) {
    for (int i = 0; i < y.value.length; i++) {
      int t = i / y.cols;
      int r = i % y.cols;
      double g = y.gradient[i];
      b.gradient[r] += g;
      for (int k = 0; k < x.cols; k++) {
        w.gradient[r * x.cols + k] += g * x.value[t * x.cols + k];
        x.gradient[t * x.cols + k] += g * w.value[r * x.cols + k];
      }
    }
  }

  @Override
  public Tensor norm(Norm norm, Tensor in) {
    if (!(norm instanceof Norm.RmsNorm)) {
      throw new IllegalArgumentException("no backward for " + norm);
    }
    Variable x = variable(in);
    Variable w = weight(norm.name() + ".weight", norm.weight());
    Variable y = new Variable(x.rows(), x.cols);
    int size = w.cols;
    double[] factors = new double[x.value.length / size];
    for (int g = 0; g < factors.length; g++) {
      double squares = 0;
      for (int i = g * size; i < (g + 1) * size; i++) {
        squares += x.value[i] * x.value[i];
      }
      factors[g] = 1 / Math.sqrt(squares / size + norm.eps());
      for (int i = g * size; i < (g + 1) * size; i++) {
        y.value[i] = x.value[i] * factors[g] * w.value[i % size];
      }
    }
    return tensor(y, () -> rmsNormBackward(x, w, y, factors));
  }

  private static void rmsNormBackward(Variable x, Variable w, Variable y, double[] factors) {
    int size = w.cols;
    for (int g = 0; g < factors.length; g++) {
      double along = 0;
      for (int i = g * size; i < (g + 1) * size; i++) {
        along += y.gradient[i] * w.value[i % size] * x.value[i];
      }
      double shrink = along * Math.pow(factors[g], 3) / size;
      for (int i = g * size; i < (g + 1) * size; i++) {
        w.gradient[i % size] += y.gradient[i] * x.value[i] * factors[g];
        x.gradient[i] += y.gradient[i] * w.value[i % size] * factors[g] - shrink * x.value[i];
      }
    }
  }

  @Override
  public Tensor add(Tensor first, Tensor second) {
    Variable a = variable(first);
    Variable b = variable(second);
    Variable y = new Variable(a.rows(), a.cols);
    java.util.Arrays.setAll(y.value, i -> a.value[i] + b.value[i]);
    return tensor(
        y,
        () -> {
          for (int i = 0; i < y.value.length; i++) {
            a.gradient[i] += y.gradient[i];
            b.gradient[i] += y.gradient[i];
          }
        });
  }

  @Override
  public Tensor multiply(Tensor first, Tensor second) {
    Variable a = variable(first);
    Variable b = variable(second);
    Variable y = new Variable(a.rows(), a.cols);
    java.util.Arrays.setAll(y.value, i -> a.value[i] * b.value[i]);
    return tensor(
        y,
        () -> {
          for (int i = 0; i < y.value.length; i++) {
            a.gradient[i] += y.gradient[i] * b.value[i];
            b.gradient[i] += y.gradient[i] * a.value[i];
          }
        });
  }

  /// A function of one number and its derivative.
  private interface Curve {
    double at(double x);

    double slope(double x);
  }

  private Tensor map(Tensor in, Curve f) {
    Variable x = variable(in);
    Variable y = new Variable(x.rows(), x.cols);
    java.util.Arrays.setAll(y.value, i -> f.at(x.value[i]));
    return tensor(
        y,
        () -> {
          for (int i = 0; i < y.value.length; i++) {
            x.gradient[i] += y.gradient[i] * f.slope(x.value[i]);
          }
        });
  }

  @Override
  public Tensor scale(float factor, Tensor x) {
    return map(x, new Scale(factor));
  }

  @Override
  public Tensor activate(Activation f, Tensor x) {
    return map(
        x,
        switch (f) {
          case SILU -> new Silu();
          case GELU -> new Gelu();
          case GELU_EXACT -> new ExactGelu();
          case SIGMOID -> new Sigmoid();
        });
  }

  @Override
  public Tensor softCap(float cap, Tensor x) {
    return map(x, new SoftCap(cap));
  }

  private record Scale(double factor) implements Curve {
    @Override
    public double at(double x) {
      return factor * x;
    }

    @Override
    public double slope(double x) {
      return factor;
    }
  }

  private record Sigmoid() implements Curve {
    @Override
    public double at(double x) {
      return 1 / (1 + Math.exp(-x));
    }

    @Override
    public double slope(double x) {
      return at(x) * (1 - at(x));
    }
  }

  private record Silu() implements Curve {
    @Override
    public double at(double x) {
      return x / (1 + Math.exp(-x));
    }

    @Override
    public double slope(double x) {
      double share = 1 / (1 + Math.exp(-x));
      return share * (1 + x * (1 - share));
    }
  }

  private record Gelu() implements Curve {
    private static final double A = 0.044715;
    private static final double C = Math.sqrt(2 / Math.PI);

    @Override
    public double at(double x) {
      return 0.5 * x * (1 + Math.tanh(C * (x + A * x * x * x)));
    }

    @Override
    public double slope(double x) {
      double tanh = Math.tanh(C * (x + A * x * x * x));
      return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * C * (1 + 3 * A * x * x);
    }
  }

  private record ExactGelu() implements Curve {
    private static double density(double x) {
      return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    /// The normal distribution by its series around 0.
    private static double distribution(double x) {
      double term = x;
      double sum = x;
      for (int i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
        term *= x * x / i;
        sum += term;
      }
      return 0.5 + density(x) * sum;
    }

    @Override
    public double at(double x) {
      return x * distribution(x);
    }

    @Override
    public double slope(double x) {
      return distribution(x) + x * density(x);
    }
  }

  private record SoftCap(double cap) implements Curve {
    @Override
    public double at(double x) {
      return cap * Math.tanh(x / cap);
    }

    @Override
    public double slope(double x) {
      double tanh = Math.tanh(x / cap);
      return 1 - tanh * tanh;
    }
  }

  @Override
  public Tensor rope(Rope rope, int headDim, Tensor in, Step step) {
    Variable x = variable(in);
    Variable y = new Variable(x.rows(), x.cols);
    System.arraycopy(x.value, 0, y.value, 0, x.value.length);
    turn(rope, headDim, step, y.value, y.cols, 1);
    return tensor(
        y,
        () -> {
          double[] g = y.gradient.clone();
          turn(rope, headDim, step, g, y.cols, -1);
          for (int i = 0; i < g.length; i++) {
            x.gradient[i] += g[i];
          }
        });
  }

  /// Turns each head forward (direction 1) or, which is the transposed map, back (-1).
  private static void turn(Rope rope, int headDim, Step step, double[] x, int cols, int direction) {
    int pairs = rope.dims() / 2;
    float[] cos = new float[pairs];
    float[] sin = new float[pairs];
    boolean neighbours = rope.layout() == Rope.Layout.NORMAL;
    for (int head = 0; head < x.length / headDim; head++) {
      rope.angles(step.positions()[head * headDim / cols], cos, sin, 0);
      for (int i = 0; i < pairs; i++) {
        int first = head * headDim + (neighbours ? 2 * i : i);
        int second = first + (neighbours ? 1 : pairs);
        double a = x[first];
        double b = x[second];
        x[first] = a * cos[i] - direction * b * sin[i];
        x[second] = direction * a * sin[i] + b * cos[i];
      }
    }
  }

  @Override
  public Tensor layer(int index, Tensor x) {
    return x;
  }

  // ---- attention ----

  @Override
  public Tensor attention(Attention a, Tensor query, Tensor key, Tensor value, Step step) {
    Variable q = variable(query);
    Variable k = variable(key);
    Variable v = variable(value);
    Variable y = new Variable(q.rows(), q.cols);
    int numHeads = a.heads().numHeads();
    double[][] shares = new double[q.rows() * numHeads][];
    for (int t = 0; t < q.rows(); t++) {
      for (int h = 0; h < numHeads; h++) {
        double[] scores = scores(a, q, k, t, h);
        shares[t * numHeads + h] = softmax(scores, 0, scores.length);
        mix(a, shares[t * numHeads + h], v, y, t, h);
      }
    }
    return tensor(
        y,
        () -> {
          for (int i = 0; i < shares.length; i++) {
            attentionBackward(a, q, k, v, y, shares[i], i / numHeads, i % numHeads);
          }
        });
  }

  /// What head h of token t thinks of the positions it sees.
  private static double[] scores(Attention a, Variable q, Variable k, int t, int h) {
    int first = a.firstVisible(t);
    double[] scores = new double[t - first + 1];
    for (int p = first; p <= t; p++) {
      double dot = 0;
      for (int d = 0; d < a.heads().headDim(); d++) {
        dot += q.value[at(a, q, t, h, d)] * k.value[at(a, k, p, h / a.heads().group(), d)];
      }
      double score = dot * a.scores().scale();
      scores[p - first] =
          a.scores().softCap() == 0 ? score : new SoftCap(a.scores().softCap()).at(score);
    }
    return scores;
  }

  private static void mix(Attention a, double[] shares, Variable v, Variable y, int t, int h) {
    int first = a.firstVisible(t);
    for (int p = first; p <= t; p++) {
      for (int d = 0; d < a.heads().headDim(); d++) {
        y.value[at(a, y, t, h, d)] +=
            shares[p - first] * v.value[at(a, v, p, h / a.heads().group(), d)];
      }
    }
  }

  private static void attentionBackward(
      Attention a, Variable q, Variable k, Variable v, Variable y, double[] shares, int t, int h) {
    int first = a.firstVisible(t);
    int kvHead = h / a.heads().group();
    double[] byShare = new double[shares.length];
    double mean = 0;
    for (int p = first; p <= t; p++) {
      for (int d = 0; d < a.heads().headDim(); d++) {
        double g = y.gradient[at(a, y, t, h, d)];
        byShare[p - first] += g * v.value[at(a, v, p, kvHead, d)];
        v.gradient[at(a, v, p, kvHead, d)] += g * shares[p - first];
      }
      mean += byShare[p - first] * shares[p - first];
    }
    double[] scores = scores(a, q, k, t, h);
    for (int p = first; p <= t; p++) {
      double capped = a.scores().softCap() == 0 ? 0 : scores[p - first] / a.scores().softCap();
      double byDot =
          shares[p - first]
              * (byShare[p - first] - mean)
              * (1 - capped * capped)
              * a.scores().scale();
      for (int d = 0; d < a.heads().headDim(); d++) {
        int toQuery = at(a, q, t, h, d);
        int toKey = at(a, k, p, kvHead, d);
        q.gradient[toQuery] += byDot * k.value[toKey];
        k.gradient[toKey] += byDot * q.value[toQuery];
      }
    }
  }

  private static int at(Attention a, Variable x, int t, int head, int d) {
    return t * x.cols + head * a.heads().headDim() + d;
  }

  private static double[] softmax(double[] scores, int from, int count) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = from; i < from + count; i++) {
      max = Math.max(max, scores[i]);
    }
    double[] shares = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      shares[i] = Math.exp(scores[from + i] - max);
      sum += shares[i];
    }
    for (int i = 0; i < count; i++) {
      shares[i] /= sum;
    }
    return shares;
  }

  // ---- operations that the models of these tests do not have ----

  private static UnsupportedOperationException unrecorded(String operation) {
    return new UnsupportedOperationException("the test's executor has no backward of " + operation);
  }

  @Override
  public Tensor scaleRows(Tensor x, Tensor factors) {
    throw unrecorded("scaleRows");
  }

  @Override
  public void store(Attention attention, Tensor key, Tensor value, Step step) {
    throw unrecorded("store");
  }

  @Override
  public Attended attend(Attention attention, Tensor query, Step step) {
    throw unrecorded("attend");
  }

  @Override
  public Tensor shortConvolution(GatedDeltaNet net, Tensor x, Step step) {
    throw unrecorded("shortConvolution");
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
    throw unrecorded("deltaRule");
  }

  @Override
  public Tensor replaceRows(Tensor x, int[] rows, List<float[]> values) {
    throw unrecorded("replaceRows");
  }

  @Override
  public Routing route(Moe moe, Tensor routerLogits) {
    throw unrecorded("route");
  }

  @Override
  public void scatterAdd(Tensor y, Tensor x, int[] rows, float[] factors) {
    throw unrecorded("scatterAdd");
  }

  @Override
  public Tensor clamp(float limit, Tensor x) {
    throw unrecorded("clamp");
  }

  @Override
  public Tensor slice(Tensor x, int from, int count) {
    throw unrecorded("slice");
  }

  @Override
  public Tensor concat(List<Tensor> parts) {
    throw unrecorded("concat");
  }

  @Override
  public Tensor clampedSwiGlu(Tensor gate, Tensor up, float alpha, float limit) {
    throw unrecorded("clampedSwiGlu");
  }

  @Override
  public Tensor zeros(int rows, int cols) {
    throw unrecorded("zeros");
  }
}
