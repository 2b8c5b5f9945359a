/// Kernels: what is computed on rows and matrices of each storage type.
@NullMarked
package dev.kawi.kernel;

import org.jspecify.annotations.NullMarked;
