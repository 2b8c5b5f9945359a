/// Shapes, storage types and off-heap memory.
@NullMarked
package dev.kawi.tensor;

import org.jspecify.annotations.NullMarked;
