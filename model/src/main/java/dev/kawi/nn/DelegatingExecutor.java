package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.FeedForward.GatedMlp;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.nn.Projection.Qkv;
import dev.kawi.tensor.Tensor;
import java.util.List;

/// Hands each operation to another executor, composite ones whole. A subclass overrides those that
/// it observes, and opens ([Decompositions]) the composite ones whose parts it needs. A block is
/// always opened.
public abstract class DelegatingExecutor implements Executor {
  private final Executor base;

  /// Delegates to `base`.
  protected DelegatingExecutor(Executor base) {
    this.base = base;
  }

  /// The executor that runs what is delegated.
  protected final Executor base() {
    return base;
  }

  @Override
  public void begin(Step step) {
    base.begin(step);
  }

  @Override
  public Tensor embed(Embedding table, int[] ids) {
    return base.embed(table, ids);
  }

  @Override
  public Tensor gather(Tensor x, int[] rows) {
    return base.gather(x, rows);
  }

  @Override
  public Tensor linear(Linear linear, Tensor x) {
    return base.linear(linear, x);
  }

  @Override
  public Tensor norm(Norm norm, Tensor x) {
    return base.norm(norm, x);
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return base.add(a, b);
  }

  @Override
  public Tensor multiply(Tensor a, Tensor b) {
    return base.multiply(a, b);
  }

  @Override
  public Tensor scale(float factor, Tensor x) {
    return base.scale(factor, x);
  }

  @Override
  public Tensor scaleRows(Tensor x, Tensor factors) {
    return base.scaleRows(x, factors);
  }

  @Override
  public Tensor activate(Activation f, Tensor x) {
    return base.activate(f, x);
  }

  @Override
  public Tensor clamp(float limit, Tensor x) {
    return base.clamp(limit, x);
  }

  @Override
  public Tensor softCap(float cap, Tensor x) {
    return base.softCap(cap, x);
  }

  @Override
  public Tensor rope(Rope rope, int headDim, Tensor x, Step step) {
    return base.rope(rope, headDim, x, step);
  }

  @Override
  public void store(Attention attention, Tensor key, Tensor value, Step step) {
    base.store(attention, key, value, step);
  }

  @Override
  public Attended attend(Attention attention, Tensor query, Step step) {
    return base.attend(attention, query, step);
  }

  @Override
  public Tensor shortConvolution(GatedDeltaNet net, Tensor x, Step step) {
    return base.shortConvolution(net, x, step);
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
    return base.deltaRule(net, query, key, value, beta, alpha, step);
  }

  @Override
  public Routing route(Moe moe, Tensor routerLogits) {
    return base.route(moe, routerLogits);
  }

  @Override
  public void scatterAdd(Tensor y, Tensor x, int[] rows, float[] weights) {
    base.scatterAdd(y, x, rows, weights);
  }

  @Override
  public Tensor zeros(int rows, int cols) {
    return base.zeros(rows, cols);
  }

  @Override
  public Tensor slice(Tensor x, int from, int count) {
    return base.slice(x, from, count);
  }

  @Override
  public Tensor concat(List<Tensor> parts) {
    return base.concat(parts);
  }

  @Override
  public Tensor clampedSwiGlu(Tensor gate, Tensor up, float alpha, float limit) {
    return base.clampedSwiGlu(gate, up, alpha, limit);
  }

  @Override
  public Tensor layer(int index, Tensor x) {
    return base.layer(index, x);
  }

  @Override
  public Tensor replaceRows(Tensor x, int[] rows, List<float[]> values) {
    return base.replaceRows(x, rows, values);
  }

  @Override
  public void read(Tensor x, int row, float[] to) {
    base.read(x, row, to);
  }

  @Override
  public Tensor logits(Decoder decoder, Tensor x, int[] rows) {
    return base.logits(decoder, x, rows);
  }

  @Override
  public Qkv qkv(Projection.Separate maps, Tensor x) {
    return base.qkv(maps, x);
  }

  @Override
  public Tensor attention(Attention attention, Tensor query, Tensor key, Tensor value, Step step) {
    return base.attention(attention, query, key, value, step);
  }

  @Override
  public Tensor gated(GatedMlp mlp, Tensor x) {
    return base.gated(mlp, x);
  }

  @Override
  public Tensor experts(Moe moe, Tensor routerLogits, Tensor x) {
    return base.experts(moe, routerLogits, x);
  }
}
