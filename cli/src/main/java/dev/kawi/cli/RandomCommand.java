package dev.kawi.cli;

import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.model.random.StorageMix;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `kawi random --shape NAME --out F`: a model of random weights in a known shape.
@Command(
    name = "random",
    mixinStandardHelpOptions = true,
    description = {
      "Write a model of random weights: it says nothing, but is as fast as a real one of its"
          + " shape.",
      "The same shape, storage and seed give the same file on any machine.",
    },
    footer = {
      "",
      "Examples:",
      "  kawi random --shape qwen2.5-0.5b --storage Q8_0 --out random.gguf",
      "  kawi random --shape llama-3.2-1b --storage Q4_K_M --seed 7 --out random.gguf",
      "  kawi random --list",
    })
final class RandomCommand implements Callable<Integer> {
  private static final String MIX = "Q4_K_M";

  private final Console console;

  @Option(names = "--shape", paramLabel = "NAME", description = "A shape (qwen2.5-0.5b).")
  private String shape = "qwen2.5-0.5b";

  @Option(
      names = "--storage",
      paramLabel = "TYPE",
      description = "How matrices are stored: F32, BF16, Q8_0, Q4_0, ... or Q4_K_M (Q8_0).")
  private String storage = "Q8_0";

  @Option(names = "--seed", paramLabel = "N", description = "Chooses the weights (1).")
  @Range
  private long seed = 1;

  @Option(
      names = "--out",
      paramLabel = "OUT.gguf",
      description = "The new file (needed, unless --list).")
  private Optional<Path> out = Optional.empty();

  @Option(names = "--list", description = "List the shapes instead.")
  private boolean list;

  @Mixin private NewFile files = new NewFile();

  @Spec private @Nullable CommandSpec spec;

  RandomCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (list) {
      RandomShape.names().forEach(console.out()::println);
      return 0;
    }
    if (!RandomShape.names().contains(shape)) {
      throw wrong(
          "--shape must be one of %s, found '%s'"
              .formatted(String.join(", ", RandomShape.names()), shape));
    }
    RandomShape known = RandomShape.named(shape);
    StorageMix mix = mix(known);
    Path file =
        out.orElseThrow(
            () -> wrong("random needs the name of the new file, such as --out random.gguf"));
    files.check(file);
    new RandomModel(known, mix, seed).write(file);
    console.say("wrote %s (%s)".formatted(file, Sizes.bytes(Files.size(file))));
    return 0;
  }

  private StorageMix mix(RandomShape known) {
    String name = storage.toUpperCase(Locale.ROOT);
    if (name.equals(MIX)) {
      return StorageMix.mediumQ4K(known.numLayers());
    }
    return Arrays.stream(StorageType.values())
        .filter(type -> type.name().equals(name))
        .findFirst()
        .map(StorageMix::uniform)
        .orElseThrow(() ->
            wrong(
                "--storage must be one of %s, %s, found '%s'"
                    .formatted(
                        Arrays.stream(StorageType.values())
                            .map(StorageType::name)
                            .collect(Collectors.joining(", ")),
                        MIX,
                        storage)));
  }

  private ParameterException wrong(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }
}
