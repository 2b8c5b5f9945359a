package dev.kawi.cli;

import dev.kawi.weights.ConversionOptions;
import dev.kawi.weights.Converter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi convert IN --out OUT.gguf`: any model file that can be imported, as one GGUF file.
@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    description = {
      "Write a model of another format as one GGUF file.",
      "Inputs: a llama2.c checkpoint (.bin, version 0 or 1); a GGUF file split into several;",
      "a LLaMA in a format that llama.cpp had before GGUF (ggml, ggmf, ggjt 1 to 3).",
    },
    footer = {
      "",
      "Examples:",
      "  kawi convert stories15M.bin --tokenizer tokenizer.bin --out stories15M.gguf",
      "  kawi convert model-00001-of-00003.gguf --out model.gguf",
      "  kawi convert llama-2-7b.ggmlv3.q4_0.bin --rms-eps 1e-5 --ctx 4096 --out llama-2-7b.gguf",
    })
final class Convert implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "IN", description = "The model file.")
  private Path in = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "OUT.gguf", description = "The new file.")
  private Path out = Path.of("");

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "The vocabulary, where it is a file of its own (else looked for beside IN).")
  private Optional<Path> tokenizer = Optional.empty();

  @Option(
      names = "--ctx",
      paramLabel = "N",
      description =
          "Tokens that a model in a format before GGUF was made for (2048; LLaMA 2 has 4096).")
  @Range(min = 1)
  private Optional<Integer> context = Optional.empty();

  @Option(
      names = "--rms-eps",
      paramLabel = "X",
      description =
          "Epsilon of the norms of such a model (5e-6; LLaMA 1 has 1e-6, LLaMA 2 has 1e-5).")
  @Range(above = 0, max = 1)
  private Optional<Float> rmsNormEps = Optional.empty();

  @Mixin private NewFile files = new NewFile();

  Convert(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    files.check(out);
    Converter.convert(in, out, new ConversionOptions(tokenizer, context, rmsNormEps));
    console.say("wrote %s (%s)".formatted(out, Sizes.bytes(Files.size(out))));
    return 0;
  }
}
