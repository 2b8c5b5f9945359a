/// Models of random weights, for tests and measurements: which keys and tensors the files of each
/// architecture have, and values for them.
@NullMarked
package dev.kawi.model.random;

import org.jspecify.annotations.NullMarked;
