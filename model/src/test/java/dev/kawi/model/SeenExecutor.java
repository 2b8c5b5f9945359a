package dev.kawi.model;

import dev.kawi.kernel.Activation;
import dev.kawi.nn.Attention;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.DelegatingExecutor;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Executor;
import dev.kawi.nn.Linear;
import dev.kawi.nn.Norm;
import dev.kawi.nn.Projection;
import dev.kawi.nn.Projection.Qkv;
import dev.kawi.nn.Step;
import dev.kawi.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/// Keeps a copy of what each simple operation gives, under the operation and the name of its
/// weight, or its number where it has none.
final class SeenExecutor extends DelegatingExecutor {
  private final Map<String, float[]> values = new HashMap<>();
  private int additions;
  private int activations;

  SeenExecutor(Executor base) {
    super(base);
  }

  /// What an operation gave, row after row.
  float[] values(String operation) {
    float[] found = values.get(operation);
    if (found == null) {
      throw new AssertionError(
          "not seen: " + operation + "; seen: " + new TreeSet<>(values.keySet()));
    }
    return found;
  }

  private Tensor keep(String operation, Tensor y) {
    values.put(operation, y.toArray());
    return y;
  }

  @Override
  public Tensor embed(Embedding table, int[] ids) {
    return keep("embed " + table.name(), super.embed(table, ids));
  }

  @Override
  public Tensor linear(Linear linear, Tensor x) {
    return keep("linear " + linear.name(), super.linear(linear, x));
  }

  @Override
  public Tensor norm(Norm norm, Tensor x) {
    return keep("norm " + norm.name(), super.norm(norm, x));
  }

  @Override
  public Tensor add(Tensor a, Tensor b) {
    return keep("add " + additions++, super.add(a, b));
  }

  @Override
  public Tensor activate(Activation f, Tensor x) {
    return keep("activate " + activations++, super.activate(f, x));
  }

  @Override
  public Tensor attention(Attention attention, Tensor query, Tensor key, Tensor value, Step step) {
    store(attention, key, value, step);
    Attended attended = attend(attention, query, step);
    keep("attention weights " + attention.layer(), attended.weights());
    return keep("attention output " + attention.layer(), attended.output());
  }

  @Override
  public Qkv qkv(Projection.Separate maps, Tensor x) {
    return new Qkv(linear(maps.query(), x), linear(maps.key(), x), linear(maps.value(), x));
  }

  @Override
  public Tensor logits(Decoder decoder, Tensor x, int[] rows) {
    return decoder.logits(gather(x, rows), this);
  }

  @Override
  public Tensor layer(int index, Tensor x) {
    return keep("layer " + index, super.layer(index, x));
  }
}
