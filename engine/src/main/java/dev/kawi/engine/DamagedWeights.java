package dev.kawi.engine;

import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.Kernels;
import dev.kawi.sample.SamplingException;
import dev.kawi.tensor.StorageType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Looks for weights that are no numbers, once a model has computed what is no number: only then is
/// it worth reading all of them.
final class DamagedWeights {
  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,6})\\..*");
  private static final int SLICE = 1 << 14;

  private final ModelFile file;
  private final Kernels kernels;

  DamagedWeights(ModelFile file, Kernels kernels) {
    this.file = file;
    this.kernels = kernels;
  }

  /// Fails if one of these results is no number, naming the weight that is to blame.
  float[] requireNumbers(float... results) {
    for (float result : results) {
      if (!Float.isFinite(result)) {
        String found = Float.isNaN(result) ? "NaN" : "an infinite number";
        throw error()
            .orElseGet(() ->
                new ModelFormatException(
                    "%s computes %s although all weights are numbers; a number overflowed: try another storage type of this model"
                        .formatted(file.path(), found)));
      }
    }
    return results;
  }

  /// What `work` gives. If it fails because it met no numbers, the error is [#explained].
  <T> T explaining(Supplier<T> work) {
    try {
      return work.get();
    } catch (SamplingException e) {
      throw explained(e);
    }
  }

  /// An error of sampling, explained by a weight that is no number, if there is one; any other
  /// error as it is.
  RuntimeException explained(RuntimeException cause) {
    return cause instanceof SamplingException
        ? error().<RuntimeException>map(damage -> damage).orElse(cause)
        : cause;
  }

  /// The error that names the first damaged weight, in the order in which a text passes them; empty
  /// if there is none.
  private Optional<ModelFormatException> error() {
    return file.tensors().stream()
        .filter(TensorInfo::readable)
        .sorted(Comparator.comparingLong(DamagedWeights::layer))
        .flatMap(tensor -> damage(tensor).stream())
        .findFirst();
  }

  private static long layer(TensorInfo tensor) {
    Matcher layer = LAYER.matcher(tensor.name());
    return layer.matches()
        ? Long.parseLong(layer.group(1))
        : tensor.name().startsWith("output") ? Long.MAX_VALUE : -1;
  }

  private Optional<ModelFormatException> damage(TensorInfo tensor) {
    StorageType type = tensor.type();
    MemorySegment from = file.data(tensor);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(ValueLayout.JAVA_FLOAT, SLICE);
      long elements = tensor.shape().stream().reduce(1L, Math::multiplyExact);
      for (long at = 0; at < elements; at += SLICE) {
        int count = (int) Math.min(SLICE, elements - at);
        kernels.dequantize(type, from, type.bytes(at), values, 0, count);
        for (int i = 0; i < count; i++) {
          float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
          if (!Float.isFinite(value)) {
            return Optional.of(error(tensor, at + i, value));
          }
        }
      }
    }
    return Optional.empty();
  }

  private ModelFormatException error(TensorInfo tensor, long at, float value) {
    Matcher layer = LAYER.matcher(tensor.name());
    return new ModelFormatException(
        "%s is damaged: element %d of %s%s is %s; get the file again"
            .formatted(
                file.path(),
                at,
                tensor.name(),
                layer.matches() ? " (layer " + layer.group(1) + ")" : "",
                Float.isNaN(value) ? "NaN" : "infinite"));
  }
}
