package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizersTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "picture.png, '\u0089PNG\r\n', a PNG image",
    "tokenizer.model, '', empty",
    "model.pt, 'PK\u0003\u0004', 'a ZIP archive, perhaps a PyTorch checkpoint'",
    "tokenizer.model, version https://git-lfs.github.com/spec/v1, a Git LFS pointer and not the"
        + " file itself",
    "notes, Hello there, a text file",
    "data, '\u0001\u0002\u0003', a file of another kind",
  })
  void fileThatIsNoTokenizer_isNamedForWhatItIs(String name, String content, String kind)
      throws IOException {
    Path file = folder.resolve(name);
    Files.write(file, content.getBytes(StandardCharsets.ISO_8859_1));
    Exception e = assertThrows(ModelFormatException.class, () -> Tokenizers.load(file));
    String start = "tokenizer: %s is %s; a GGUF file, tokenizer.json".formatted(file, kind);
    assertTrue(e.getMessage().startsWith(start), e.getMessage());
  }

  @Test
  void folderWithoutATokenizer_namesTheFilesThatItCouldHave() {
    Exception e = assertThrows(NoSuchFileException.class, () -> Tokenizers.load(folder));
    assertTrue(
        e.getMessage().contains("no tokenizer here; one of [tokenizer.json"), e.getMessage());
  }

  @Test
  void emptyTokenizerJson_isNoJson() throws IOException {
    Path file = Files.createFile(folder.resolve("tokenizer.json"));
    Exception e = assertThrows(ModelFormatException.class, () -> Tokenizers.load(file));
    assertEquals(
        "tokenizer: %s is empty, expected JSON; is the download complete?".formatted(file),
        e.getMessage());
  }
}
