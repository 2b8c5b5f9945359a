package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.FeedForward.Moe;
import dev.kawi.tensor.Tensor;
import java.util.List;

/// Hands each simple operation to another executor and decomposes composite ones, so that a
/// subclass sees every simple operation pass by and overrides those it cares for.
public abstract class DelegatingExecutor implements Executor {
  private final Executor base;

  /// Delegates to `base`.
  protected DelegatingExecutor(Executor base) {
    this.base = base;
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
  public Tensor attentionWeights(Attention attention, Tensor query, Step step) {
    return base.attentionWeights(attention, query, step);
  }

  @Override
  public Tensor attentionValues(Attention attention, Tensor weights, Step step) {
    return base.attentionValues(attention, weights, step);
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
}
