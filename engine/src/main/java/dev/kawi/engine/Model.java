package dev.kawi.engine;

import dev.kawi.chat.AnswerParser;
import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ChatFormat;
import dev.kawi.chat.ChatModel;
import dev.kawi.chat.ChatReply;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.ConversationEncoder;
import dev.kawi.chat.Embedder;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Rendered;
import dev.kawi.chat.ToolCallDelivery;
import dev.kawi.chat.ToolChoice;
import dev.kawi.explain.Explainer;
import dev.kawi.explain.Explanation;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.grammar.Constraint;
import dev.kawi.grammar.Constraints;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.model.AdapterLoader;
import dev.kawi.model.Architecture;
import dev.kawi.model.Checkpoint;
import dev.kawi.model.ModelConfig;
import dev.kawi.nn.Decoder;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.token.EncodeOptions;
import dev.kawi.token.Tokenizer;
import dev.kawi.weights.ModelFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
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
      "Instruct: Given a web search query, retrieve relevant passages that answer the query\n"
          + "Query:";

  private static final String TEMPLATE = "tokenizer.chat_template";

  /// What conversations need, made when the first one comes.
  private record Chat(ChatFormat format, ConversationEncoder encoder) {}

  private final ModelFile file;
  private final ModelConfig config;
  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final Supplier<Chat> chat = memoized(this::newChat);
  private final int contextLength;
  private final KernelProvider.Choice kernels;
  private final Adapters adapters;
  private final Engine engine;
  private final Constraints constraints;

  private Model(ModelFile file, EngineOptions options, Devices devices) {
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
    adapters = new Adapters(new AdapterLoader(decoder, file.metadata()));
    kernels = KernelProvider.choose();
    SharedTeam team = SharedTeam.of(options.threads());
    engine =
        new Engine(
            decoder,
            contextLength,
            devices.open(kernels.kernels(), team.team()),
            team,
            options,
            cacheContext(options),
            name());
    try {
      tokenizer =
          TokenizerOfFile.of(file, decoder.vocabSize()); // meanwhile the engine packs the weights
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
    constraints = new Constraints(tokenizer);
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
    return of(file, options, Devices.CPU);
  }

  /// The same on another device.
  public static Model of(ModelFile file, EngineOptions options, Devices devices) {
    try {
      return new Model(file, options, devices);
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

  /// The adapters loaded beside the model, for [RequestOptions#withAdapter].
  public Adapters adapters() {
    return adapters;
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

  /// How conversations with the model are written and its answers are read.
  ///
  /// @throws ModelFormatException if the model has several templates, of which none is the one that
  ///   is meant when none is named
  public ChatFormat chatFormat() {
    return chat.get().format();
  }

  private Chat newChat() {
    String named = name() + " " + metadata().string("general.basename").orElse("");
    ChatFormat format = ChatFormat.of(templateSource(), config.architecture(), named, tokenizer);
    return new Chat(format, new ConversationEncoder(format));
  }

  private static <T> Supplier<T> memoized(Supplier<T> maker) {
    AtomicReference<T> made = new AtomicReference<>();
    return () -> {
      synchronized (made) {
        T known = made.get();
        if (known == null) {
          known = maker.get();
          made.set(known);
        }
        return known;
      }
    };
  }

  private Optional<String> templateSource() {
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
    return chatFormat().encode(request);
  }

  /// What all cached content of this model depends on.
  private byte[] cacheContext(EngineOptions options) {
    String model =
        options.spill().isPresent()
            ? HexFormat.of().formatHex(ModelContent.hash(file))
            : file.path() + "|" + name();
    return "%s|%d|%s|%d|%s"
        .formatted(
            model, contextLength, options.cacheType(), options.pageSize(), kernels.kernels().name())
        .getBytes(StandardCharsets.UTF_8);
  }

  /// What cached content of a request depends on beside its tokens. Fails if its adapter is not of
  /// this model.
  private byte[] cacheContext(RequestOptions options) {
    adapters.requireFit(options.adapter());
    return "adapter:%s|salt:%s"
        .formatted(HexFormat.of().formatHex(options.adapter().hash()), options.cacheSalt())
        .getBytes(StandardCharsets.UTF_8);
  }

  /// Begins to continue a prompt. The handle gives the tokens as they come.
  ///
  /// @throws ContextOverflowException when the prompt leaves no room for an answer
  /// @throws QueueFullException when too many requests wait already
  /// @throws dev.kawi.grammar.GrammarException when the constraint is malformed or not supported
  /// @throws IllegalArgumentException when the prompt, or a logit bias, names a token that there is
  ///   not
  public Generation generate(GenerationRequest request) {
    file.checkUnchanged();
    if (request.prompt().size() >= contextLength) {
      throw new ContextOverflowException(request.prompt().size(), contextLength);
    }
    int[] prompt = ids("generate", "prompt", request.prompt());
    ids("generate", "logit bias", request.sampling().logitBias().keySet());
    if (request.drafter() instanceof ModelDrafter drafter) {
      drafter.requireSameVocabulary(tokenizer.vocabulary());
    }
    GenerationSequence sequence =
        new GenerationSequence(
            request,
            prompt,
            decoder.span(prompt),
            cacheContext(request.options()),
            tokenizer,
            contextLength,
            decoder.vocabSize(),
            constraints.start(request.constraint()),
            cause -> damagedWeights().explained(cause));
    engine.submit(sequence);
    return sequence.handle();
  }

  private int[] ids(String operation, String where, Collection<Integer> ids) {
    for (int id : ids) {
      if (id < 0 || id >= decoder.vocabSize()) {
        throw new IllegalArgumentException(
            "%s: the %s names token %d, the vocabulary has tokens 0 to %d; `kawi tokenize` shows the ids of a text"
                .formatted(operation, where, id, decoder.vocabSize() - 1));
      }
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  private DamagedWeights damagedWeights() {
    return new DamagedWeights(file, kernels.kernels());
  }

  /// Continues a prompt, handing out tokens as they come, on the calling thread, and waits for the
  /// end. An interrupt of that thread ends the answer early. Else as
  /// [#generate(GenerationRequest)].
  public GenerationResult generate(
      GenerationRequest request, Consumer<? super GeneratedToken> listener) {
    return generate(request).await(listener);
  }

  /// Log-probabilities of given tokens.
  ///
  /// @throws ContextOverflowException when there are more tokens than the context has
  public Scores score(ScoreRequest request) {
    return damagedWeights().explaining(() -> engine.await(scoreSequence(request)));
  }

  /// The same for several texts, which are computed together.
  List<Scores> scoreAll(List<ScoreRequest> requests) {
    return engine.awaitAll(requests.stream().map(this::scoreSequence).toList());
  }

  private ScoreSequence scoreSequence(ScoreRequest request) {
    file.checkUnchanged();
    if (request.tokens().size() > contextLength) {
      throw new ContextOverflowException(request.tokens().size(), contextLength);
    }
    int[] tokens = ids("score", "request", request.tokens());
    ids("score", "list of candidates", request.candidates());
    return new ScoreSequence(
        request, tokens, decoder.span(tokens), cacheContext(request.options()));
  }

  /// Bytes of memory for the tensors of a step.
  long scratchBytes() {
    return engine.scratchBytes();
  }

  /// How the cache is used.
  public CacheStats cacheStats() {
    return engine.stats();
  }

  @Override
  public ChatReply chat(ChatRequest request, Consumer<? super ChatEvent> events) {
    return converse(request, prompt -> generation(request.options(), prompt), events).reply();
  }

  /// Answers a conversation as [#chat] does, with all that a generation can be asked for and tells.
  /// Later turns of a conversation begin with the very tokens of the earlier ones, of which nothing
  /// is computed again.
  ///
  /// @param settings makes the request from the tokens of the conversation; it may leave out the
  ///   beginning of those. Texts that end the answers of the model's family are added to it.
  /// @param events hears of the answer as it comes
  public ChatAnswer converse(
      ChatRequest request,
      Function<int[], GenerationRequest> settings,
      Consumer<? super ChatEvent> events) {
    ChatFormat format = chatFormat();
    ConversationEncoder conversations = chat.get().encoder();
    Rendered prompt = format.render(request);
    int[] ids = conversations.encode(prompt);
    GenerationRequest asked = settings.apply(ids);
    Optional<Constraint> calls = requiredCalls(request, asked, format);
    if (calls.isPresent()) {
      asked = asked.with(calls.get());
    }
    ToolCallDelivery delivery =
        calls.isPresent() ? ToolCallDelivery.STREAMED : ToolCallDelivery.WHOLE;
    AnswerParser parser = format.parser(request, prompt, delivery, events);
    GenerationResult result =
        generate(
            asked.withStop(
                Stream.concat(asked.stop().stream(), format.stopTexts().stream()).toList()),
            token -> {
              parser.accept(token.text());
              parser.acceptControl(token.control());
            });
    parser.finish();
    boolean whole = asked.prompt().equals(IntStream.of(ids).boxed().toList());
    if (whole && result.finishReason() != FinishReason.STOP_TEXT) { // whose tokens are not the text
      conversations.answered(prompt, ids, result.text(), result.tokens());
    }
    ChatAnswer answer = ChatAnswer.of(parser.message(), result);
    events.accept(new ChatEvent.Done(answer.reply()));
    return answer;
  }

  /// What an answer that has to call a tool looks like, so that it cannot be anything else; the
  /// model then calls at once and does not think before.
  private static Optional<Constraint> requiredCalls(
      ChatRequest request, GenerationRequest asked, ChatFormat format) {
    return switch (request.toolChoice()) {
      case ToolChoice.Auto _, ToolChoice.None _ -> Optional.empty();
      case ToolChoice.Required _, ToolChoice.Named _ ->
          asked.constraint() instanceof Constraint.None
              ? Optional.of(new Constraint.Output(format.shape(request)))
              : Optional.empty();
    };
  }

  private static GenerationRequest generation(GenerationOptions options, int[] prompt) {
    return GenerationRequest.of(prompt)
        .with(
            SamplingOptions.builder()
                .temperature(options.temperature())
                .topP(options.topP())
                .seed(options.seed())
                .build())
        .withMaxTokens(options.maxTokens())
        .withStop(options.stop());
  }

  /// Watches the model continue a text, in steps of its own between those of other requests.
  ///
  /// @param maxTokens tokens to choose
  public Explanation explain(String text, int maxTokens, SamplingOptions sampling) {
    return explain(text, maxTokens, sampling, RequestOptions.DEFAULT);
  }

  /// The same with other options: with an adapter, for one.
  public Explanation explain(
      String text, int maxTokens, SamplingOptions sampling, RequestOptions options) {
    file.checkUnchanged();
    byte[] context = cacheContext(options);
    Explainer explainer =
        new Explainer(name(), config.architecture(), decoder, tokenizer, contextLength);
    return damagedWeights()
        .explaining(() ->
            explainer.explain(
                text,
                maxTokens,
                sampling,
                (tokens, from, span, tap) ->
                    engine.await(new TapSequence(options, tokens, from, span, context, tap))));
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
    file.checkUnchanged();
    float[] vector =
        engine.await(
            new EmbedSequence(
                RequestOptions.DEFAULT,
                ids,
                new int[ids.length],
                decoder.span(ids),
                cacheContext(RequestOptions.DEFAULT),
                Pooling.of(metadata()),
                (pooled, ex) -> pooled));
    return damagedWeights().requireNumbers(Pooling.unit(vector));
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
