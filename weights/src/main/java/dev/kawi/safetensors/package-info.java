/// The safetensors format.
@NullMarked
package dev.kawi.safetensors;

import org.jspecify.annotations.NullMarked;
