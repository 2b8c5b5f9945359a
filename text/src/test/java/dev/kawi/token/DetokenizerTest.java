package dev.kawi.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DetokenizerTest {
  private static ByteStream fresh() {
    return new ByteStream(id -> new byte[0], ByteStream.LeadingSpace.KEPT);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void bytesOfACodePoint_comeOutTogether() {
    ByteStream detokenizer = fresh();
    assertEquals("a", detokenizer.push(bytes('a', 0xF0)));
    assertEquals("", detokenizer.push(bytes(0x9F, 0x98)));
    assertEquals("\uD83D\uDE00!", detokenizer.push(bytes(0x80, '!')));
    assertEquals("", detokenizer.finish());
  }

  @Test
  void bytesThatCannotBeText_becomeReplacementCharactersAtOnce() {
    assertEquals("\uFFFD", fresh().push(bytes(0xFF)));
    assertEquals("\uFFFD\uFFFD", fresh().push(bytes(0xC0, 0x80)));
    assertEquals("\uFFFD\uFFFD\uFFFD", fresh().push(bytes(0xED, 0xA0, 0x80)));
    ByteStream detokenizer = fresh();
    assertEquals("", detokenizer.push(bytes(0xE4, 0xBD)));
    assertEquals("\uFFFDx", detokenizer.push(bytes('x')));
  }

  @Test
  void unfinishedCodePoint_comesOutAsReplacementCharacterAtTheEnd() {
    ByteStream detokenizer = fresh();
    assertEquals("", detokenizer.push(bytes(0xE4, 0xBD)));
    assertEquals("\uFFFD", detokenizer.finish());
    assertEquals("", detokenizer.finish());
  }

  @Test
  void randomBytesInAnyPieces_giveTheTextOfAllBytesAndNeverHalfACodePoint() {
    Random random = new Random(5);
    for (int round = 0; round < 2000; round++) {
      byte[] all = new byte[random.nextInt(24)];
      for (int i = 0; i < all.length; i++) {
        int[] likely = {0xE4, 0xBD, 0xA0, 0xF0, 0x9F, 0x98, 0x80, 'a', random.nextInt(256)};
        all[i] = (byte) likely[random.nextInt(likely.length)];
        if (all[i] == (byte) 0xED) {
          all[i] = 'b'; // the JDK, which is the oracle here, differs on encoded surrogates
        }
      }
      ByteStream detokenizer = fresh();
      StringBuilder text = new StringBuilder();
      for (int at = 0; at < all.length; ) {
        int end = Math.min(all.length, at + 1 + random.nextInt(3));
        String part = detokenizer.push(Arrays.copyOfRange(all, at, end));
        assertWhole(part);
        text.append(part);
        at = end;
      }
      text.append(detokenizer.finish());
      assertEquals(new String(all, StandardCharsets.UTF_8), text.toString());
    }
  }

  private static void assertWhole(String part) {
    if (!part.isEmpty()) {
      assertFalse(Character.isHighSurrogate(part.charAt(part.length() - 1)));
      assertFalse(Character.isLowSurrogate(part.charAt(0)));
    }
  }

  @Test
  void streaming_givesWhatDecodeGives() {
    Random random = new Random(6);
    for (Tokenizer tokenizer : TestTokenizers.all()) {
      for (int round = 0; round < 200; round++) {
        int[] ids = random.ints(random.nextInt(20), 0, tokenizer.vocabulary().size()).toArray();
        Detokenizer detokenizer = tokenizer.detokenizer();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
          String part = detokenizer.push(id);
          assertWhole(part);
          text.append(part);
        }
        assertEquals(tokenizer.decode(ids), text + detokenizer.finish());
      }
    }
  }

  @Test
  void idOutsideOfTheVocabulary_isRefusedByName() {
    Tokenizer tokenizer = TestTokenizers.byteLevel("gpt-2");
    assertEquals(
        "tokenizer: token ids must be 0 to 1101, found 99999",
        assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[] {99999}))
            .getMessage());
  }
}
