package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.kernel.KernelProvider;
import dev.kawi.model.random.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Folders give what the publishers' own code computes from them, whatever llama.cpp thinks:
/// [PublishersNumbers]. Their code loaded every tensor by its name, and missed none.
class PublishersCodeTest {
  private static final int CONTEXT_LENGTH = 256;

  /// Both compute in F32; they differ by the order of their sums.
  private static final double TOLERANCE = 1e-4;

  /// A folder for each shape, whose `config.json` is written again.
  @TempDir private static Path folders;

  static List<PublishersNumbers> numbers() {
    return PublishersNumbers.all();
  }

  private static Path folder(PublishersNumbers numbers) throws IOException {
    Path folder = folders.resolve(numbers.shape());
    Path original = folders.resolve(numbers.shape() + ".json");
    if (!Files.exists(original)) {
      Path gguf = folders.resolve("model.gguf");
      RandomModel model = numbers.golden().model();
      model.write(gguf);
      PublishedFolder.write(model, gguf, folder);
      Files.copy(folder.resolve("config.json"), original);
    }
    String config = numbers.changed(Files.readString(original));
    Files.writeString(folder.resolve("config.json"), config);
    return folder;
  }

  @ParameterizedTest
  @MethodSource("numbers")
  void folder_givesTheProbabilitiesOfThePublishersCode(PublishersNumbers numbers)
      throws IOException {
    try (ModelRun run =
        new ModelRun(folder(numbers), KernelProvider.choose().kernels(), CONTEXT_LENGTH)) {
      double delta = numbers.largestDelta(run.append(numbers.golden().ids()));
      assertTrue(delta <= TOLERANCE, "%s: largest difference %.2g".formatted(numbers, delta));
    }
  }

  @Test
  void numbers_holdEveryShapeOfWhichThereIsAFolder() {
    Set<String> found =
        numbers().stream().map(PublishersNumbers::shape).collect(Collectors.toSet());

    HuggingFaceFolderTest.goldens()
        .map(Golden::shape)
        .filter(shape -> !shape.equals("tiny-chatglm1")) // whose goldens are the publisher's
        .forEach(shape -> assertTrue(found.contains(shape), shape));
  }
}
