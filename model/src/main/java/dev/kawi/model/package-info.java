/// Architectures: one file each, reading a checkpoint into layers.
@NullMarked
package dev.kawi.model;

import org.jspecify.annotations.NullMarked;
