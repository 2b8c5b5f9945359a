package dev.kawi.weights;

import dev.kawi.gguf.GgufWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/// Turns a LLaMA in one of the formats before GGUF into a GGUF file of the architecture `llama`.
/// F32, F16 and the K-quants are copied as they are; see [GgmlBlocks] for the rest.
///
/// The file does not say the context that the model was made for, nor the epsilon of its norms. If
/// the caller does not, either: grouped key-value heads mean LLaMA 2 70B (4096, 1e-5); otherwise
/// 2048 and 5e-6 are taken, the compromise between LLaMA 1 (1e-6) and 2 (1e-5) that llama.cpp's
/// converter makes.
final class GgmlImporter {
  private static final int CONTEXT_LENGTH = 2048;
  private static final int CONTEXT_LENGTH_GROUPED = 4096;
  private static final float RMS_NORM_EPS = 5e-6f;
  private static final float RMS_NORM_EPS_GROUPED = 1e-5f;

  private GgmlImporter() {}

  /// Whether a file begins like one of these formats.
  static boolean matches(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return GgmlFormat.matches(MappedFile.map(file, arena));
    }
  }

  static void convert(Path in, Path out, ConversionOptions options) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      GgmlFile file = GgmlFile.parse(MappedFile.map(in, arena), in.toString());
      writer(in, file, options).write(out);
    }
  }

  private static GgufWriter writer(Path in, GgmlFile file, ConversionOptions options) {
    LlamaSizes shapes = file.sizes(CONTEXT_LENGTH);
    boolean grouped = shapes.numKvHeads() < shapes.numHeads();
    LlamaSizes sizes =
        file.sizes(
            options.contextLength().orElse(grouped ? CONTEXT_LENGTH_GROUPED : CONTEXT_LENGTH));
    float epsilon = options.rmsNormEps().orElse(grouped ? RMS_NORM_EPS_GROUPED : RMS_NORM_EPS);
    GgufWriter writer =
        new GgufWriter(
            LlamaMetadata.of(in, file.header().fileType(), sizes, epsilon, file.vocabulary()));
    for (GgmlFile.Weight weight : file.weights(sizes)) {
      GgmlTensor tensor = weight.tensor();
      writer.add(weight.name(), tensor.type(), tensor.shape(), tensor::blocks);
    }
    return writer;
  }
}
