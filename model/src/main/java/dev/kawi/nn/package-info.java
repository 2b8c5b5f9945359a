/// The layers of which models are made, the executor that carries them out, and the key-value
/// cache.
@NullMarked
package dev.kawi.nn;

import org.jspecify.annotations.NullMarked;
