/// From logits to the next token: filters, penalties, the draw, and the text conditions that end an
/// answer.
///
/// [dev.kawi.sample.Sampler] is what an engine holds for each sequence;
/// [dev.kawi.sample.SamplerChain] says which steps run in which order; every step is one file.
/// Nothing here knows a model: the input is an array of logits.
@NullMarked
package dev.kawi.sample;

import org.jspecify.annotations.NullMarked;
