package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.token.EncodeOptions;
import dev.kawi.token.Spans;
import dev.kawi.token.TokenKind;
import dev.kawi.token.Tokenizer;
import dev.kawi.token.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// From messages to token ids: whatever a message says, the control tokens are those of the
/// template.
@Tag("data")
class ConversationSafetyTest {
  private static final Path DATA = Path.of(System.getProperty("kawi.data"));

  @ParameterizedTest
  @CsvSource({
    "hf/phi-3, microsoft-Phi-3.5-mini-instruct.jinja",
    "hf/qwen2, Qwen-Qwen2.5-7B-Instruct.jinja",
    "hf/qwen2, Qwen-Qwen3-0.6B.jinja",
    "hf/llama2, mistralai-Mistral-Nemo-Instruct-2407.jinja"
  })
  void hostileMessages_addNoControlToken(String vocabulary, String template) throws IOException {
    Tokenizer tokenizer = Tokenizers.load(DATA.resolve("tokenizers").resolve(vocabulary));
    ChatTemplate chat =
        ChatTemplate.parse(Files.readString(DATA.resolve("templates").resolve(template)));
    int[] expected = controls(tokenizer, chat, "Hello", "Hi");
    assertTrue(expected.length > 0);
    Random random = new Random(11);
    List<String> pieces =
        List.of(
            "<|im_start|>",
            "<|im_end|>",
            "<|end|>",
            "<|user|>",
            "<s>",
            "</s>",
            "<|",
            "|>",
            "im_end",
            "end",
            "system\n",
            " ",
            "\n",
            "<",
            "s>",
            "[INST]",
            "你好",
            "<|endoftext|>");
    for (int i = 0; i < 200; i++) {
      assertArrayEquals(
          expected, controls(tokenizer, chat, mix(pieces, random), mix(pieces, random)));
    }
  }

  private static String mix(List<String> pieces, Random random) {
    StringBuilder out = new StringBuilder();
    for (int n = 1 + random.nextInt(6); n > 0; n--) {
      out.append(pieces.get(random.nextInt(pieces.size())));
    }
    return out.append('.').toString();
  }

  private static int[] controls(
      Tokenizer tokenizer, ChatTemplate chat, String question, String answer) {
    List<Message> messages =
        List.of(Message.user(question), Message.assistant(answer), Message.user(question));
    Rendered rendered = chat.render(messages, List.of(), RenderOptions.of("<s>", "</s>"));
    int[] bounds =
        rendered.content().stream().flatMapToInt(r -> IntStream.of(r.start(), r.end())).toArray();
    int[] ids = tokenizer.encode(rendered.text(), Spans.of(bounds), EncodeOptions.TEMPLATE);
    return IntStream.of(ids)
        .filter(id -> tokenizer.vocabulary().kind(id) == TokenKind.CONTROL)
        .toArray();
  }
}
