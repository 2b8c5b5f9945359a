package dev.kawi.sample;

/// Sampling was not possible: the logits are not numbers, or every token was forbidden.
public final class SamplingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SamplingException(String message) {
    super(message);
  }
}
