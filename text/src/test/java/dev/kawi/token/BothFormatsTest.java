package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer.Form;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A vocabulary in a GGUF file and the same in the files of its publisher: the same ids and the
/// same text. Where the data folder has one format only, the test writes the other.
@Tag("data")
class BothFormatsTest {
  private static final Set<String> IN_BOTH =
      Set.of(
          "ggml-vocab-gpt-2.gguf",
          "hf/gpt2/merges.txt",
          "hf/gpt2/vocab.json",
          "ggml-vocab-llama-spm.gguf",
          "hf/llama2/tokenizer.json",
          "hf/llama2/tokenizer.model",
          "llama2.c/tokenizer.bin",
          "ggml-vocab-phi-3.gguf",
          "hf/phi-3/tokenizer.json");

  /// Of these the other format is written here.
  private static final Set<String> IN_ONE =
      Set.of(
          "ggml-vocab-bert-bge.gguf",
          "hf/llama3/tokenizer.model",
          "hf/qwen2/merges.txt",
          "hf/qwen2/tokenizer_config.json",
          "hf/qwen2/vocab.json",
          "hf/t5-small/tokenizer.json");

  /// Its files would need the expressions by which DeepSeek splits words, which GGUF only names.
  private static final Set<String> IN_GGUF_ALONE = Set.of("ggml-vocab-deepseek-llm.gguf");

  @TempDir private Path folder;

  private static Path file(String name) {
    return TestData.tokenizers().resolve(name);
  }

  private static List<String> texts() {
    return Stream.concat(
            TestData.pairs("llama-spm").stream().map(TestData.Pair::text), Goldens.texts().stream())
        .toList();
  }

  private static void assertSame(Tokenizer gguf, Tokenizer files, UnaryOperator<String> allowing) {
    for (String original : texts()) {
      String text = allowing.apply(original);
      int[] ids = gguf.encode(text);
      assertArrayEquals(ids, files.encode(text), () -> "ids of \"" + text + "\"");
      assertEquals(gguf.decode(ids), files.decode(ids), () -> "text of \"" + text + "\"");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gpt-2, hf/gpt2",
    "llama-spm, hf/llama2/tokenizer.model",
    "llama-spm, llama2.c/tokenizer.bin",
    "phi-3, hf/phi-3/tokenizer.json",
  })
  void ggufAndFiles_giveTheSame(String gguf, String files) throws IOException {
    assertSame(TestData.gguf(gguf), Tokenizers.load(file(files)), UnaryOperator.identity());
  }

  @Test
  void llama2_withoutNoBreakSpaces() throws IOException {
    // This copy of tokenizer.json lost its no-break spaces: the token of U+00A0 is a plain space.
    assertSame(
        TestData.gguf("llama-spm"),
        Tokenizers.load(file("hf/llama2/tokenizer.json")),
        text -> text.replace("\u00a0", ""));
  }

  @Test
  void stories_ggufAndLlama2c() throws IOException {
    Path stories = Path.of(System.getProperty("kawi.data"), "models", "stories260K");
    try (GgufFile gguf = GgufFile.open(stories.resolve("stories260K.gguf"))) {
      assertSame(
          Tokenizers.from(gguf.metadata()),
          Tokenizers.load(stories.resolve("tok512.bin")),
          UnaryOperator.identity());
    }
  }

  @Test
  void qwen2_writtenAsGguf() throws IOException {
    // GGUF has no key for Qwen's NFC, and llama.cpp does without it.
    assertSame(
        Tokenizers.from(OtherFormat.qwen2(file("hf/qwen2"))),
        Tokenizers.load(file("hf/qwen2")),
        text -> java.text.Normalizer.normalize(text, Form.NFC));
  }

  @Test
  void llama3_writtenAsGguf() throws IOException {
    Path ranks = file("hf/llama3/tokenizer.model");
    assertSame(
        Tokenizers.from(OtherFormat.llama3(ranks)),
        Tokenizers.load(ranks),
        UnaryOperator.identity());
  }

  @Test
  void t5_writtenAsGguf() throws IOException {
    // tokenizer.json splits at all white space of Unicode; SentencePiece, whose rules GGUF's are,
    // knows its own, without these two.
    Path file = file("hf/t5-small/tokenizer.json");
    assertSame(
        Tokenizers.from(OtherFormat.t5(file)),
        Tokenizers.load(file),
        text -> text.replaceAll("[\u0085\u1680]", ""));
  }

  @Test
  void bert_writtenAsVocabTxt() throws IOException {
    Path file = folder.resolve("vocab.txt");
    OtherFormat.writeBert(TestData.metadata("bert-bge"), file);
    assertSame(TestData.gguf("bert-bge"), Tokenizers.load(file), UnaryOperator.identity());
  }

  @Test
  void folder_hasTheSetsThatAreNamedHere() throws IOException {
    Path root = TestData.tokenizers();
    try (Stream<Path> all = Files.walk(root)) {
      assertEquals(
          Stream.of(IN_BOTH, IN_ONE, IN_GGUF_ALONE).flatMap(Set::stream).sorted().toList(),
          all.filter(Files::isRegularFile)
              .map(path -> root.relativize(path).toString().replace('\\', '/'))
              .filter(name -> !name.matches(".*(\\.inp|\\.out|/LICENSE)"))
              .sorted()
              .toList());
    }
  }
}
