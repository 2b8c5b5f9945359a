package dev.kawi.explain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class HtmlViewTest {
  private static final String HOSTILE =
      "</script><script>alert(1)</script><!--&\u2028\"'{{script}}";

  private static String page(Explanation explanation) {
    return HtmlView.render(explanation, Language.ENGLISH);
  }

  private static JsonNode data(String page) {
    Matcher matcher =
        Pattern.compile(
                "<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL)
            .matcher(page);
    assertTrue(matcher.find());
    return new ObjectMapper().readTree(matcher.group(1));
  }

  @Test
  void hostileTokens_stayInsideOfTheData() {
    String harmless = page(SyntheticExplanation.of(List.of("x"), List.of("y")));
    String page = page(SyntheticExplanation.of(List.of(HOSTILE), List.of(HOSTILE)));
    assertEquals(count(harmless, "<script"), count(page, "<script"));
    assertEquals(count(harmless, "</script"), count(page, "</script"));
    assertEquals(count(harmless, "<!--"), count(page, "<!--"));
    assertEquals(HOSTILE, data(page).get("tokens").get(1).get("text").asString());
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void everyPart_isInTheData() {
    Explanation explanation = SyntheticExplanation.sample();
    JsonNode data = data(page(explanation));
    assertEquals(explanation.text(), data.get("text").asString());
    assertEquals(explanation.tokens().size(), data.get("tokens").size());
    assertEquals(explanation.numPositions(), data.get("embeddings").size());
    assertEquals(4, data.get("embeddings").get(0).get("nearest").size());
    assertEquals(6, data.get("layers").size());
    assertEquals(explanation.numPositions(), data.get("layers").get(0).get("residualNorms").size());
    assertEquals(explanation.numPositions(), data.get("layers").get(0).get("guesses").size());
    assertEquals(6, data.get("choices").size());
    JsonNode choice = data.get("choices").get(0);
    assertEquals(32_000, choice.get("vocabSize").asInt());
    assertEquals(12, choice.get("candidates").size());
    assertEquals("top-k", choice.get("filters").get(1).get("name").asString());
    assertEquals(" cat", choice.get("chosen").get("text").asString());
  }

  @Test
  void attention_isPackedInOrderHeadQueryKey() {
    Explanation explanation = SyntheticExplanation.sample();
    int numPositions = explanation.numPositions();
    byte[] bytes =
        Base64.getDecoder()
            .decode(data(page(explanation)).get("layers").get(2).get("attention").asString());
    ByteBuffer packed = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    float[][][] attention = explanation.layers().get(2).attention();
    assertEquals(2 * 8 * numPositions * numPositions, bytes.length);
    float[] row = new float[numPositions];
    for (int k = 0; k < numPositions; k++) {
      row[k] =
          Short.toUnsignedInt(packed.getShort(2 * ((3 * numPositions + 5) * numPositions + k)))
              / 65535f;
    }
    assertArrayEquals(attention[3][5], row, 1e-5f);
  }

  /// Nothing is fetched: no address of another place, and a policy that allows only the one program
  /// by its hash.
  @Test
  void page_isSelfContained() throws Exception {
    String page = page(SyntheticExplanation.sample());
    String script = page.substring(page.lastIndexOf("<script>") + 8, page.lastIndexOf("</script>"));
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
    assertTrue(page.contains("default-src 'none'"));
    assertTrue(
        page.contains("script-src 'sha256-" + Base64.getEncoder().encodeToString(hash) + "'"));
    assertFalse(page.contains("src="));
    assertEquals(Set.of("http://www.w3.org/2000/svg"), addresses(page));
    assertFalse(script.contains("innerHTML"));
    assertFalse(page.contains("{{"));
  }

  private static Set<String> addresses(String page) {
    return Set.copyOf(
        Pattern.compile("https?://[^'\"\\s]+")
            .matcher(page)
            .results()
            .map(r -> r.group())
            .toList());
  }

  @Test
  void skeleton_isWellFormedWithSixStepsInBothLanguages() {
    String page = page(SyntheticExplanation.sample());
    String skeleton =
        page.replaceAll("(?s)<(script|style)\\b[^>]*>.*?</\\1>", "")
            .replaceAll("(?s)<!DOCTYPE[^>]*>", "");
    assertBalanced(skeleton);
    for (int step = 1; step <= 6; step++) {
      assertTrue(skeleton.contains("<section id=\"step-" + step + "\""));
    }
    assertEquals(count(skeleton, "<span lang=\"en\">"), count(skeleton, "<span lang=\"zh\">"));
    assertTrue(
        HtmlView.render(SyntheticExplanation.sample(), Language.CHINESE)
            .contains("<html lang=\"zh\" data-lang=\"zh\">"));
  }

  private static void assertBalanced(String html) {
    Set<String> empty = Set.of("meta", "br", "input", "ellipse", "circle");
    ArrayDeque<String> open = new ArrayDeque<>();
    Matcher tags = Pattern.compile("<(/?)([a-z][a-z0-9]*)\\b[^>]*>").matcher(html);
    while (tags.find()) {
      if (tags.group(1).isEmpty()) {
        if (!empty.contains(tags.group(2))) {
          open.push(tags.group(2));
        }
      } else {
        assertEquals(open.pop(), tags.group(2));
      }
    }
    assertTrue(open.isEmpty(), open.toString());
  }

  @Test
  void nothingGenerated_isAPageToo() {
    JsonNode data = data(page(SyntheticExplanation.of(List.of("only", " this"), List.of())));
    assertEquals(3, data.get("embeddings").size());
    assertEquals(0, data.get("choices").size());
  }
}
