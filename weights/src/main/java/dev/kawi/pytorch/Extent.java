package dev.kawi.pytorch;

/// A part of a file.
///
/// @param from its first byte
/// @param size bytes
record Extent(long from, long size) {}
