package dev.kawi.hub;

/// Hears how a pull goes on; called by many threads.
public interface TransferListener {
  /// Hears nothing.
  TransferListener NONE = new TransferListener() {};

  /// The pull of these files begins.
  ///
  /// @param repository what is pulled, with the names of the files that were chosen
  /// @param bytes of all of them
  default void begins(RemoteRepository repository, long bytes) {}

  /// So many bytes more are on disk; those of an earlier, interrupted pull are told at once.
  ///
  /// @param earlier whether they were there before
  default void received(long bytes, boolean earlier) {}

  /// Bytes that were received had to be thrown away.
  default void lost(long bytes) {}

  /// Something that a person may want to know, such as that another process pulls the same file.
  default void note(String text) {}
}
