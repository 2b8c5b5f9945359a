/// The files of `torch.save`: what publishers shipped before safetensors.
@NullMarked
package dev.kawi.pytorch;

import org.jspecify.annotations.NullMarked;
