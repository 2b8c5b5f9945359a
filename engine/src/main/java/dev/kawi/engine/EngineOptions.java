package dev.kawi.engine;

import dev.kawi.gguf.Access;
import dev.kawi.kernel.Cpu;
import dev.kawi.tensor.StorageType;

/// How a model is run.
///
/// @param contextLength tokens that a request may have in all; 0 for what the model was trained
///   with, at most [#DEFAULT_CONTEXT]
/// @param threads threads of a step
/// @param cacheType storage of keys and values: F32, F16 or Q8_0
/// @param access how the file is read
/// @param maxSequences requests that run at once; others wait
/// @param maxWaiting requests that wait; more are refused
/// @param stepTokens tokens that a step computes at most; a step goes beyond it only for what a
///   model has to read in one piece
/// @param pageSize positions in a page of the cache
/// @param cacheBytes memory for keys, values and states; 0 for what [#cacheBudget] chooses
public record EngineOptions(
    int contextLength,
    int threads,
    StorageType cacheType,
    Access access,
    int maxSequences,
    int maxWaiting,
    int stepTokens,
    int pageSize,
    long cacheBytes) {

  /// The largest context that is taken without being asked for.
  public static final int DEFAULT_CONTEXT = 8192;

  /// Checks the ranges.
  public EngineOptions {
    require(contextLength >= 0, "contextLength", contextLength);
    require(threads >= 1, "threads", threads);
    require(maxSequences >= 1, "maxSequences", maxSequences);
    require(maxWaiting >= 1, "maxWaiting", maxWaiting);
    require(stepTokens >= 1, "stepTokens", stepTokens);
    require(pageSize >= 1, "pageSize", pageSize);
    require(cacheBytes >= 0, "cacheBytes", cacheBytes);
  }

  private static void require(boolean holds, String name, long found) {
    if (!holds) {
      throw new IllegalArgumentException("engine options: " + name + " cannot be " + found);
    }
  }

  /// The model's own context up to [#DEFAULT_CONTEXT], a thread for each core, F16 keys and values,
  /// a mapped file, 64 requests at once and 1024 that wait, 512 tokens a step, 16 positions a page.
  public static EngineOptions defaults() {
    int threads = Cpu.detect().defaultThreads();
    return new EngineOptions(0, threads, StorageType.F16, Access.MAP, 64, 1024, 512, 16, 0);
  }

  /// Bytes that pages may take: those asked for, else enough for all requests that run at once, but
  /// at most a quarter of the machine's memory, and always enough for one of full length. A page is
  /// allocated when it is needed.
  ///
  /// @param bytesOfContext of one sequence of full length
  long cacheBudget(long bytesOfContext) {
    if (cacheBytes > 0) {
      return cacheBytes;
    }
    long quarter = MachineMemory.bytes() / 4;
    return Math.max(bytesOfContext, Math.min(quarter, maxSequences * bytesOfContext));
  }

  /// With another context length.
  public EngineOptions withContextLength(int tokens) {
    return new EngineOptions(
        tokens,
        threads,
        cacheType,
        access,
        maxSequences,
        maxWaiting,
        stepTokens,
        pageSize,
        cacheBytes);
  }

  /// With another number of threads.
  public EngineOptions withThreads(int count) {
    return new EngineOptions(
        contextLength,
        count,
        cacheType,
        access,
        maxSequences,
        maxWaiting,
        stepTokens,
        pageSize,
        cacheBytes);
  }

  /// With another storage of keys and values.
  public EngineOptions withCacheType(StorageType type) {
    return new EngineOptions(
        contextLength,
        threads,
        type,
        access,
        maxSequences,
        maxWaiting,
        stepTokens,
        pageSize,
        cacheBytes);
  }

  /// With another way to read the file.
  public EngineOptions withAccess(Access other) {
    return new EngineOptions(
        contextLength,
        threads,
        cacheType,
        other,
        maxSequences,
        maxWaiting,
        stepTokens,
        pageSize,
        cacheBytes);
  }

  /// With another number of requests at once.
  public EngineOptions withMaxSequences(int count) {
    return new EngineOptions(
        contextLength,
        threads,
        cacheType,
        access,
        count,
        maxWaiting,
        stepTokens,
        pageSize,
        cacheBytes);
  }

  /// With another number of requests that wait.
  public EngineOptions withMaxWaiting(int count) {
    return new EngineOptions(
        contextLength,
        threads,
        cacheType,
        access,
        maxSequences,
        count,
        stepTokens,
        pageSize,
        cacheBytes);
  }

  /// With another number of tokens a step.
  public EngineOptions withStepTokens(int tokens) {
    return new EngineOptions(
        contextLength,
        threads,
        cacheType,
        access,
        maxSequences,
        maxWaiting,
        tokens,
        pageSize,
        cacheBytes);
  }

  /// With another size of a page.
  public EngineOptions withPageSize(int positions) {
    return new EngineOptions(
        contextLength,
        threads,
        cacheType,
        access,
        maxSequences,
        maxWaiting,
        stepTokens,
        positions,
        cacheBytes);
  }

  /// With another amount of memory for the cache.
  public EngineOptions withCacheBytes(long bytes) {
    return new EngineOptions(
        contextLength,
        threads,
        cacheType,
        access,
        maxSequences,
        maxWaiting,
        stepTokens,
        pageSize,
        bytes);
  }
}
