package dev.kawi.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.sample.SamplingOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// On the trained model stories260K.
@Tag("data")
class ExplainerDataTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("kawi.data"), "models", "stories260K");

  @Test
  void greedyContinuation_isTheExpectedTextAndItsBytesAreCovered() throws IOException {
    String expected = Files.readString(FOLDER.resolve("expected_greedy_200steps.txt"));
    try (Loaded model = new Loaded(FOLDER.resolve("stories260K.gguf"))) {
      Explanation explanation = model.explain("Once upon a time", 40, SamplingOptions.greedy());
      String whole = explanation.text() + explanation.generatedText();
      assertTrue(expected.startsWith(whole), whole);
      assertEquals(5, explanation.layers().size());
      assertEquals(8, explanation.layers().getFirst().numHeads());
      int end = 0;
      for (ExplainedToken token : explanation.tokens()) {
        assertEquals(end, token.byteStart());
        end = token.byteEnd();
      }
      assertEquals(whole.getBytes(StandardCharsets.UTF_8).length, end);
    }
  }

  @Test
  void everyView_showsIt() throws IOException {
    try (Loaded model = new Loaded(FOLDER.resolve("stories260K.gguf"))) {
      Explanation explanation =
          model.explain("Lily had a", 8, SamplingOptions.builder().seed(1).build());
      assertTrue(HtmlView.render(explanation, Language.ENGLISH).contains("Lily had a"));
      assertTrue(JsonView.render(explanation).contains("Lily had a"));
      assertTrue(TerminalView.render(explanation, TerminalStyle.plain()).contains("Lily had a"));
    }
  }
}
