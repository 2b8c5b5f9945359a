package dev.kawi.cli;

import dev.kawi.chat.Embedder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `kawi embed`: texts to vectors, and for people, how alike the texts are.
@Command(
    name = "embed",
    mixinStandardHelpOptions = true,
    description =
        "Turn texts into vectors that lie near each other where the texts mean alike, and show how"
            + " alike they are.",
    footer = {
      "",
      "Examples:",
      "  kawi embed --model bge-small.gguf \"a cat\" \"a kitten\" \"a tax return\"",
      "  kawi embed --model bge-small.gguf --query \"what is a kitten?\" \"a young cat\" \"a tax\"",
      "  kawi embed --model embeddinggemma-300m --prompt document --query kitten \"a cat\" \"a tax\"",
      "  kawi embed --model bge-small.gguf --texts lines.txt --truncate --json > vectors.json",
    })
final class Embed implements Callable<Integer> {
  private static final int SHOWN = 40;

  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final ModelOptions model;

  @Mixin private TextList texts = new TextList();

  @Option(
      names = "--query",
      paramLabel = "TEXT",
      description = "A text that one searches with: shows the others by how near they are.")
  private Optional<String> query = Optional.empty();

  @Option(
      names = "--prompt",
      paramLabel = "NAME",
      description =
          "Put the text of this name, which the model's publisher wrote, before each text, as in"
              + " \"document\". A query has its own by itself.")
  private Optional<String> prompt = Optional.empty();

  @Option(
      names = "--truncate",
      description = "Leave out the end of a text that is too long instead of refusing it.")
  private boolean truncate;

  @Range(min = 1)
  @Option(
      names = "--dimensions",
      paramLabel = "N",
      description =
          "Keep the first N numbers of each vector, scaled to length 1, for models that were trained"
              + " so (Matryoshka).")
  private Optional<Integer> dimensions = Optional.empty();

  @Option(names = "--json", description = "Print the vectors.")
  private boolean json;

  Embed(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  @Override
  public Integer call() throws IOException {
    List<String> all = texts.read();
    if (all.isEmpty() && query.isEmpty()) {
      throw new CommandFailure("embed needs texts: as arguments, or in a file with --texts");
    }
    try (Embedder embedder = model.loadEmbedder()) {
      requireDimensions(embedder);
      String before = prompt.map(name -> prompt(embedder, name)).orElse("");
      List<float[]> vectors = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        String name = "text %d of %d".formatted(i, all.size());
        vectors.add(vector(embedder, before + all.get(i), all.get(i), name));
      }
      Optional<float[]> asked = query.map(embedder::embedQuery).map(this::shortened);
      if (json) {
        printJson(embedder, vectors, asked);
      } else if (asked.isPresent()) {
        printNearest(all, vectors, asked.get());
      } else {
        printAlike(all, vectors);
      }
    }
    return 0;
  }

  private void requireDimensions(Embedder embedder) {
    dimensions
        .filter(n -> n > embedder.size())
        .ifPresent(n -> {
          throw new ParameterException(
              Objects.requireNonNull(spec).commandLine(),
              "--dimensions must be from 1 to %d, the length of the vectors of %s, found %d"
                  .formatted(embedder.size(), embedder.name(), n));
        });
  }

  private float[] vector(Embedder embedder, String whole, String text, String name) {
    if (text.isBlank()) {
      throw new CommandFailure("embed: %s (from 0) is empty; leave it out".formatted(name));
    }
    String read = embedder.beginning(whole);
    if (read.length() < whole.length()) {
      if (!truncate) {
        throw new CommandFailure(
            "embed: %s (from 0) is too long, %s reads its first %d of %d characters; split it, or add --truncate"
                .formatted(name, embedder.name(), read.length(), whole.length()));
      }
      console.say(
          "%s (from 0) is too long: the last %d of its %d characters are left out"
              .formatted(name, whole.length() - read.length(), whole.length()));
    }
    return shortened(embedder.embed(read));
  }

  /// The first numbers of a vector, scaled to length 1.
  private float[] shortened(float[] vector) {
    int n = dimensions.orElse(vector.length);
    if (n == vector.length) {
      return vector;
    }
    float[] first = Arrays.copyOf(vector, n);
    double length = Math.sqrt(dot(first, first));
    for (int i = 0; i < n; i++) {
      first[i] = (float) (first[i] / length);
    }
    return first;
  }

  private static String prompt(Embedder embedder, String name) {
    Map<String, String> known = embedder.prompts();
    String text = known.get(name);
    if (text == null) {
      throw new CommandFailure(
          known.isEmpty()
              ? "embed: %s names no prompts; put the text before yours instead of --prompt %s"
                  .formatted(embedder.name(), name)
              : "embed: %s has no prompt %s; it has %s"
                  .formatted(embedder.name(), name, String.join(", ", known.keySet())));
    }
    return text;
  }

  private void printJson(Embedder embedder, List<float[]> vectors, Optional<float[]> asked) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("model", embedder.name());
    answer.put("size", dimensions.orElse(embedder.size()));
    asked.ifPresent(vector -> answer.put("query", vector));
    answer.put("vectors", vectors);
    Json.printLine(console, answer);
  }

  private void printNearest(List<String> all, List<float[]> vectors, float[] asked) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      order.add(i);
    }
    order.sort((a, b) -> Double.compare(dot(asked, vectors.get(b)), dot(asked, vectors.get(a))));
    for (int i : order) {
      console.out().printf(Locale.ROOT, "%6.3f  %s%n", dot(asked, vectors.get(i)), all.get(i));
    }
  }

  /// The cosine of each pair.
  private void printAlike(List<String> all, List<float[]> vectors) {
    for (int i = 0; i < all.size(); i++) {
      StringBuilder line = new StringBuilder();
      for (float[] other : vectors) {
        line.append(String.format(Locale.ROOT, "%6.3f ", dot(vectors.get(i), other)));
      }
      String text = all.get(i);
      int end = text.offsetByCodePoints(0, Math.min(SHOWN, text.codePointCount(0, text.length())));
      console.out().println(line + " " + text.substring(0, end).replace('\n', ' '));
    }
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
