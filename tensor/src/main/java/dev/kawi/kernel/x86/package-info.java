/// Machine code for x86-64, written at run time.
@NullMarked
package dev.kawi.kernel.x86;

import org.jspecify.annotations.NullMarked;
