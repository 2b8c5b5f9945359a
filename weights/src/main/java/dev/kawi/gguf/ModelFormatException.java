package dev.kawi.gguf;

/// A model file, or a part of it, is not what its format or its own metadata promise. The message
/// names the operation, what was expected, what was found and, where there is one, the cure.
public class ModelFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// Creates the exception with a whole sentence.
  public ModelFormatException(String message) {
    super(message);
  }

  /// Creates the exception with a whole sentence and what led to it.
  public ModelFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
