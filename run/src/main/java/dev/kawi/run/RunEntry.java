package dev.kawi.run;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/// A run in the list of Kawi's home.
///
/// @param id its name among all runs
/// @param command what was run
/// @param created when it was made
/// @param folder where it is, or was
/// @param run what its folder holds; empty if the folder is gone, or no longer holds this run
public record RunEntry(
    String id, String command, Instant created, Path folder, Optional<RunReader> run) {}
