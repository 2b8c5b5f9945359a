package dev.kawi.nn;

import dev.kawi.kernel.Activation;
import dev.kawi.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The part of a block that looks at each token alone. Shapes: [numTokens, hiddenSize] to the same.
public sealed interface FeedForward {
  /// Runs the layer.
  Tensor forward(Tensor x, Executor ex);

  /// Its linear maps.
  Stream<Linear> linears();

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
  }

  /// Mixture of experts: each token goes to the `topK` experts that the router likes best, and
  /// their results are summed with the router's weights. Source: arXiv 2401.04088, arXiv
  /// 2407.10671.
  ///
  /// @param router [numExperts, hiddenSize]
  /// @param experts the experts
  /// @param topK experts per token
  /// @param normalize whether the weights of the chosen ones are scaled to sum to 1
  /// @param shared an expert that sees every token, if there is one
  /// @param sharedGate [1, hiddenSize]; its sigmoid scales the shared expert
  record Moe(
      Linear router,
      List<GatedMlp> experts,
      int topK,
      Weights normalize,
      @Nullable GatedMlp shared,
      @Nullable Linear sharedGate)
      implements FeedForward {
    /// What the weights of the chosen experts are.
    public enum Weights {
      /// Softmax over all experts, as it is.
      SOFTMAX,
      /// Softmax over the chosen ones.
      SOFTMAX_OF_CHOSEN
    }

    /// Checks the number of experts.
    public Moe {
      experts = List.copyOf(experts);
      if (topK < 1 || topK > experts.size() || router.out() != experts.size()) {
        throw new IllegalArgumentException(
            "a mixture of %d experts, a router of %d outputs and %d experts per token do not fit"
                .formatted(experts.size(), router.out(), topK));
      }
    }

    @Override
    public Tensor forward(Tensor x, Executor ex) {
      Tensor routed = ex.experts(this, ex.linear(router, x), x);
      if (shared == null || sharedGate == null) {
        return routed;
      }
      Tensor gate = ex.activate(Activation.SIGMOID, ex.linear(sharedGate, x));
      return ex.add(routed, ex.scaleRows(shared.forward(x, ex), gate));
    }

    @Override
    public Stream<Linear> linears() {
      Stream<Linear> ofAll = Stream.concat(Stream.of(router), Stream.ofNullable(sharedGate));
      Stream<Linear> ofExperts = experts.stream().flatMap(GatedMlp::linears);
      Stream<Linear> ofShared = Stream.ofNullable(shared).flatMap(GatedMlp::linears);
      return Stream.of(ofAll, ofExperts, ofShared).flatMap(maps -> maps);
    }
  }
}
