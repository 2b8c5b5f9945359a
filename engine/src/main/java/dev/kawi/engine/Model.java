package dev.kawi.engine;

import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ChatModel;
import dev.kawi.chat.ChatReply;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.ChatTemplate;
import dev.kawi.chat.Embedder;
import dev.kawi.chat.FallbackTemplate;
import dev.kawi.chat.FallbackTemplates;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import dev.kawi.chat.ReasoningSplitter;
import dev.kawi.chat.ReasoningTags;
import dev.kawi.chat.RenderOptions;
import dev.kawi.chat.Rendered;
import dev.kawi.explain.Explainer;
import dev.kawi.explain.Explanation;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.model.Architecture;
import dev.kawi.model.Checkpoint;
import dev.kawi.model.ModelConfig;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Step;
import dev.kawi.sample.SamplingException;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.Tensor;
import dev.kawi.token.EncodeOptions;
import dev.kawi.token.Spans;
import dev.kawi.token.TokenKind;
import dev.kawi.token.Tokenizer;
import dev.kawi.token.Vocabulary;
import dev.kawi.weights.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A language model, ready to use: a file, its tokenizer, its layers and an engine that runs them.
/// May be used by many threads at once, and several models in one JVM.
///
/// ```java
/// try (Model model = Model.load(Path.of("model.gguf"))) {
///   System.out.println(model.chat(ChatRequest.of(Message.user("Hello!"))).text());
/// }
/// ```
public final class Model implements ChatModel, Embedder, AutoCloseable {
  private static final String QUERY_INSTRUCTION =
      "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:";

  private final ModelFile file;
  private final ModelConfig config;
  private final Decoder decoder;
  private static final String TEMPLATE = "tokenizer.chat_template";

  private final Tokenizer tokenizer;
  private final int contextLength;
  private final KernelProvider.Choice kernels;
  private final Engine engine;

