package dev.kawi.hub;

/// A repository that a search found.
///
/// @param hub where it is
/// @param id owner and name
/// @param downloads how often it was downloaded, as the hub counts
/// @param likes people who marked it
public record SearchResult(Hub hub, String id, long downloads, long likes) {}
