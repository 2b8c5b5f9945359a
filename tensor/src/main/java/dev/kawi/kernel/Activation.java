package dev.kawi.kernel;

/// The functions between two linear maps of a feed-forward layer.
public enum Activation {
  /// x * sigmoid(x).
  SILU,
  /// The tanh form, 0.5x(1 + tanh(sqrt(2/pi)(x + 0.044715x^3))). Source: arXiv 1606.08415.
  GELU,
  /// x times the normal distribution, 0.5x(1 + erf(x / sqrt(2))), to 4e-7. Source: arXiv
  /// 1606.08415.
  GELU_EXACT,
  /// 1 / (1 + exp(-x)).
  SIGMOID
}
