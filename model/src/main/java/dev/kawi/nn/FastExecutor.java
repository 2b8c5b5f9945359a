package dev.kawi.nn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.kawi.kernel.Activation;
import dev.kawi.kernel.AttentionJob;
import dev.kawi.kernel.Bf16Rows;
import dev.kawi.kernel.BlockLayout;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.KeyPage;
import dev.kawi.kernel.PackedMatrix;
import dev.kawi.kernel.Rounded;
import dev.kawi.kernel.RoundedRows;
import dev.kawi.kernel.SwiGlu;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.kernel.Workspace;
import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Projection.Qkv;
import dev.kawi.tensor.Matrix;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

// How it works. Every tensor lives in scratch memory that is reused from layer to layer: when the
// residual stream leaves a layer it is copied into one of two buffers, and everything else that the
// layer made is forgotten. Work is split over the team by rows of the weight, by tokens or by
// elements; results do not depend on the split (see Kernels). The task objects are fields that are
// filled anew for each call, because a step makes some two hundred of them and should allocate
// nothing.

/// Runs kernels on a team of threads over memory that is reused from step to step. Owned by one
/// thread.
public final class FastExecutor implements Executor, AutoCloseable {
  /// Elements below which a share is not worth a thread.
  private static final int ELEMENT_GRAIN = 4096;

  /// Groups of rows of a weight in a share.
  private static final int GROUP_GRAIN = 1;

  /// Tokens of which one thread rounds as many.
  private static final int TOKEN_GRAIN = 4;

  private final Kernels kernels;
  private final ThreadTeam team;
  private final Scratch scratch = new Scratch();
  private final Scratch stream = new Scratch();
  private final IdentityHashMap<Rope, RopeTable> ropes = new IdentityHashMap<>();
  private final PackedWeights weights;
  private final AdapterRows adapters;
  private final FastDeltaNet deltaNet;
  private final RoundTask round = new RoundTask();
  private final MatmulTask matmul = new MatmulTask();
  private final AttentionTask attend = new AttentionTask();
  private final GatedTask gated = new GatedTask();
  private final NormTask normalize = new NormTask();
  private final ElementTask elements = new ElementTask();
  private final RopeTask rotate = new RopeTask();
  private final StoreTask storing = new StoreTask();
  private int layers;

  /// An executor on `kernels`, with a team that it does not close.
  public FastExecutor(Kernels kernels, ThreadTeam team) {
    this.kernels = kernels;
    this.team = team;
    this.weights = new PackedWeights(kernels, team);
    this.adapters = new AdapterRows(kernels, team);
    this.deltaNet = new FastDeltaNet(kernels, team, scratch);
  }

  /// Packs the weights of a model, which would otherwise happen when they are first used.
  public void prepare(Network network) {
    network.linears().forEach(linear -> weights.of(linear.weight()));
  }

  @Override
  public void begin(Step step) {
    scratch.reset();
    stream.reset();
    layers = 0;
    adapters.begin(step);
  }

  /// A tensor of as many rows, each of which is computed from that of x.
  private Tensor like(Tensor x, int cols) {
    return adapters.derived(x, scratch.tensor(x.rows(), cols));
  }

