package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A program that uses Kawi as a library without `--add-modules jdk.incubator.vector`.
@Tag("data")
class WithoutVectorModuleTest {
  /// The program: prints a continuation.
  static final class Program {
    private Program() {}

    public static void main(String[] args) throws IOException {
      EngineOptions options = EngineOptions.defaults().withThreads(1);
      try (Model model = Model.load(Path.of(args[0]), options)) {
        GenerationRequest request =
            GenerationRequest.of(model.encodePrompt("Once upon a time"))
                .with(dev.kawi.sample.SamplingOptions.greedy())
                .withMaxTokens(10);
        System.out.println(
            model.kernels().kernels().name() + ":" + model.generate(request).await().text());
      }
    }
  }

  @Test
  void scalarKernelsServe_withOneLogLine(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path err = folder.resolve("err");
    Path out = folder.resolve("out");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName(),
                Stories.folder().resolve("stories260K.gguf").toString())
            .redirectError(err.toFile())
            .redirectOutput(out.toFile())
            .start();
    if (!process.waitFor(10, TimeUnit.MINUTES)) {
      process.destroyForcibly();
    }
    String text = Files.readString(out, StandardCharsets.UTF_8);
    assertEquals("scalar:, there was a little girl named Lily", text.strip());
    List<String> warnings =
        Files.readAllLines(err).stream().filter(line -> line.contains("Vector API")).toList();
    assertEquals(1, warnings.size(), () -> warnings.toString());
  }
}
