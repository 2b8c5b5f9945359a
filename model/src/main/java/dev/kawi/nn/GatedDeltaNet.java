package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.kernel.DeltaJob;
import dev.kawi.tensor.Tensor;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

// How it works. Where attention remembers each token, each head here has one matrix, which a token
// corrects: it is made smaller by the token's decay, asked what it holds under the token's key, and
// what that lacks of the token's value is written there, by the part that beta says. The result is
// what it then holds under the query. Queries, keys and values pass a convolution over the last few
// tokens first, and queries and keys are brought to length 1. The output is normed and gated.

/// Linear attention with a gated delta rule. Source: arXiv 2412.06464, and the Qwen3-Next model of
/// Hugging Face transformers.
///
/// @param layer number of the layer, for its state
/// @param maps the linear maps
/// @param heads how many heads of which size
/// @param convolution [kernel, 2 * keySize + valueSize]: the factors of the oldest token first
/// @param rates [1, numValueHeads], not above 0: by what softplus(alpha) is multiplied to give the
///   logarithm of the decay
/// @param queryNorm brings a query head to length 1 / sqrt(keyDim)
/// @param keyNorm brings a key head to length 1
/// @param norm of each head of the result
public record GatedDeltaNet(
    int layer,
    Maps maps,
    Heads heads,
    Tensor convolution,
    Tensor rates,
    Norm queryNorm,
    Norm keyNorm,
    Norm norm)
    implements Mixer {

  /// The linear maps of a gated delta net.
  ///
  /// @param qkv [2 * keySize + valueSize, hiddenSize]: queries, keys and values
  /// @param gate [valueSize, hiddenSize]
  /// @param beta [numValueHeads, hiddenSize]
  /// @param alpha [numValueHeads, hiddenSize], with the bias of the decay
  /// @param output [hiddenSize, valueSize]
  public record Maps(Linear qkv, Linear gate, Linear beta, Linear alpha, Linear output) {
    Stream<Linear> linears() {
      return Stream.of(qkv, gate, beta, alpha, output);
    }

    Maps map(UnaryOperator<Linear> change) {
      return new Maps(
          change.apply(qkv),
          change.apply(gate),
          change.apply(beta),
          change.apply(alpha),
          change.apply(output));
    }
  }

  /// How many heads of which size.
  ///
  /// @param numKeyHeads heads of queries and keys; each serves numValueHeads / numKeyHeads others
  /// @param numValueHeads heads of values
  /// @param keyDim elements of a query or key head
  /// @param valueDim elements of a value head
  /// @param order which value heads a key head serves
  public record Heads(int numKeyHeads, int numValueHeads, int keyDim, int valueDim, Order order) {
    /// Which value heads a key head serves.
    public enum Order {
      /// Neighbours: 0, 0, 1, 1.
      GROUPED,
      /// By turns: 0, 1, 0, 1.
      BY_TURNS
    }

    /// Checks that the groups are equal.
    public Heads {
      if (numKeyHeads < 1
          || numValueHeads < 1
          || keyDim < 1
          || valueDim < 1
          || numValueHeads % numKeyHeads != 0) {
        throw new IllegalArgumentException(
            "a gated delta net needs numValueHeads (%d) to be a multiple of numKeyHeads (%d), and positive sizes of heads (%d and %d)"
                .formatted(numValueHeads, numKeyHeads, keyDim, valueDim));
      }
    }

    /// The key head that serves a value head.
    public int keyHead(int valueHead) {
      return order == Order.GROUPED
          ? valueHead / (numValueHeads / numKeyHeads)
          : valueHead % numKeyHeads;
    }

    /// Elements of all queries, or of all keys, of a token.
    public int keySize() {
      return numKeyHeads * keyDim;
    }

    /// Elements of all values of a token.
    public int valueSize() {
      return numValueHeads * valueDim;
    }

    /// Elements that pass the convolution.
    public int channels() {
      return 2 * keySize() + valueSize();
    }
  }

  /// Tokens that the convolution sees.
  public int kernel() {
    return convolution.rows();
  }

  /// Floats of a sequence that are kept from step to step: the last tokens' inputs of the
  /// convolution, [kernel - 1, channels], and a matrix for each value head ([DeltaJob]).
  public int stateSize() {
    return Math.addExact(
        tailSize(),
        Math.multiplyExact(
            heads.numValueHeads(), DeltaJob.stateSize(heads.keyDim(), heads.valueDim())));
  }

  /// Floats of the inputs of the convolution that are kept.
  int tailSize() {
    return Math.multiplyExact(kernel() - 1, heads.channels());
  }

  @Override
  public CacheSpec cacheSpec() {
    return new CacheSpec.State(stateSize());
  }

  @Override
  public Tensor forward(Tensor x, Step step, Executor ex) {
    Tensor mixed = ex.shortConvolution(this, ex.linear(maps.qkv(), x), step);
    int keySize = heads.keySize();
    Tensor query = ex.norm(queryNorm, ex.slice(mixed, 0, keySize));
    Tensor key = ex.norm(keyNorm, ex.slice(mixed, keySize, keySize));
    Tensor value = ex.slice(mixed, 2 * keySize, heads.valueSize());
    Tensor beta = ex.activate(Activation.SIGMOID, ex.linear(maps.beta(), x));
    Tensor alpha = ex.linear(maps.alpha(), x);
    Tensor seen = ex.norm(norm, ex.deltaRule(this, query, key, value, beta, alpha, step));
    Tensor gate = ex.activate(Activation.SILU, ex.linear(maps.gate(), x));
    return ex.linear(maps.output(), ex.multiply(seen, gate));
  }

  @Override
  public Stream<Linear> linears() {
    return maps.linears();
  }

  @Override
  public GatedDeltaNet map(UnaryOperator<Linear> change) {
    return new GatedDeltaNet(
        layer, maps.map(change), heads, convolution, rates, queryNorm, keyNorm, norm);
  }
}
