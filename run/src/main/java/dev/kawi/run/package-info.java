/// Runs: whatever takes longer than a minute, in a folder that can be watched, paused, cancelled
/// and resumed, from this process or another.
@NullMarked
package dev.kawi.run;

import org.jspecify.annotations.NullMarked;
