package dev.kawi.gguf;

/// How the tensors of a model file get into memory.
public enum Access {
  /// The file is mapped: opening is instant, pages are read when they are used and shared with
  /// other processes. If another program truncates the file while it is in use, the process may
  /// end.
  MAP,
  /// The file is read into off-heap memory when it is opened; it may be changed afterwards.
  READ
}
