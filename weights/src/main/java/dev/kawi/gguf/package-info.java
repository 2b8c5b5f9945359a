/// GGUF files: metadata and memory-mapped tensors.
@NullMarked
package dev.kawi.gguf;

import org.jspecify.annotations.NullMarked;
