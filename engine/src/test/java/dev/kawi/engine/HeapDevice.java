package dev.kawi.engine;

import dev.kawi.nn.CacheLayout;
import dev.kawi.nn.Device;
import dev.kawi.nn.Executor;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Network;
import dev.kawi.tensor.StorageType;

/// A device of plain loops over arrays, which shares nothing with the one that serves: its own
/// executor, pages, weights and read-back.
final class HeapDevice implements Device {
  private final HeapExecutor executor = new HeapExecutor();

  @Override
  public Executor executor() {
    return executor;
  }

  @Override
  public void prepare(Network network) {
    network.linears().forEach(linear -> executor.weights(linear.weight()));
  }

  @Override
  public KvCache newCache(CacheLayout layout, StorageType type, int pageSize) {
    return new HeapCache(layout, type, pageSize);
  }

  @Override
  public long scratchBytes() {
    return executor.bytes();
  }

  @Override
  public void close() {
    executor.forget();
  }
}
