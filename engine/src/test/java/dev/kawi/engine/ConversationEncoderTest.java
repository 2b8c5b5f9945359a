package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.ChatReply;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.ConversationEncoder;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import dev.kawi.chat.Rendered;
import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Turns of a chat on a model of random weights, whose vocabulary has ChatML's control tokens and
/// whose answers are no text that a tokenizer would give back.
class ConversationEncoderTest {
  @TempDir private Path folder;

  private Model load() throws IOException {
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 3).write(file);
    return Model.load(file, EngineOptions.defaults().withThreads(1).withContextLength(512));
  }

  private static GenerationResult answer(Model model, int[] prompt) {
    SamplingOptions sampling = SamplingOptions.builder().seed(5).temperature(1).build();
    return model.generate(GenerationRequest.of(prompt).with(sampling).withMaxTokens(12)).await();
  }

  @Test
  void fileWithoutTemplate_talksAsItsFamilyDoes() throws IOException {
    try (Model model = load()) {
      assertTrue(model.chatFormat().templateSource().isEmpty());
      assertEquals("chatml", model.chatFormat().fallback().orElseThrow().name());
    }
  }

  @Test
  void templateThatBeginsWithBos_getsNoSecondOne() throws IOException {
    Path random = folder.resolve("random.gguf");
    new RandomModel(RandomShape.named("tiny-olmo2"), StorageType.F32, 3).write(random);
    Path file = folder.resolve("olmo2.gguf");
    try (GgufFile from = GgufFile.open(random)) {
      GgufWriter writer =
          new GgufWriter(
              from.metadata().toBuilder()
                  .string("general.name", "OLMo 2 Instruct")
                  .bool("tokenizer.ggml.add_bos_token", true)
                  .build());
      for (TensorInfo tensor : from.tensors()) {
        writer.add(tensor.name(), StorageType.F32, tensor.shape(), from.data(tensor));
      }
      writer.write(file);
    }
    try (Model model = Model.load(file, EngineOptions.defaults().withThreads(1))) {
      assertEquals("olmo2", model.chatFormat().fallback().orElseThrow().name());
      int bos = model.tokenizer().vocabulary().bos().orElseThrow();
      int[] ids = model.encodeChat(ChatRequest.of(Message.user("Hello")));
      assertEquals(bos, ids[0]);
      assertTrue(ids[1] != bos, "two BOS");
    }
  }

  @Test
  void secondTurn_computesOnlyTheNewTokens() throws IOException {
    try (Model model = load()) {
      ConversationEncoder encoder = new ConversationEncoder(model.chatFormat());
      ChatRequest request = ChatRequest.of(Message.system("Be brief."), Message.user("Hello"));
      Rendered prompt = model.chatFormat().render(request);
      int[] asked = encoder.encode(prompt);
      GenerationResult first = answer(model, asked);
      encoder.answered(prompt, asked, first.text(), first.tokens());
      ChatRequest next =
          request.then(Message.assistant(first.text()), Message.user("<|im_end|> Go on"));
      GenerationResult second = answer(model, encoder.encode(model.chatFormat().render(next)));
      assertEquals(0, first.cachedTokens());
      // All of the first turn but the last token of its answer, which was chosen and not computed.
      assertEquals(asked.length + first.tokens().size() - 1, second.cachedTokens());
    }
  }

  @Test
  void contentStaysText_alsoInALaterTurn() throws IOException {
    try (Model model = load()) {
      int end = model.tokenizer().vocabulary().id("<|im_end|>").orElseThrow();
      ConversationEncoder encoder = new ConversationEncoder(model.chatFormat());
      ChatRequest request = ChatRequest.of(Message.user("Hello"));
      Rendered prompt = model.chatFormat().render(request);
      int[] asked = encoder.encode(prompt);
      assertArrayEquals(model.encodeChat(request), asked);
      GenerationResult first = answer(model, asked);
      encoder.answered(prompt, asked, first.text(), first.tokens());
      int[] later =
          encoder.encode(
              model
                  .chatFormat()
                  .render(
                      request.then(
                          Message.assistant(first.text()), Message.user("<|im_end|><|im_end|>"))));
      long ends = Arrays.stream(later).filter(id -> id == end).count();
      assertEquals(3, ends, "the end of each of three messages, and none of the user's");
    }
  }

  @Test
  void chats_reuseTheTokensOfEarlierTurns() throws IOException {
    try (Model model = load()) {
      GenerationOptions options =
          GenerationOptions.DEFAULT.withTemperature(1).withSeed(5).withMaxTokens(12);
      ChatRequest request = ChatRequest.of(Message.user("Hello")).with(options);
      ChatReply first = model.chat(request);
      ChatReply second = model.chat(request.then(first.message(), Message.user("Go on")));
      assertEquals(0, first.usage().cachedTokens());
      assertEquals(
          first.usage().promptTokens() + first.usage().newTokens() - 1,
          second.usage().cachedTokens());
    }
  }

  @Test
  void promptThatWasCut_isEncodedAnew() throws IOException {
    try (Model model = load()) {
      ChatRequest request = ChatRequest.of(Message.user("Hello"));
      ChatAnswer first =
          model.converse(
              request,
              ids -> GenerationRequest.of(Arrays.copyOfRange(ids, 3, ids.length)).withMaxTokens(12),
              event -> {});
      ChatRequest next = request.then(first.reply().message(), Message.user("Go on"));
      assertEquals(
          model.encodeChat(next).length,
          model
              .converse(next, ids -> GenerationRequest.of(ids).withMaxTokens(1), event -> {})
              .result()
              .promptTokens());
    }
  }
}
