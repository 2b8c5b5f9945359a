package dev.kawi.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What happens in a process of its own when another program truncates a model that is in use.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class TruncationTest {
  private static final long ELEMENTS = 1 << 20;

  @TempDir Path folder;

  /// Reading a page that is gone ends the process, or the JVM turns it into an error: never is a
  /// wrong sum printed as if nothing had happened.
  @Test
  void mapped_doesNotComputeWithWhatIsGone() throws Exception {
    Child child = run(Access.MAP);
    assertNotEquals(0, child.exit());
    assertFalse(child.output().contains("sum"), child.output());
  }

  @Test
  void read_goesOnUnharmed() throws Exception {
    Child child = run(Access.READ);
    assertEquals(0, child.exit(), child.output());
    assertTrue(child.output().contains("sum " + (double) ELEMENTS), child.output());
  }

  private record Child(int exit, String output) {}

  private Child run(Access access) throws IOException, InterruptedException {
    Path file = folder.resolve("model.gguf");
    float[] ones = new float[(int) ELEMENTS];
    java.util.Arrays.fill(ones, 1);
    new GgufWriter(Metadata.builder().build())
        .add("t", StorageType.F32, List.of(ELEMENTS), ones)
        .write(file);
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                file.toString(),
                access.name())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(process.waitFor(10, TimeUnit.MINUTES));
    return new Child(process.exitValue(), Files.readString(output, StandardCharsets.ISO_8859_1));
  }

  /// Opens a model, has it truncated, and sums its only tensor.
  static final class Victim {
    private Victim() {}

    public static void main(String[] args) throws IOException {
      Path path = Path.of(args[0]);
      try (GgufFile file = GgufFile.open(path, Access.valueOf(args[1]))) {
        MemorySegment data = file.data(file.tensors().getFirst());
        try (FileChannel other = FileChannel.open(path, StandardOpenOption.WRITE)) {
          other.truncate(8192);
        }
        double sum = 0;
        for (long i = 0; i < ELEMENTS; i++) {
          sum += data.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        }
        System.out.println("sum " + sum);
      }
    }
  }
}
