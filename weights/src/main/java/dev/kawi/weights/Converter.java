package dev.kawi.weights;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Turns any model file that Kawi can import into one GGUF file:
///
/// - a llama2.c checkpoint (`.bin`, version 0 or 1) with its `tokenizer.bin`;
/// - a LLaMA in a format that llama.cpp had before GGUF (`ggml`, `ggmf` 1, `ggjt` 1 to 3);
/// - a GGUF file, also one split into several, which become one.
public final class Converter {
  private static final List<String> SPLIT_KEYS =
      List.of("split.no", "split.count", "split.tensors.count");

  private Converter() {}

  /// Converts `in` to the GGUF file `out`; a vocabulary in a file of its own is looked for beside
  /// it.
  public static void convert(Path in, Path out) throws IOException {
    convert(in, out, ConversionOptions.NONE);
  }

  /// Converts `in` with its vocabulary in `tokenizer` to the GGUF file `out`.
  public static void convert(Path in, Path tokenizer, Path out) throws IOException {
    convert(in, out, ConversionOptions.NONE.withTokenizer(tokenizer));
  }

  /// Converts `in` to the GGUF file `out` with what its file does not say.
  public static void convert(Path in, Path out, ConversionOptions options) throws IOException {
    requireFile(in);
    if (Files.exists(out) && Files.isSameFile(in, out)) {
      throw new IOException("convert: " + out + " is the input; give --out another name");
    }
    if (GgmlImporter.matches(in)) {
      requireNoTokenizer(in, options);
      GgmlImporter.convert(in, out, options);
      return;
    }
    if (options.describesModel()) {
      throw new IOException(
          "convert: only files in a format before GGUF leave context and epsilon open, "
              + in
              + " is none; leave out --ctx and --rms-eps");
    }
    if (GgufFile.isOne(in)) {
      merge(in, out);
    } else if (Llama2cImporter.matches(in)) {
      Optional<Path> tokenizer = options.tokenizer();
      Path vocabulary =
          tokenizer.isPresent() ? tokenizer.get() : Llama2cImporter.tokenizerBeside(in);
      Llama2cImporter.convert(in, vocabulary, out);
    } else {
      throw new ModelFormatException(
          "convert: %s is neither a GGUF file nor a llama2.c checkpoint (.bin, version 0 or 1) nor a GGML file of a LLaMA (ggml, ggmf, ggjt)"
              .formatted(in));
    }
  }

  private static void requireNoTokenizer(Path in, ConversionOptions options) throws IOException {
    if (options.tokenizer().isPresent()) {
      throw new IOException(
          "convert: " + in + " holds its vocabulary itself; leave out --tokenizer");
    }
  }

  private static void requireFile(Path in) throws IOException {
    if (!Files.exists(in)) {
      throw new NoSuchFileException(
          in.toString(), null, "convert: no such file; is the path right?");
    }
    if (Files.isDirectory(in)) {
      throw new IOException("convert: " + in + " is a folder; name the model file in it");
    }
  }

  private static void merge(Path in, Path out) throws IOException {
    try (GgufFile gguf = GgufFile.open(in)) {
      Metadata.Builder metadata = gguf.metadata().toBuilder();
      SPLIT_KEYS.forEach(metadata::remove);
      GgufWriter writer = new GgufWriter(metadata.build());
      for (TensorInfo tensor : gguf.tensors()) {
        writer.add(tensor.name(), tensor.type(), tensor.shape(), gguf.data(tensor));
      }
      writer.write(out);
    }
  }
}
