package dev.kawi.nn;

import dev.kawi.tensor.StorageType;

/// What models run on. A device owns what belongs to the hardware: the executor, the weights in the
/// form that it reads, the pages of the cache, and the way results are read back. Those above it
/// hold pages and tensors of a step without looking into them: [Executor#read] does that.
///
/// Owned by one thread.
public interface Device extends AutoCloseable {
  /// Carries out steps, over caches of this device.
  Executor executor();

  /// Brings the weights of a network into the form that the device reads, which would otherwise
  /// happen when they are first used.
  void prepare(Network network);

  /// A cache without pages.
  ///
  /// @param type of keys and values
  /// @param pageSize positions in a page
  /// @throws IllegalArgumentException if the device has no such cache
  KvCache newCache(CacheLayout layout, StorageType type, int pageSize);

  /// Bytes that it holds for the tensors of a step.
  long scratchBytes();

  /// Frees weights and tensors. Caches are closed by who made them.
  @Override
  void close();
}