  private Model(ModelFile file, EngineOptions options) {
    this.file = file;
    Checkpoint checkpoint = new Checkpoint(file);
    config = checkpoint.config();
    contextLength =
        options.contextLength() > 0
            ? options.contextLength()
            : Math.min(config.contextLength(), EngineOptions.DEFAULT_CONTEXT);
    decoder = Architecture.of(checkpoint).build(checkpoint, contextLength);
    int positions = decoder.positions() == null ? contextLength : decoder.positions().size();
    if (contextLength > positions) {
      throw new IllegalArgumentException(
          "the model has learnt %d positions, a context of %d was asked for"
              .formatted(positions, contextLength));
    }
    kernels = KernelProvider.choose();
    engine = new Engine(decoder, contextLength, kernels.kernels(), options, name());
    try {
      tokenizer =
          TokenizerOfFile.of(file, decoder.vocabSize()); // meanwhile the engine packs the weights
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  /// Loads a GGUF file, or a publisher's folder, with the default options.
  public static Model load(Path path) throws IOException {
    return load(path, EngineOptions.defaults());
  }

  /// Loads a GGUF file, or a folder as models are published on Hugging Face and ModelScope:
  /// `config.json`, safetensors or PyTorch's `.bin` files, a tokenizer. An [IOException] means that
  /// it cannot be read, a [ModelFormatException] that it is not a model that Kawi can run; nothing
  /// stays open then.
  public static Model load(Path path, EngineOptions options) throws IOException {
    return of(ModelFiles.open(path, options.access()), options);
  }

  /// Runs the model in an open file, which it closes in the end, or at once if it fails.
  public static Model of(ModelFile file, EngineOptions options) {
    try {
      return new Model(file, options);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  /// The name in the file, or the file's own.
  @Override
  public String name() {
    return metadata()
        .string("general.name")
        .filter(name -> !name.isBlank())
        .orElseGet(() -> file.path().getFileName().toString());
  }

  /// The key-value pairs of the file.
  public Metadata metadata() {
    return file.metadata();
  }

  /// The sizes of the model.
  public ModelConfig config() {
    return config;
  }

  /// The layers.
  public Decoder decoder() {
    return decoder;
  }

  /// The tokenizer.
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /// Tokens that a request may have in all.
  public int contextLength() {
    return contextLength;
  }

  /// The kernels in use, and why.
  public KernelProvider.Choice kernels() {
    return kernels;
  }

  /// The model's own chat template; empty for a base model, which was not trained to talk.
  ///
  /// @throws ModelFormatException if it has several, of which none is the one that is meant when
  ///   none is named
  public Optional<String> templateSource() {
    Optional<String> meant = metadata().string(TEMPLATE);
    List<String> others =
        metadata().asMap().keySet().stream().filter(key -> key.startsWith(TEMPLATE + ".")).toList();
    if (meant.isPresent() || others.isEmpty()) {
      return meant;
    }
    if (others.size() > 1) {
      throw new ModelFormatException(
          "%s has the chat templates %s and none that is meant when none is named; put the one that you want into chat_template.jinja"
              .formatted(
                  name(),
                  others.stream()
                      .map(key -> key.substring(TEMPLATE.length() + 1))
                      .collect(Collectors.joining(", "))));
    }
    return metadata().string(others.getFirst());
  }

  /// The template that chats use: the model's own, its family's, or ChatML.
  public ChatTemplate template() {
    return templateSource()
        .map(ChatTemplate::parse)
        .or(() -> fallbackTemplate().map(FallbackTemplate::template))
        .orElseGet(ChatTemplate::chatml);
  }

  /// The template of the model's family, for a file that has none of its own; empty for families
  /// that are not known, and base models.
  public Optional<FallbackTemplate> fallbackTemplate() {
    String named = name() + " " + metadata().string("general.basename").orElse("");
    return templateSource().isPresent()
        ? Optional.empty()
        : FallbackTemplates.find(config.architecture(), named, tokenizer.vocabulary());
  }

  /// Tokens of a raw text, with BOS by the model's rule; control tokens in it count.
  public int[] encodePrompt(String text) {
    int[] ids = tokenizer.encode(text, EncodeOptions.PROMPT);
    if (ids.length > 0) {
      return ids;
    }
    OptionalInt bos = tokenizer.vocabulary().bos();
    return bos.isPresent() ? new int[] {bos.getAsInt()} : ids;
  }

  /// Tokens of a conversation through the chat template. Text of messages never becomes a control
  /// token.
  public int[] encodeChat(ChatRequest request) {
    return encode(render(request), 0);
  }

  /// A conversation through the chat template.
  Rendered render(ChatRequest request) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    return template()
        .render(
            request.messages(),
            request.tools(),
            RenderOptions.of(text(vocabulary.bos()), text(vocabulary.eos()))
                .with(request.variables()));
  }

  /// Tokens of a rendered conversation from this character on.
  int[] encode(Rendered rendered, int from) {
    int[] bounds =
        rendered.content().stream()
            .filter(range -> range.end() > from)
            .flatMapToInt(
                range -> IntStream.of(Math.max(range.start(), from) - from, range.end() - from))
            .toArray();
    String text = rendered.text().substring(from);
    int[] ids = tokenizer.encode(text, Spans.of(bounds), EncodeOptions.TEMPLATE);
    return from > 0 || templateSource().isPresent() ? ids : withBos(ids);
  }

  /// Whether this is a control token.
  boolean isControl(int id) {
    return tokenizer.vocabulary().kind(id) == TokenKind.CONTROL;
  }

  private String text(OptionalInt token) {
    return token.isPresent() ? tokenizer.vocabulary().text(token.getAsInt()) : "";
  }

  private int[] withBos(int[] ids) {
    OptionalInt bos = tokenizer.vocabulary().bos();
    boolean begins = ids.length > 0 && OptionalInt.of(ids[0]).equals(bos);
    return tokenizer.vocabulary().addsBos() && bos.isPresent() && !begins
        ? IntStream.concat(IntStream.of(bos.getAsInt()), IntStream.of(ids)).toArray()
        : ids;
  }

  /// Continues a prompt, handing out tokens as they come, on the calling thread. An interrupt of
  /// that thread ends the answer early.
  ///
  /// @throws ContextOverflowException when the prompt leaves no room for an answer
  public GenerationResult generate(
      GenerationRequest request, Consumer<? super GeneratedToken> listener) {
    file.checkUnchanged();
    if (request.prompt().size() >= contextLength) {
      throw new ContextOverflowException(request.prompt().size(), contextLength);
    }
    int[] prompt = request.prompt().stream().mapToInt(Integer::intValue).toArray();
    for (int id : prompt) {
      if (id < 0 || id >= decoder.vocabSize()) {
        throw new IllegalArgumentException(
            "the prompt holds token %d, the vocabulary has tokens 0 to %d"
                .formatted(id, decoder.vocabSize() - 1));
      }
    }
    Sequence sequence =
        new Sequence(request, prompt, decoder.span(prompt), tokenizer, contextLength);
    engine.submit(sequence);
    try {
      return sequence.await(listener);
    } catch (SamplingException e) {
      throw damagedWeights().error().<RuntimeException>map(damage -> damage).orElse(e);
    }
  }

  private DamagedWeights damagedWeights() {
    return new DamagedWeights(file, kernels.kernels());
  }

  /// Continues a prompt.
  public GenerationResult generate(GenerationRequest request) {
    return generate(request, token -> {});
  }

  /// Continues a conversation, handing the output to a splitter, which ends with it; else as
  /// [#generate(GenerationRequest, Consumer)].
  public GenerationResult generate(GenerationRequest request, ReasoningSplitter splitter) {
    GenerationResult result =
        generate(
            request,
            token -> {
              splitter.accept(token.text());
              splitter.acceptControl(token.control());
            });
    splitter.finish();
    return result;
  }

  /// The markers that the model writes around its thoughts.
  public ReasoningTags reasoningTags() {
    return ReasoningTags.find(template().source(), tokenizer.vocabulary());
  }

  @Override
  public ChatReply chat(ChatRequest request, Consumer<? super ChatEvent> events) {
    Rendered prompt = render(request);
    ReasoningSplitter splitter = new ReasoningSplitter(reasoningTags(), prompt, events);
    GenerationResult result = generate(generation(request.options(), encode(prompt, 0)), splitter);
    ChatReply reply =
        new ChatReply(
            new Message.Assistant(splitter.text(), splitter.reasoning(), List.of()),
            switch (result.finishReason()) {
              case END_TOKEN -> ChatReply.StopReason.END_OF_TURN;
              case STOP_TEXT -> ChatReply.StopReason.STOP_TEXT;
              case MAX_TOKENS, CONTEXT_FULL -> ChatReply.StopReason.MAX_TOKENS;
              case CANCELLED -> ChatReply.StopReason.CANCELLED;
            },
            new ChatReply.Usage(
                result.promptTokens(), result.cachedTokens(), result.tokens().size()));
    events.accept(new ChatEvent.Done(reply));
    return reply;
  }

  private GenerationRequest generation(GenerationOptions options, int[] prompt) {
    return GenerationRequest.of(prompt)
        .with(
            SamplingOptions.builder()
                .temperature(options.temperature())
                .topP(options.topP())
                .seed(options.seed())
                .build())
        .withMaxTokens(options.maxTokens())
        .withStop(stop(options));
  }

  /// The texts that end an answer: those asked for, and those of the family's template.
  private List<String> stop(GenerationOptions options) {
    return Stream.concat(
            options.stop().stream(),
            fallbackTemplate().stream().flatMap(family -> family.stop().stream()))
        .toList();
  }

  /// Runs a task that works with the layers themselves, between the steps of other requests.
  <T> T exclusively(java.util.function.Function<Engine.Bench, T> task) {
    file.checkUnchanged();
    return engine.exclusively(task);
  }

  /// Watches the model continue a text, between the steps of other requests.
  ///
  /// @param maxTokens tokens to choose
  public Explanation explain(String text, int maxTokens, SamplingOptions sampling) {
    return exclusively(bench ->
        new Explainer(name(), config.architecture(), decoder, tokenizer, contextLength)
            .explain(text, maxTokens, sampling, bench.executor(), bench.cache()));
  }

  @Override
  public int size() {
    return decoder.hiddenSize();
  }

  /// The last hidden states pooled as the file says (the mean if it says nothing), scaled to length
  /// 1. Models trained as embedders, as Qwen3-Embedding, do better than language models.
  @Override
  public float[] embed(String text) {
    int[] ids = encodePrompt(text);
    if (ids.length == 0 || ids.length > contextLength) {
      throw new IllegalArgumentException(
          "the text to embed has %d tokens, expected 1 to %d".formatted(ids.length, contextLength));
    }
    float[] vector =
        exclusively(bench -> {
          Step step = bench.step(ids);
          Tensor hidden =
              bench.executor().norm(decoder.norm(), decoder.layers(step, bench.executor()));
          return Pooling.of(metadata()).unitVector(hidden);
        });
    return damagedWeights().requireNumbers(vector);
  }

  @Override
  public String beginning(String text) {
    return Beginning.of(text, contextLength, part -> encodePrompt(part).length);
  }

  /// Qwen3-Embedding was trained with an instruction before queries; others get the text as it is.
  /// Source: the model card of Qwen3-Embedding.
  @Override
  public float[] embedQuery(String text) {
    boolean instructed =
        config.architecture().equals("qwen3") && Pooling.of(metadata()) == Pooling.LAST;
    return embed(instructed ? QUERY_INSTRUCTION + text : text);
  }

  @Override
  public Map<String, String> prompts() {
    return EmbeddingPrompts.of(metadata());
  }

  /// Ends the engine and closes the file; requests under way fail.
  @Override
  public void close() {
    engine.close();
    file.close();
  }
}
