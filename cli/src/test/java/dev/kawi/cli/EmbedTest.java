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
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
  void textThatIsEmptyOrTooLong_isNamedByItsPlace() throws IOException {
    Path lines = Files.writeString(temp.resolve("lines.txt"), "one\n\nthree\n");
    CommandLineRun empty = embed(plain, "--texts", lines.toString());
    assertEquals(1, empty.exitCode());
    assertTrue(empty.err().contains("text 1 of 3 (from 0) is empty"), empty.err());

    String tooLong = "word ".repeat(3000);
    CommandLineRun refused = embed(plain, "short", tooLong);
    assertEquals(1, refused.exitCode());
    assertTrue(refused.err().contains("text 1 of 2 (from 0) is too long"), refused.err());
    assertTrue(refused.err().contains("--truncate"), refused.err());
    CommandLineRun cut = embed(plain, "--truncate", "short", tooLong);
    assertEquals(0, cut.exitCode(), cut.err());
    assertTrue(cut.err().contains("text 1 of 2"), cut.err());
  }

  @Test
  void linesOfAFile_areTexts() throws IOException {
    Path lines = Files.writeString(temp.resolve("lines.txt"), "a cat\na dog\n");
    assertEquals(
        embed(plain, "a cat", "a dog").out(), embed(plain, "--texts", lines.toString()).out());
  }

  @Test
  void dimensions_keepTheFirstNumbersOfLengthOne() {
    JsonNode cut = new JsonMapper().readTree(embed(plain, "--dimensions", "8", "a cat").out());
    JsonNode whole = new JsonMapper().readTree(embed(plain, "a cat").out());
    assertEquals(8, cut.get("size").asInt());
    double length = 0;
    for (JsonNode number : cut.at("/vectors/0")) {
      length += number.asDouble() * number.asDouble();
    }
    assertEquals(1, length, 1e-5);
    assertEquals(
        whole.at("/vectors/0/0").asDouble() / whole.at("/vectors/0/1").asDouble(),
        cut.at("/vectors/0/0").asDouble() / cut.at("/vectors/0/1").asDouble(),
        1e-3);
    CommandLineRun wrong = embed(plain, "--dimensions", "100000", "a cat");
    assertEquals(2, wrong.exitCode());
    assertTrue(wrong.err().contains("--dimensions must be from 1 to "), wrong.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"encoder-bert-reranker", "encoder-modern-reranker"})
  void randomRerankers_rankTexts(String shape) throws IOException {
    Path file = temp.resolve("rerank.gguf");
    new RandomModel(RandomShape.named(shape), StorageType.F32, 1).write(file);
    CommandLineRun run =
        CommandLineRun.of(
            "rerank", "-m", file.toString(), "--query", "a", "--top-n", "2", "b", "c d", "e");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(2, run.out().lines().count(), run.out());
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
