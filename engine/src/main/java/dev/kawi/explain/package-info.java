/// What a model did, step by step, for people: [dev.kawi.explain.Explanation] is the data, and it
/// can be read in a terminal, as one self-contained page, or as JSON.
@NullMarked
package dev.kawi.explain;

import org.jspecify.annotations.NullMarked;
