package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The linear maps of attention: from the residual stream to queries, keys and values, and from the
/// attention output back to the residual stream.
public sealed interface Projection {
  /// Queries, keys and values of the tokens, rotated by position: from [numTokens, hiddenSize].
  Qkv forward(Tensor x, Step step, Executor ex);

  /// The output projection: from the attention output, of all heads, to [numTokens, hiddenSize].
  Tensor output(Tensor attended, Executor ex);

  /// Attention between its maps: [numTokens, hiddenSize] to the same shape.
  default Tensor attend(Attention attention, Tensor x, Step step, Executor ex) {
    Qkv qkv = forward(x, step, ex);
    return output(ex.attention(attention, qkv.query(), qkv.key(), qkv.value(), step), ex);
  }

  /// Its linear maps.
  Stream<Linear> linears();

  /// The same projection with each linear map replaced by what `change` makes of it.
  Projection map(UnaryOperator<Linear> change);

  /// Queries, keys and values.
  ///
  /// @param query [numTokens, numHeads * headDim]
  /// @param key [numTokens, numKvHeads * headDim]
  /// @param value [numTokens, numKvHeads * headDim]
  record Qkv(Tensor query, Tensor key, Tensor value) {}

  /// One matrix each. Source: arXiv 1706.03762, arXiv 2305.13245.
  ///
  /// @param query [numHeads * headDim, hiddenSize]
  /// @param key [numKvHeads * headDim, hiddenSize]
  /// @param value [numKvHeads * headDim, hiddenSize]
  /// @param output [hiddenSize, numHeads * headDim]
  /// @param limit queries, keys and values are limited to -limit to limit before anything else; 0
  ///   for no limit. Source: the MPT models of MosaicML
  /// @param normRope what happens to queries and keys by head and position
  record Separate(
      Linear query, Linear key, Linear value, Linear output, float limit, QkNormRope normRope)
      implements Projection {
    @Override
    public Qkv forward(Tensor x, Step step, Executor ex) {
      Qkv qkv = ex.qkv(this, x);
      return new Qkv(
          normRope.forward(normRope.queryNorm(), limited(qkv.query(), ex), step, ex),
          normRope.forward(normRope.keyNorm(), limited(qkv.key(), ex), step, ex),
          limited(qkv.value(), ex));
    }

    private Tensor limited(Tensor x, Executor ex) {
      return limit == 0 ? x : ex.clamp(limit, x);
    }

    @Override
    public Tensor output(Tensor attended, Executor ex) {
      return ex.linear(output, attended);
    }

    @Override
    public Stream<Linear> linears() {
      return Stream.of(query, key, value, output);
    }

    @Override
    public Separate map(UnaryOperator<Linear> change) {
      return new Separate(
          change.apply(query),
          change.apply(key),
          change.apply(value),
          change.apply(output),
          limit,
          normRope);
    }
  }

  /// Queries with a gate for each of their elements. Source: arXiv 2505.06708, and the Qwen3-Next
  /// model of Hugging Face transformers.
  ///
  /// @param maps the maps, of which that of queries is [numHeads * 2 * headDim, hiddenSize]: each
  ///   head's query and then its gate
  /// @param numHeads query heads
  record Gated(Separate maps, int numHeads) implements Projection {
    @Override
    public Qkv forward(Tensor x, Step step, Executor ex) {
      return rotated(ex.qkv(maps, x), step, ex);
    }

    private Qkv rotated(Qkv qkv, Step step, Executor ex) {
      QkNormRope normRope = maps.normRope();
      return new Qkv(
          normRope.forward(normRope.queryNorm(), parts(qkv.query(), 0, ex), step, ex),
          normRope.forward(normRope.keyNorm(), qkv.key(), step, ex),
          qkv.value());
    }

    /// The queries, 0, or the gates, 1, of all heads.
    private Tensor parts(Tensor queriesAndGates, int which, Executor ex) {
      int headDim = maps.query().out() / numHeads / 2;
      List<Tensor> parts = new ArrayList<>();
      for (int h = 0; h < numHeads; h++) {
        parts.add(ex.slice(queriesAndGates, (2 * h + which) * headDim, headDim));
      }
      return ex.concat(parts);
    }

    @Override
    public Tensor attend(Attention attention, Tensor x, Step step, Executor ex) {
      Qkv mapped = ex.qkv(maps, x);
      Qkv qkv = rotated(mapped, step, ex);
      Tensor attended = ex.attention(attention, qkv.query(), qkv.key(), qkv.value(), step);
      Tensor gate = ex.activate(Activation.SIGMOID, parts(mapped.query(), 1, ex));
      return output(ex.multiply(attended, gate), ex);
    }

    @Override
    public Tensor output(Tensor attended, Executor ex) {
      return maps.output(attended, ex);
    }

    @Override
    public Stream<Linear> linears() {
      return maps.linears();
    }

    @Override
    public Gated map(UnaryOperator<Linear> change) {
      return new Gated(maps.map(change), numHeads);
    }
  }

