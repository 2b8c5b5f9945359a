/// Where Kawi keeps what is its own on a machine, and which version it is.
@NullMarked
package dev.kawi.home;

import org.jspecify.annotations.NullMarked;
