/// Benchmarks of kernels.
@NullMarked
package dev.kawi.bench;

import org.jspecify.annotations.NullMarked;
