package dev.kawi.engine;

/// How the pages of a model are used.
///
/// @param hitTokens tokens of prompts that were found in the cache
/// @param missTokens tokens of prompts that were computed
/// @param evictions cached pages that were taken for something else
/// @param preemptions sequences that gave their pages up and were computed again
/// @param usedPages pages of sequences that are running
/// @param cachedPages pages that hold cached content and are used by nobody
/// @param bytes memory of all pages
/// @param budgetBytes memory that pages may take
/// @param spillHits pages that came back from the folder
/// @param spillWrites pages that were written to the folder
/// @param spillBytes what the files of the folder take
public record CacheStats(
    long hitTokens,
    long missTokens,
    long evictions,
    long preemptions,
    int usedPages,
    int cachedPages,
    long bytes,
    long budgetBytes,
    long spillHits,
    long spillWrites,
    long spillBytes) {}
