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
/// @param stepTokens tokens that a step computes at most; a step goes beyond it only for what a
///   model has to read in one piece
public record EngineOptions(
    int contextLength,
    int threads,
    StorageType cacheType,
    Access access,
    int maxSequences,
    int stepTokens) {

  /// The largest context that is taken without being asked for.
  public static final int DEFAULT_CONTEXT = 8192;

  /// Checks the ranges.
  public EngineOptions {
    require(contextLength >= 0, "contextLength", contextLength);
    require(threads >= 1, "threads", threads);
    require(maxSequences >= 1, "maxSequences", maxSequences);
    require(stepTokens >= 1, "stepTokens", stepTokens);
  }

  private static void require(boolean holds, String name, int found) {
    if (!holds) {
      throw new IllegalArgumentException("engine options: " + name + " cannot be " + found);
    }
  }

  /// The model's own context up to [#DEFAULT_CONTEXT], a thread for each core, F16 keys and values,
  /// a mapped file, 4 requests at once, 512 tokens a step.
  public static EngineOptions defaults() {
    int threads = Cpu.detect().defaultThreads();
    return new EngineOptions(0, threads, StorageType.F16, Access.MAP, 4, 512);
  }

  /// With another context length.
  public EngineOptions withContextLength(int tokens) {
    return new EngineOptions(tokens, threads, cacheType, access, maxSequences, stepTokens);
  }

  /// With another number of threads.
  public EngineOptions withThreads(int count) {
    return new EngineOptions(contextLength, count, cacheType, access, maxSequences, stepTokens);
  }

  /// With another storage of keys and values.
  public EngineOptions withCacheType(StorageType type) {
    return new EngineOptions(contextLength, threads, type, access, maxSequences, stepTokens);
  }

  /// With another way to read the file.
  public EngineOptions withAccess(Access other) {
    return new EngineOptions(contextLength, threads, cacheType, other, maxSequences, stepTokens);
  }

  /// With another number of requests at once.
  public EngineOptions withMaxSequences(int count) {
    return new EngineOptions(contextLength, threads, cacheType, access, count, stepTokens);
  }

  /// With another number of tokens a step.
  public EngineOptions withStepTokens(int tokens) {
    return new EngineOptions(contextLength, threads, cacheType, access, maxSequences, tokens);
  }
}
