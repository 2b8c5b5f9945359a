package dev.kawi.token;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Hugging Face's own library, version 0.21, inside this JVM.
final class HuggingFaceOracle implements AutoCloseable {
  private final HuggingFaceTokenizer tokenizer;

  HuggingFaceOracle(JsonNode json) {
    byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
    Map<String, String> options =
        Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");
    try {
      tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int[] encode(String text, EncodeOptions options) {
    boolean ends = options.ends() == EncodeOptions.Ends.BY_MODEL_RULE;
    return ints(tokenizer.encode(text, ends, false).getIds());
  }

  /// Two texts with the tokens around them.
  EncodedPair encodePair(String first, String second) {
    Encoding encoding = tokenizer.encode(first, second, true, false);
    return new EncodedPair(ints(encoding.getIds()), ints(encoding.getTypeIds()));
  }

  /// The text without special tokens.
  String decode(int[] ids) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), true);
  }

  private static int[] ints(long[] ids) {
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