  @Override
  public Tensor embed(Embedding table, int[] ids) {
    Matrix weight = table.weight();
    Tensor y = scratch.tensor(ids.length, weight.cols());
    long rowBytes = weight.rowBytes();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= weight.rows()) {
        throw new IllegalArgumentException(
            "%s has %d rows; there is no row %d".formatted(table.name(), weight.rows(), ids[i]));
      }
      long to = (long) i * weight.cols() * Float.BYTES;
      kernels.dequantize(
          weight.type(), weight.data(), ids[i] * rowBytes, y.data(), to, weight.cols());
    }
    adapters.add(table, ids, y);
    return y;
  }

  @Override
  public Tensor gather(Tensor x, int[] rows) {
    Tensor y = scratch.tensor(rows.length, x.cols());
    long bytes = (long) x.cols() * Float.BYTES;
    for (int i = 0; i < rows.length; i++) {
      MemorySegment.copy(x.data(), rows[i] * bytes, y.data(), i * bytes, bytes);
    }
    adapters.gathered(x, rows, y);
    return y;
  }

  @Override
  public Tensor linear(Linear linear, Tensor x) {
    Tensor y = like(x, linear.out());
    matmul.begin(x);
    matmul.add(linear, y);
    matmul.run();
    adapters.add(linear, x, y);
    return y;
  }

  @Override
  public Qkv qkv(Projection.Separate maps, Tensor x) {
    Tensor query = like(x, maps.query().out());
    Tensor key = like(x, maps.key().out());
    Tensor value = like(x, maps.value().out());
    matmul.begin(x);
    matmul.add(maps.query(), query);
    matmul.add(maps.key(), key);
    matmul.add(maps.value(), value);
    matmul.run();
    adapters.add(maps.query(), x, query);
    adapters.add(maps.key(), x, key);
    adapters.add(maps.value(), x, value);
    return new Qkv(query, key, value);
  }

  /// Activations in the forms in which weights need them, each made once.
  private final class Activations {
    private @Nullable Tensor x;
    private @Nullable RoundedRows levels;
    private @Nullable Bf16Rows bf16;

    void begin(Tensor x) {
      this.x = x;
      levels = null;
      bf16 = null;
    }

    Tensor x() {
      return held(x);
    }

    /// Makes the form in which this weight needs them.
    void prepare(Matrix weight) {
      if (BlockLayout.isPacked(weight.type())) {
        if (levels == null) {
          levels = scratch.rounded(x().rows(), x().cols());
          round.run(x(), levels);
        }
      } else if (weight.type() == StorageType.BF16 && bf16 == null) {
        bf16 = scratch.bf16(x().rows(), x().cols());
        round.run(x(), bf16);
      }
    }

    /// Rows of y = W x + b.
    void multiply(
        Linear linear, PackedMatrix w, Tensor y, int rowFrom, int rowTo, Workspace workspace) {
      Rounded rounded = linear.weight().type() == StorageType.BF16 ? bf16 : levels;
      kernels.matmul(w, x(), rounded, linear.bias(), y, rowFrom, rowTo, workspace);
    }
  }

  @Override
  public Tensor norm(Norm norm, Tensor x) {
    Tensor y = like(x, x.cols());
    normalize.run(norm, x, y);
    return y;
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return elements.run(Kernels::add, a, b);
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return elements.run(Kernels::multiply, a, b);
  }

  @Override
  public Tensor scale(float factor, Tensor x) {
    Tensor y = like(x, x.cols());
    kernels.scale(factor, x, y, 0, size(x));
    return y;
  }

  @Override
  public Tensor scaleRows(Tensor x, Tensor factors) {
    Tensor y = adapters.derived(x, zeros(x.rows(), x.cols()));
    for (int t = 0; t < x.rows(); t++) {
      kernels.addScaledRow(factors.get(t, 0), x, t, y, t);
    }
    return y;
  }

  @Override
  public Tensor activate(Activation f, Tensor x) {
    Tensor y = like(x, x.cols());
    team.run(
        size(x),
        ELEMENT_GRAIN,
        (from, to, worker) -> kernels.activate(f, x, y, from, to, team.workspace(worker)));
    return y;
  }

  @Override
  public Tensor softCap(float cap, Tensor x) {
    Tensor y = like(x, x.cols());
    team.run(size(x), ELEMENT_GRAIN, (from, to, worker) -> kernels.softCap(cap, x, y, from, to));
    return y;
  }

  @Override
  public Tensor clamp(float limit, Tensor x) {
    Tensor y = like(x, x.cols());
    team.run(size(x), ELEMENT_GRAIN, (from, to, worker) -> clamp(limit, x, y, from, to));
    return y;
  }

  private static void clamp(float limit, Tensor x, Tensor y, int from, int to) {
    for (long at = (long) from * Float.BYTES; at < (long) to * Float.BYTES; at += Float.BYTES) {
      float value = x.data().get(ValueLayout.JAVA_FLOAT, at);
      y.data().set(ValueLayout.JAVA_FLOAT, at, Math.clamp(value, -limit, limit));
    }
  }

  private static int size(Tensor x) {
    return Math.toIntExact(x.size());
  }

  @Override
  public Tensor rope(Rope rope, int headDim, Tensor x, Step step) {
    RopeTable table = ropes.computeIfAbsent(rope, RopeTable::new);
    table.reach(step.maxLength() + 1); // an axis may count from 1
    Tensor y = like(x, x.cols());
    rotate.run(table, rope, headDim, x, y, step);
    return y;
  }

  private static void rotate(
      MemorySegment y, long from, Rope rope, RopeTable table, int head, Step row, int t) {
    int pairs = rope.dims() / 2;
    boolean sections = rope.hasSections();
    int at = table.at(row.position(rope.axis(head, 0), t));
    int step = rope.layout() == Rope.Layout.NORMAL ? 2 : 1;
    int apart = rope.layout() == Rope.Layout.NORMAL ? 1 : pairs;
    float[] cosines = table.cos();
    float[] sines = table.sin();
    for (int i = 0; i < pairs; i++) {
      if (sections) {
        at = table.at(row.position(rope.axis(head, i), t));
      }
      long first = from + (long) i * step;
      float a = y.getAtIndex(JAVA_FLOAT, first);
      float b = y.getAtIndex(JAVA_FLOAT, first + apart);
      float cos = cosines[at + i];
      float sin = sines[at + i];
      y.setAtIndex(JAVA_FLOAT, first, a * cos - b * sin);
      y.setAtIndex(JAVA_FLOAT, first + apart, a * sin + b * cos);
    }
  }

  @Override
  public void store(Attention attention, Tensor key, Tensor value, Step step) {
    CpuCache.of(step).require(attention);
    storing.run(attention, key, value, step);
  }

  private void store(Attention attention, Tensor key, Tensor value, Step step, int t) {
    CpuCache cache = CpuCache.of(step);
    int headDim = attention.heads().headDim();
    int position = step.positions()[t];
    MemorySegment page =
        CpuTable.of(step, t).pageOf(cache.layout().group(attention.layer()), position);
    int slot = position % cache.pageSize();
    for (int head = 0; head < attention.heads().numKvHeads(); head++) {
      long from = ((long) t * key.cols() + (long) head * headDim) * Float.BYTES;
      long keyAt = cache.keyOffset(attention, head);
      long valueAt = cache.valueOffset(attention, head) + slot * cache.rowBytes(attention.heads());
      KeyPage.store(cache.type(), key.data(), from, headDim, page, keyAt, cache.pageSize(), slot);
      kernels.quantize(cache.type(), value.data(), from, page, valueAt, headDim);
    }
  }

  @Override
  public Attended attend(Attention attention, Tensor query, Step step) {
    int numHeads = attention.heads().numHeads();
    Tensor weights = zeros(step.numTokens() * numHeads, step.maxLength());
    Tensor y = scratch.tensor(query.rows(), query.cols());
    attend.run(attention, query, step, y, weights);
    return new Attended(y, weights);
  }

  @Override
  public Tensor shortConvolution(GatedDeltaNet net, Tensor x, Step step) {
    return deltaNet.shortConvolution(net, x, step);
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
    return deltaNet.deltaRule(net, query, key, value, beta, alpha, step);
  }

  @Override
  public Routing route(Moe moe, Tensor routerLogits) {
    return Routing.of(moe, routerLogits);
  }

  @Override
  public void scatterAdd(Tensor y, Tensor x, int[] rows, float[] weights) {
    for (int i = 0; i < rows.length; i++) {
      kernels.addScaledRow(weights[i], x, i, y, rows[i]);
    }
  }

  @Override
  public Tensor zeros(int rows, int cols) {
    Tensor y = scratch.tensor(rows, cols);
    y.data().fill((byte) 0);
    return y;
  }

  @Override
  public Tensor slice(Tensor x, int from, int count) {
    Tensor y = like(x, count);
    copyColumns(x, from, y, 0, count);
    return y;
  }

  @Override
  public Tensor concat(List<Tensor> parts) {
    Tensor y = like(parts.getFirst(), parts.stream().mapToInt(Tensor::cols).sum());
    int at = 0;
    for (Tensor part : parts) {
      copyColumns(part, 0, y, at, part.cols());
      at += part.cols();
    }
    return y;
  }

  private static void copyColumns(Tensor x, int from, Tensor y, int to, int count) {
    long bytes = (long) count * Float.BYTES;
    for (int t = 0; t < x.rows(); t++) {
      long source = ((long) t * x.cols() + from) * Float.BYTES;
      long target = ((long) t * y.cols() + to) * Float.BYTES;
      MemorySegment.copy(x.data(), source, y.data(), target, bytes);
    }
  }

  @Override
  public Tensor clampedSwiGlu(Tensor gate, Tensor up, float alpha, float limit) {
    Tensor y = like(gate, gate.cols());
    team.run(
        size(gate),
        ELEMENT_GRAIN,
        (from, to, worker) -> SwiGlu.clamped(gate, up, alpha, limit, y, from, to));
    return y;
  }

  @Override
  public Tensor layer(int index, Tensor x) {
    if (layers++ % 2 == 0) {
      stream.reset();
    }
    Tensor kept = stream.tensor(x.rows(), x.cols());
    MemorySegment.copy(x.data(), 0, kept.data(), 0, x.size() * Float.BYTES);
    scratch.reset(Scratch.Part.BLOCK);
    adapters.forget();
    return kept;
  }

  @Override
  public Tensor replaceRows(Tensor x, int[] rows, List<float[]> values) {
    Tensor y = like(x, x.cols());
    MemorySegment.copy(x.data(), 0, y.data(), 0, x.size() * Float.BYTES);
    for (int i = 0; i < rows.length; i++) {
      long at = (long) rows[i] * x.cols() * Float.BYTES;
      MemorySegment.copy(values.get(i), 0, y.data(), JAVA_FLOAT, at, x.cols());
    }
    return y;
  }

  /// The residual stream lies in memory of its own by now, so what the last block or the last slice
  /// of logits needed is free.
  @Override
  public Tensor logits(Decoder decoder, Tensor x, int[] rows) {
    scratch.reset(Scratch.Part.HEAD);
    adapters.forget();
    return Executor.super.logits(decoder, x, rows);
  }

  @Override
  public Tensor attention(Attention attention, Tensor query, Tensor key, Tensor value, Step step) {
    store(attention, key, value, step);
    Tensor y = scratch.tensor(query.rows(), query.cols());
    attend.run(attention, query, step, y, null);
    return y;
  }

  @Override
  public Tensor gated(GatedMlp mlp, Tensor x) {
    Tensor gate = like(x, mlp.gate().out());
    Tensor up = scratch.tensor(x.rows(), mlp.up().out());
    if (adapters.change(mlp.gate()) || adapters.change(mlp.up())) {
      gatedWithAdapters(mlp, x, gate, up);
    } else {
      gated.run(mlp, x, gate, up);
    }
    return gate;
  }

  /// The same in three passes, since adapters add to gate and up before they meet.
  private void gatedWithAdapters(GatedMlp mlp, Tensor x, Tensor gate, Tensor up) {
    matmul.begin(x);
    matmul.add(mlp.gate(), gate);
    matmul.add(mlp.up(), up);
    matmul.run();
    adapters.add(mlp.gate(), x, gate);
    adapters.add(mlp.up(), x, up);
    team.run(
        size(gate),
        ELEMENT_GRAIN,
        (from, to, worker) ->
            kernels.gate(mlp.activation(), gate, up, gate, from, to, team.workspace(worker)));
  }

  /// Bytes of memory for tensors that it holds.
  public long scratchBytes() {
    return scratch.bytes() + stream.bytes() + adapters.bytes();
  }

  /// Ends the memory of all tensors handed out.
  @Override
  public void close() {
    scratch.close();
    stream.close();
    weights.close();
    adapters.close();
  }

  /// Rounds rows, shared out by tokens.
  private final class RoundTask implements ThreadTeam.Task {
    private @Nullable Tensor x;
    private @Nullable Rounded rounded;

    void run(Tensor x, Rounded rounded) {
      this.x = x;
      this.rounded = rounded;
      team.run(x.rows(), TOKEN_GRAIN, this);
    }

    @Override
    public void run(int from, int to, int worker) {
      kernels.round(held(x), held(rounded), from, to, team.workspace(worker));
    }
  }

  /// y = W x + b for up to three W, shared out by groups of rows of all of them.
  private final class MatmulTask implements ThreadTeam.Task {
    private static final int MOST = 3;
    private final @Nullable Linear[] linears = new Linear[MOST];
    private final @Nullable PackedMatrix[] matrices = new PackedMatrix[MOST];
    private final @Nullable Tensor[] ys = new Tensor[MOST];
    private final Activations activations = new Activations();
    private int count;

    void begin(Tensor x) {
      activations.begin(x);
      count = 0;
    }

    void add(Linear linear, Tensor y) {
      linears[count] = linear;
      matrices[count] = weights.of(linear.weight());
      ys[count++] = y;
      activations.prepare(linear.weight());
    }

    void run() {
      int groups = 0;
      for (int i = 0; i < count; i++) {
        groups += groups(held(linears[i]));
      }
      team.run(groups, GROUP_GRAIN, this);
    }

    @Override
    public void run(int from, int to, int worker) {
      int first = 0;
      for (int i = 0; i < count; i++) {
        Linear linear = held(linears[i]);
        int end = first + groups(linear);
        if (from < end && to > first) {
          int rowFrom = Kernels.GROUP_ROWS * (Math.max(from, first) - first);
          int rowTo = Math.min(linear.out(), Kernels.GROUP_ROWS * (Math.min(to, end) - first));
          activations.multiply(
              linear, held(matrices[i]), held(ys[i]), rowFrom, rowTo, team.workspace(worker));
        }
        first = end;
      }
    }
  }

  private static int groups(Linear linear) {
    return Math.ceilDiv(linear.out(), Kernels.GROUP_ROWS);
  }

  /// gate = f(gate(x)) * up(x), shared out by groups of rows of the weights.
  private final class GatedTask implements ThreadTeam.Task {
    private final Activations activations = new Activations();
    private @Nullable GatedMlp mlp;
    private @Nullable PackedMatrix gateWeights;
    private @Nullable PackedMatrix upWeights;
    private @Nullable Tensor gate;
    private @Nullable Tensor up;

    void run(GatedMlp mlp, Tensor x, Tensor gate, Tensor up) {
      this.mlp = mlp;
      activations.begin(x);
      activations.prepare(mlp.gate().weight());
      activations.prepare(mlp.up().weight());
      this.gateWeights = weights.of(mlp.gate().weight());
      this.upWeights = weights.of(mlp.up().weight());
      this.gate = gate;
      this.up = up;
      team.run(groups(mlp.gate()), GROUP_GRAIN, this);
    }

    @Override
    public void run(int from, int to, int worker) {
      GatedMlp m = held(mlp);
      Tensor g = held(gate);
      Tensor u = held(up);
      int rowFrom = from * Kernels.GROUP_ROWS;
      int rowTo = Math.min(g.cols(), to * Kernels.GROUP_ROWS);
      Workspace workspace = team.workspace(worker);
      activations.multiply(m.gate(), held(gateWeights), g, rowFrom, rowTo, workspace);
      activations.multiply(m.up(), held(upWeights), u, rowFrom, rowTo, workspace);
      for (int t = 0; t < g.rows(); t++) {
        int at = t * g.cols();
        kernels.gate(m.activation(), g, u, g, at + rowFrom, at + rowTo, workspace);
      }
    }
  }

  /// Attention, shared out by (token, key-value head).
  private final class AttentionTask implements ThreadTeam.Task {
    private @Nullable Attention attention;
    private @Nullable Tensor query;
    private @Nullable Step step;
    private @Nullable Tensor out;
    private @Nullable Tensor weights;

    void run(Attention attention, Tensor query, Step step, Tensor out, @Nullable Tensor weights) {
      this.attention = attention;
      this.query = query;
      this.step = step;
      this.out = out;
      this.weights = weights;
      team.run(step.numTokens() * attention.heads().numKvHeads(), 1, this);
    }

    @Override
    public void run(int from, int to, int worker) {
      Attention a = held(attention);
      int kvHeads = a.heads().numKvHeads();
      for (int i = from; i < to; i++) {
        AttentionJob job = team.workspace(worker).attention();
        fill(job, a, held(step), i / kvHeads, i % kvHeads);
        kernels.attend(job, team.workspace(worker));
      }
    }

    private void fill(AttentionJob job, Attention a, Step step, int t, int kvHead) {
      CpuCache cache = CpuCache.of(step);
      int group = a.heads().group();
      int headDim = a.heads().headDim();
      long at = ((long) t * held(query).cols() + (long) kvHead * group * headDim) * Float.BYTES;
      job.query = held(query).data();
      job.queryOffset = at;
      job.out = held(out).data();
      job.outOffset = at;
      job.numHeads = group;
      job.headDim = headDim;
      job.pages = CpuTable.of(step, t).pages(cache.layout().group(a.layer()));
      job.pageSize = cache.pageSize();
      job.keyOffset = cache.keyOffset(a, kvHead);
      job.valueOffset = cache.valueOffset(a, kvHead);
      job.type = cache.type();
      job.from = a.firstVisible(step.positions()[t]);
      job.to = a.endVisible(step, t);
      job.position = step.positions()[t];
      Attention.Scores scores = a.scores();
      job.scale = scores.scale();
      job.softCap = scores.softCap();
      job.slopes = scores.slopes() == null ? null : scores.slopes().data();
      job.sinks = scores.sinks() == null ? null : scores.sinks().data();
      job.headOffset = (long) kvHead * group * Float.BYTES;
      job.weights = weights == null ? null : weights.data();
      job.weightsStride = weights == null ? 0 : weights.cols();
      job.weightsOffset =
          ((long) t * a.heads().numHeads() + (long) kvHead * group)
              * job.weightsStride
              * Float.BYTES;
    }
  }

  /// y = norm(x), shared out by the groups of elements that are normalized together.
  private final class NormTask implements ThreadTeam.Task {
    private @Nullable Norm norm;
    private @Nullable Tensor x;
    private @Nullable Tensor y;

    void run(Norm norm, Tensor x, Tensor y) {
      this.norm = norm;
      this.x = x;
      this.y = y;
      int cols = norm.weight().cols();
      team.run((int) (x.size() / cols), Math.max(1, ELEMENT_GRAIN / cols), this);
    }

    @Override
    public void run(int from, int to, int worker) {
      Tensor in = held(x);
      Tensor out = held(y);
      switch (held(norm)) {
        case Norm.RmsNorm n ->
            kernels.rmsNorm(in, n.weight(), n.eps(), out, from, to, team.workspace(worker));
        case Norm.LayerNorm n ->
            kernels.layerNorm(in, n.weight(), n.bias(), n.eps(), out, from, to);
      }
    }
  }

  /// A kernel that computes each element of y from those of a and b in the same place.
  private interface Elementwise {
    void run(Kernels kernels, Tensor a, Tensor b, Tensor y, int from, int to, Workspace workspace);
  }

  /// y = f(a, b), shared out by elements.
  private final class ElementTask implements ThreadTeam.Task {
    private @Nullable Elementwise f;
    private @Nullable Tensor a;
    private @Nullable Tensor b;
    private @Nullable Tensor y;

    Tensor run(Elementwise f, Tensor a, Tensor b) {
      Tensor result = like(a, a.cols());
      this.f = f;
      this.a = a;
      this.b = b;
      this.y = result;
      team.run(size(a), ELEMENT_GRAIN, this);
      return result;
    }

    @Override
    public void run(int from, int to, int worker) {
      held(f).run(kernels, held(a), held(b), held(y), from, to, team.workspace(worker));
    }
  }

  /// y = rope(x), shared out by tokens.
  private final class RopeTask implements ThreadTeam.Task {
    private @Nullable RopeTable table;
    private @Nullable Rope rope;
    private @Nullable Tensor x;
    private @Nullable Tensor y;
    private @Nullable Step step;
    private int headDim;

    void run(RopeTable table, Rope rope, int headDim, Tensor x, Tensor y, Step step) {
      this.table = table;
      this.rope = rope;
      this.headDim = headDim;
      this.x = x;
      this.y = y;
      this.step = step;
      team.run(x.rows(), TOKEN_GRAIN, this);
    }

    @Override
    public void run(int from, int to, int worker) {
      Tensor in = held(x);
      MemorySegment out = held(y).data();
      Rope r = held(rope);
      long bytes = (long) in.cols() * Float.BYTES;
      MemorySegment.copy(in.data(), from * bytes, out, from * bytes, (to - from) * bytes);
      for (int t = from; t < to; t++) {
        for (int head = 0; head < in.cols() / headDim; head++) {
          long at = (long) t * in.cols() + (long) head * headDim;
          rotate(out, at, r, held(table), head, held(step), t);
        }
      }
    }
  }

  /// Writes keys and values to the cache, shared out by tokens.
  private final class StoreTask implements ThreadTeam.Task {
    private @Nullable Attention attention;
    private @Nullable Tensor key;
    private @Nullable Tensor value;
    private @Nullable Step step;

    void run(Attention attention, Tensor key, Tensor value, Step step) {
      this.attention = attention;
      this.key = key;
      this.value = value;
      this.step = step;
      team.run(step.numTokens(), TOKEN_GRAIN, this);
    }

    @Override
    public void run(int from, int to, int worker) {
      for (int t = from; t < to; t++) {
        store(held(attention), held(key), held(value), held(step), t);
      }
    }
  }

  static <T> T held(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("Bug: a task runs before it is filled");
    }
    return value;
  }
}
