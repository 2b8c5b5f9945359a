package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Another device behind the same engine: the same tokens as the processor's, and numbers that
/// differ by the rounding of sums.
class HeapDeviceTest extends DeviceContract {
  private static final double TOLERANCE = 1e-4;

  @Override
  Devices devices() {
    return (kernels, team) -> new HeapDevice();
  }

  /// What a device says of one prompt.
  private record Said(List<Integer> tokens, List<Double> logProbabilities, FloatBuffer vector) {}

  private static Said say(Path path, Devices devices) throws IOException {
    try (Model model = load(path, OPTIONS, devices)) {
      List<Double> logProbabilities = new ArrayList<>();
      GenerationResult result =
          model.generate(
              request(tokens(40, 3), 16).withTopLogProbs(1),
              token -> logProbabilities.add(token.logProbability()));
      return new Said(
          result.tokens(), logProbabilities, FloatBuffer.wrap(model.embed("a little girl")));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tiny-llama",
        "tiny-bloom",
        "tiny-gemma2",
        "tiny-gpt-oss",
        "tiny-deepseek2",
        "tiny-qwen3moe",
        "tiny-qwen35",
        "tiny-chatglm1"
      })
  void tokens_areThoseOfTheProcessor(String shape) throws IOException {
    Path path = write(shape);
    Said expected = say(path, Devices.CPU);
    Said found = say(path, devices());

    assertEquals(expected.tokens(), found.tokens());
    for (int i = 0; i < expected.logProbabilities().size(); i++) {
      assertEquals(expected.logProbabilities().get(i), found.logProbabilities().get(i), TOLERANCE);
    }
    assertArrayEquals(expected.vector().array(), found.vector().array(), (float) TOLERANCE);
  }
}
