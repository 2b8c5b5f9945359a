package dev.kawi.engine;

import dev.kawi.gguf.Access;
import dev.kawi.kernel.Cpu;
import dev.kawi.tensor.StorageType;
import java.nio.file.Path;
import java.util.Optional;

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
/// @param spill where cached beginnings of texts go that have no room in memory; empty for nowhere
public record EngineOptions(
    int contextLength,
    int threads,
    StorageType cacheType,
    Access access,
    int maxSequences,
    int maxWaiting,
    int stepTokens,
    int pageSize,
    long cacheBytes,
    Optional<Spill> spill) {
  /// A folder for cached beginnings of texts. They are found again when the model is loaded the
  /// next time. What is in it tells what was asked: nobody else may read it.
  ///
  /// @param folder made if it is not there
  /// @param bytes of its files; the oldest are removed first
  public record Spill(Path folder, long bytes) {
    /// Checks the size.
    public Spill {
      require(bytes > 0, "size of the folder for cached beginnings", bytes);
    }
  }

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
    return new EngineOptions(
        0, threads, StorageType.F16, Access.MAP, 64, 1024, 512, 16, 0, Optional.empty());
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
        cacheBytes,
        spill);
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
        cacheBytes,
        spill);
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
        cacheBytes,
        spill);
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
        cacheBytes,
        spill);
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
        cacheBytes,
        spill);
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
        cacheBytes,
        spill);
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
        cacheBytes,
        spill);
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
        cacheBytes,
        spill);
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
        bytes,
        spill);
  }

  /// With a folder for cached beginnings of texts that have no room in memory. Loading a model then
  /// reads all of its weights once more, to know whose content it is.
  ///
  /// @param folder made if it is not there, for its owner only
  /// @param bytes of its files; the oldest are removed first
  public EngineOptions withSpill(Path folder, long bytes) {
    return with(Optional.of(new Spill(folder, bytes)));
  }

  /// Without a folder for cached beginnings of texts.
  public EngineOptions withoutSpill() {
    return with(Optional.empty());
  }

  private EngineOptions with(Optional<Spill> other) {
    return new EngineOptions(
        contextLength,
        threads,
        cacheType,
        access,
        maxSequences,
        maxWaiting,
        stepTokens,
        pageSize,
        cacheBytes,
        other);
  }
}
