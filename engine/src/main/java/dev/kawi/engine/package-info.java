/// The engine: requests go in, steps of a ragged batch go through the model, text comes out.
@NullMarked
package dev.kawi.engine;

import org.jspecify.annotations.NullMarked;
