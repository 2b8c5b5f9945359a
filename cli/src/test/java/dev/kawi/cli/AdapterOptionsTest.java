package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `--adapter` of the commands that answer.
class AdapterOptionsTest {
  private static final RandomShape SHAPE = RandomShape.named("tiny-qwen2");

  @TempDir private Path folder;
  private String model = "";
  private String adapter = "";

  @BeforeEach
  void write() throws IOException {
    Path file = folder.resolve("model.gguf");
    new RandomModel(SHAPE, StorageType.F32, 1).write(file);
    model = file.toString();
    GgufWriter writer =
        new GgufWriter(
            Metadata.builder()
                .string("general.type", "adapter")
                .string("general.architecture", "qwen2")
                .string("adapter.type", "lora")
                .build());
    SplittableRandom random = new SplittableRandom(6);
    add(writer, "blk.1.attn_output.weight.lora_a", random, 2, SHAPE.querySize());
    add(writer, "blk.1.attn_output.weight.lora_b", random, SHAPE.hiddenSize(), 2);
    Path written = folder.resolve("a=b.gguf");
    writer.write(written);
    adapter = written.toString();
  }

  private static void add(
      GgufWriter writer, String name, SplittableRandom random, int rows, int cols) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    writer.add(name, StorageType.F32, List.of((long) rows, (long) cols), values);
  }

  private CommandLineRun run(String command, String... adapters) {
    List<String> all = new java.util.ArrayList<>(List.of(command, "--model", model));
    for (String one : adapters) {
      all.addAll(List.of("--adapter", one));
    }
    all.addAll(List.of("--temp", "0", "-n", "12", "--ignore-eos"));
    all.addAll(command.equals("chat") ? List.of("Hello") : List.of("--prompt", "Hello"));
    return CommandLineRun.of(all.toArray(String[]::new));
  }

  @Test
  void adapter_changesTheAnswerByItsScale() {
    for (String command : List.of("generate", "chat")) {
      CommandLineRun plain = run(command);
      assertEquals(0, plain.exitCode(), plain.err());
      assertEquals(plain.out(), run(command, adapter + "=0").out());
      String changed = run(command, adapter).out();
      assertNotEquals(plain.out(), changed);
      assertEquals(changed, run(command, adapter + "=1.0").out());
      assertEquals(plain.out(), run(command, adapter + "=1", adapter + "=-1").out());
    }
  }

  @Test
  void fileThatIsNoAdapter_isAnErrorOfOneLine() {
    CommandLineRun run = run("generate", model);
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("general.type"), run.err());
    assertEquals(1, run.err().strip().lines().count());
  }
}
