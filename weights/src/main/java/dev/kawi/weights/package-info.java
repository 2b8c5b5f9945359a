/// What is done with model files as a whole: importing other formats, inspecting, and the weights
/// of a model.
@NullMarked
package dev.kawi.weights;

import org.jspecify.annotations.NullMarked;