  /// Norms of heads and the rotary embedding.
  ///
  /// @param queryNorm norm of each query head, if the model has one
  /// @param keyNorm norm of each key head, if the model has one
  /// @param rope rotary embedding, if the model has one
  /// @param headDim elements of a head, or of a part of it that has an axis of the rope to itself
  /// @param order which comes first
  record QkNormRope(
      @Nullable Norm queryNorm,
      @Nullable Norm keyNorm,
      @Nullable Rope rope,
      int headDim,
      Order order) {
    /// Which comes first.
    public enum Order {
      /// The norm, then the rope.
      NORM_ROPE,
      /// The rope, then the norm.
      ROPE_NORM
    }

    private Tensor forward(@Nullable Norm norm, Tensor x, Step step, Executor ex) {
      return order == Order.NORM_ROPE
          ? rotated(normed(norm, x, ex), step, ex)
          : normed(norm, rotated(x, step, ex), ex);
    }

    private static Tensor normed(@Nullable Norm norm, Tensor x, Executor ex) {
      return norm == null ? x : ex.norm(norm, x);
    }

    private Tensor rotated(Tensor x, Step step, Executor ex) {
      return rope == null ? x : ex.rope(rope, headDim, x, step);
    }
  }

  /// Multi-head latent attention: keys and values of all heads are computed from one short vector,
  /// the latent, and only it and one rotated key are cached. Each head's query is projected to the
  /// latent's space (the key projection is "absorbed"), so that all heads attend to the same
  /// latents: there is one key-value head of latentSize + ropeDim, whose values are its keys, and
  /// the elements of the attention output after the latent's are not used. Source: arXiv
  /// 2405.04434, section 2.1.
  ///
  /// @param queryDown [queryRank, hiddenSize], if queries are made in two steps
  /// @param queryNorm norm between the two steps
  /// @param query [numHeads * (plainDim + ropeDim), queryRank or hiddenSize]
  /// @param latent [latentSize + ropeDim, hiddenSize]: the latent and then the key with rope
  /// @param latentNorm norm of the latent
  /// @param keys of each head [latentSize, plainDim], from a query to the latent's space
  /// @param values of each head [valueDim, latentSize]
  /// @param output [hiddenSize, numHeads * valueDim]
  /// @param rope rotary embedding of ropeDim elements
  record Latent(
      @Nullable Linear queryDown,
      @Nullable Norm queryNorm,
      Linear query,
      Linear latent,
      Norm latentNorm,
      List<Linear> keys,
      List<Linear> values,
      Linear output,
      Rope rope)
      implements Projection {
    /// Copies the lists.
    public Latent {
      keys = List.copyOf(keys);
      values = List.copyOf(values);
    }

    @Override
    public Qkv forward(Tensor x, Step step, Executor ex) {
      Tensor down = ex.linear(latent, x);
      Tensor normed = ex.norm(latentNorm, ex.slice(down, 0, latentSize()));
      Tensor rotated = ex.rope(rope, ropeDim(), ex.slice(down, latentSize(), ropeDim()), step);
      Tensor key = ex.concat(List.of(normed, rotated));
      return new Qkv(queries(x, step, ex), key, key);
    }

    private Tensor queries(Tensor x, Step step, Executor ex) {
      Tensor down = queryDown == null ? x : ex.linear(queryDown, x);
      Tensor all = ex.linear(query, queryNorm == null ? down : ex.norm(queryNorm, down));
      List<Tensor> ropeParts = new ArrayList<>();
      for (int h = 0; h < keys.size(); h++) {
        ropeParts.add(ex.slice(all, h * headDim() + plainDim(), ropeDim()));
      }
      Tensor rotated = ex.rope(rope, ropeDim(), ex.concat(ropeParts), step);
      List<Tensor> parts = new ArrayList<>();
      for (int h = 0; h < keys.size(); h++) {
        parts.add(ex.linear(keys.get(h), ex.slice(all, h * headDim(), plainDim())));
        parts.add(ex.slice(rotated, h * ropeDim(), ropeDim()));
      }
      return ex.concat(parts);
    }

    @Override
    public Tensor output(Tensor attended, Executor ex) {
      List<Tensor> heads = new ArrayList<>();
      for (int h = 0; h < values.size(); h++) {
        Tensor ofHead = ex.slice(attended, h * latent.out(), latentSize());
        heads.add(ex.linear(values.get(h), ofHead));
      }
      return ex.linear(output, ex.concat(heads));
    }

    private int ropeDim() {
      return latent.out() - latentSize();
    }

    private int latentSize() {
      return values.getFirst().in();
    }

    private int plainDim() {
      return keys.getFirst().in();
    }

    private int headDim() {
      return plainDim() + ropeDim();
    }

    @Override
    public Stream<Linear> linears() {
      return Stream.of(
              Stream.ofNullable(queryDown),
              Stream.of(query, latent),
              keys.stream(),
              values.stream(),
              Stream.of(output))
          .flatMap(maps -> maps);
    }

    @Override
    public Latent map(UnaryOperator<Linear> change) {
      return new Latent(
          queryDown == null ? null : change.apply(queryDown),
          queryNorm,
          change.apply(query),
          change.apply(latent),
          latentNorm,
          keys.stream().map(change).toList(),
          values.stream().map(change).toList(),
          change.apply(output),
          rope);
    }
  }
}
