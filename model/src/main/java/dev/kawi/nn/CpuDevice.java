package dev.kawi.nn;

import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.tensor.StorageType;

/// The processor: kernels over memory off the heap, on a team of threads.
public final class CpuDevice implements Device {
  private final FastExecutor executor;

  /// A device of these kernels, with a team that it does not close.
  public CpuDevice(Kernels kernels, ThreadTeam team) {
    executor = new FastExecutor(kernels, team);
  }

  @Override
  public Executor executor() {
    return executor;
  }

  @Override
  public void prepare(Network network) {
    executor.prepare(network);
  }

  @Override
  public KvCache newCache(CacheLayout layout, StorageType type, int pageSize) {
    return new CpuCache(layout, type, pageSize);
  }

  @Override
  public long scratchBytes() {
    return executor.scratchBytes();
  }

  @Override
  public void close() {
    executor.close();
  }
}
