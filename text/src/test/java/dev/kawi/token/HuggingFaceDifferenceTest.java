package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// `tokenizer.json` means what Hugging Face's library says it means: random files and odd texts
/// give the same tokens, alone and in pairs, and tokens the same text.
class HuggingFaceDifferenceTest {
  private static final int FILES = Integer.getInteger("kawi.tokenizer.files", 2000);
  private static final int TEXTS = 20;
  private static final String EMPTY =
      "refused: tokenizer: the added token N is looked for in normalized text, but normalization"
          + " leaves nothing of it";

  @Test
  void randomFiles_giveTheTokensAndTextsOfHuggingFacesLibrary() {
    HuggingFaceDifference difference = new HuggingFaceDifference(TEXTS);
    for (int seed = 0; seed < FILES; seed++) {
      difference.compare(seed);
    }
    assertEquals(0, difference.count("differences"), () -> difference.shown().toString());
    assertEquals(FILES, difference.count("files"));
    assertEquals(
        difference.count("refused"), difference.count(EMPTY), difference.counts()::toString);
    assertTrue(difference.count("pairs") > 2 * FILES, difference.counts()::toString);
    assertTrue(difference.count("refused") * 100 < FILES, difference.counts()::toString);
  }
}
