/// The `kawi` command: one class for each subcommand, wired to the libraries.
@NullMarked
package dev.kawi.cli;

import org.jspecify.annotations.NullMarked;
