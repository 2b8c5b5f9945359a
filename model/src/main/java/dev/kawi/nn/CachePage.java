package dev.kawi.nn;

/// A page of a [KvCache]. What it is made of only its device knows.
public interface CachePage {}
