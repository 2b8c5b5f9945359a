package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The feed-forward layer of a block, position by position: [numTokens, hiddenSize] to the same.
public sealed interface FeedForward {
  /// Runs the layer.
  Tensor forward(Tensor x, Executor ex);

  /// Its linear maps.
  Stream<Linear> linears();

  /// The same layer with each linear map replaced by what `change` makes of it.
  FeedForward map(UnaryOperator<Linear> change);

  /// down(f(gate(x)) * up(x)): SwiGLU or GeGLU. Source: arXiv 2002.05202.
  ///
  /// @param gate [intermediateSize, hiddenSize]
  /// @param up [intermediateSize, hiddenSize]
  /// @param down [hiddenSize, intermediateSize]
  /// @param activation f
  record GatedMlp(Linear gate, Linear up, Linear down, Activation activation)
      implements FeedForward {
    @Override
    public Tensor forward(Tensor x, Executor ex) {
      return ex.linear(down, ex.gated(this, x));
    }

    @Override
    public Stream<Linear> linears() {
      return Stream.of(gate, up, down);
    }

    @Override
    public GatedMlp map(UnaryOperator<Linear> change) {
      return new GatedMlp(change.apply(gate), change.apply(up), change.apply(down), activation);
    }
  }

  /// down(f(up(x))).
  ///
  /// @param up [intermediateSize, hiddenSize]
  /// @param down [hiddenSize, intermediateSize]
  /// @param activation f
  record Mlp(Linear up, Linear down, Activation activation) implements FeedForward {
    @Override
    public Tensor forward(Tensor x, Executor ex) {
      return ex.linear(down, ex.activate(activation, ex.linear(up, x)));
    }

    @Override
    public Stream<Linear> linears() {
      return Stream.of(up, down);
    }

    @Override
    public Mlp map(UnaryOperator<Linear> change) {
      return new Mlp(change.apply(up), change.apply(down), activation);
    }
  }

  /// Another layer and a bias on what it gives.
  ///
  /// @param inner the layer
  /// @param bias a table of one row, [1, hiddenSize]
  record Biased(FeedForward inner, Embedding bias) implements FeedForward {
    @Override
    public Tensor forward(Tensor x, Executor ex) {
      return ex.add(inner.forward(x, ex), ex.embed(bias, new int[x.rows()]));
    }

    @Override
    public Stream<Linear> linears() {
      return inner.linears();
    }

    @Override
    public Biased map(UnaryOperator<Linear> change) {
      return new Biased(inner.map(change), bias);
    }
  }

  /// down(clampedSwiGlu(gate(x), up(x))), the expert of gpt-oss.
  ///
  /// @param gate [intermediateSize, hiddenSize]
  /// @param up [intermediateSize, hiddenSize]
  /// @param down [hiddenSize, intermediateSize]
  /// @param alpha factor inside the sigmoid
  /// @param limit largest input of the gate, and largest size of up's
  record ClampedMlp(Linear gate, Linear up, Linear down, float alpha, float limit)
      implements FeedForward {
    @Override
    public Tensor forward(Tensor x, Executor ex) {
      return ex.linear(down, ex.clampedSwiGlu(ex.linear(gate, x), ex.linear(up, x), alpha, limit));
    }

    @Override
    public Stream<Linear> linears() {
      return Stream.of(gate, up, down);
    }

    @Override
    public ClampedMlp map(UnaryOperator<Linear> change) {
      return new ClampedMlp(change.apply(gate), change.apply(up), change.apply(down), alpha, limit);
    }
  }

  /// Mixture of experts: each token is routed to the experts with the highest scores, and their
  /// results are summed with the router's weights. Source: arXiv 2401.04088, arXiv 2407.10671.
  ///
  /// @param router [numExperts, hiddenSize]
  /// @param experts the experts
  /// @param choice which experts a token goes to
  /// @param shared an expert of every token, if there is one
  /// @param sharedGate [1, hiddenSize]; its sigmoid scales the shared expert, if there is one
  record Moe(
      Linear router,
      List<? extends FeedForward> experts,
      Choice choice,
      @Nullable GatedMlp shared,
      @Nullable Linear sharedGate)
      implements FeedForward {
    /// What the weights of the chosen experts are.
    public enum Weights {
      /// Softmax over all experts, as it is.
      SOFTMAX,
      /// Softmax over the chosen ones.
      SOFTMAX_OF_CHOSEN,
      /// Sigmoid, as it is.
      SIGMOID,
      /// Sigmoid, scaled to sum to 1 over the chosen ones.
      SIGMOID_NORMALIZED
    }

    /// Which experts a token goes to, and with what weight.
    ///
    /// @param topK experts per token
    /// @param weights weights of the chosen ones
    /// @param scale factor on the weights; 1 for none
    /// @param bias [1, numExperts], added to the shares for the choice only, if there is one
    /// @param groups groups of neighbouring experts of which some are chosen first; 1 for none.
    ///   With softmax a group is as good as its best expert (arXiv 2405.04434), with sigmoid as the
    ///   sum of its best two (arXiv 2412.19437)
    /// @param groupsUsed groups that experts are chosen from
    public record Choice(
        int topK, Weights weights, float scale, @Nullable Tensor bias, int groups, int groupsUsed) {
      /// A choice without factor, bias and groups.
      public static Choice of(int topK, Weights weights) {
        return new Choice(topK, weights, 1, null, 1, 1);
      }
    }

    /// Checks the number of experts.
    public Moe {
      experts = List.copyOf(experts);
      int count = experts.size();
      if (choice.topK() < 1
          || choice.groups() < 1
          || count % choice.groups() != 0
          || choice.groupsUsed() < 1
          || choice.groupsUsed() > choice.groups()
          || choice.topK() > count / choice.groups() * choice.groupsUsed()
          || router.out() != count) {
        throw new IllegalArgumentException(
            "a mixture of %d experts in %d groups (%d used), a router of %d outputs and %d experts per token do not fit"
                .formatted(
                    count, choice.groups(), choice.groupsUsed(), router.out(), choice.topK()));
      }
    }

    @Override
    public Tensor forward(Tensor x, Executor ex) {
      Tensor routed = ex.experts(this, ex.linear(router, x), x);
      if (shared == null) {
        return routed;
      }
      Tensor ofShared = shared.forward(x, ex);
      if (sharedGate == null) {
        return ex.add(routed, ofShared);
      }
      Tensor gate = ex.activate(Activation.SIGMOID, ex.linear(sharedGate, x));
      return ex.add(routed, ex.scaleRows(ofShared, gate));
    }

    @Override
    public Stream<Linear> linears() {
      Stream<Linear> ofAll = Stream.concat(Stream.of(router), Stream.ofNullable(sharedGate));
      Stream<Linear> ofExperts = experts.stream().flatMap(FeedForward::linears);
      Stream<Linear> sharedMaps = Stream.ofNullable(shared).flatMap(GatedMlp::linears);
      return Stream.of(ofAll, ofExperts, sharedMaps).flatMap(maps -> maps);
    }

    @Override
    public Moe map(UnaryOperator<Linear> change) {
      return new Moe(
          change.apply(router),
          experts.stream().map(expert -> expert.map(change)).toList(),
          choice,
          shared == null ? null : shared.map(change),
          sharedGate == null ? null : change.apply(sharedGate));
    }
  }
}
