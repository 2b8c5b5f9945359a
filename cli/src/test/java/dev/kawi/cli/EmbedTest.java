package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbedTest {
  @TempDir private Path temp;

  private Path plain = Path.of("");
  private Path prompted = Path.of("");

  @BeforeEach
  void writeModels() throws IOException {
    plain = temp.resolve("plain.gguf");
    prompted = temp.resolve("prompted.gguf");
    new RandomModel(RandomShape.named("encoder-nomic"), StorageType.F32, 1).write(plain);
    try (GgufFile from = GgufFile.open(plain)) {
      Metadata metadata =
          from.metadata().toBuilder()
              .string(HuggingFaceFolder.PROMPT + "query", "search for: ")
              .string(HuggingFaceFolder.PROMPT + "document", "text: ")
              .build();
      GgufWriter writer = new GgufWriter(metadata);
      for (TensorInfo tensor : from.tensors()) {
        writer.add(tensor.name(), StorageType.F32, tensor.shape(), from.data(tensor));
      }
      writer.write(prompted);
    }
  }

  private static CommandLineRun embed(Path model, String... rest) {
    String[] arguments = new String[rest.length + 4];
    arguments[0] = "embed";
    arguments[1] = "--model";
    arguments[2] = model.toString();
    arguments[3] = "--json";
    System.arraycopy(rest, 0, arguments, 4, rest.length);
    return CommandLineRun.of(arguments);
  }

  @Test
  void prompt_isPutBeforeTexts() {
    CommandLineRun run = embed(prompted, "--prompt", "document", "a cat");

    assertEquals(0, run.exitCode(), run.err());
    assertEquals(embed(prompted, "text: a cat").out(), run.out());
    assertNotEquals(embed(prompted, "a cat").out(), run.out());
  }

  @Test
  void promptThatTheModelDoesNotHave_isRefusedWithThoseItHas() {
    CommandLineRun run = embed(prompted, "--prompt", "title", "a cat");

    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("has no prompt title; it has query, document"), run.err());
  }

  @Test
  void promptOfAModelWithoutAny_isRefusedWithWhatToDo() {
    CommandLineRun run = embed(plain, "--prompt", "query", "a cat");

    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("put the text before yours"), run.err());
  }
}
