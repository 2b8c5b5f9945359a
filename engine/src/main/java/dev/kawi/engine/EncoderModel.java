package dev.kawi.engine;

import dev.kawi.chat.Embedder;
import dev.kawi.chat.Reranker;
import dev.kawi.gguf.ModelFile;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.Kernels;
import dev.kawi.model.Checkpoint;
import dev.kawi.model.EncoderArchitecture;
import dev.kawi.model.ModelConfig;
import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.Encoder;
import dev.kawi.nn.Encoder.ScoreHead;
import dev.kawi.tensor.StorageType;
import dev.kawi.token.EncodeOptions;
import dev.kawi.token.EncodedPair;
import dev.kawi.token.Tokenizer;
import dev.kawi.weights.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/// An encoder, such as BERT, ready to use: it embeds texts, or, where it has a head for that,
/// scores pairs of them. One text at a time; threads take turns.
public final class EncoderModel implements Embedder, Reranker {
  /// Special tokens around the text, none made of it.
  private static final EncodeOptions WHOLE_TEXT =
      new EncodeOptions(EncodeOptions.Controls.AS_TEXT, EncodeOptions.Ends.BY_MODEL_RULE);

  private final ModelFile file;
  private final ModelConfig config;
  private final Encoder encoder;
  private final int longest;
  private final Tokenizer tokenizer;
  private final Pooling pooling;
  private final Kernels kernels;
  private final Engine engine;

  private EncoderModel(ModelFile file, EngineOptions options, Devices devices) {
    this.file = file;
    Checkpoint checkpoint = new Checkpoint(file);
    config = checkpoint.config();
    encoder = EncoderArchitecture.of(checkpoint).build(checkpoint);
    longest = encoder.positions() == null ? config.contextLength() : encoder.positions().size();
    pooling = Pooling.of(file.metadata());
    tokenizer = TokenizerOfFile.of(file, encoder.embedding().size());
    kernels = KernelProvider.choose().kernels();
    SharedTeam team = SharedTeam.of(options.threads());
    engine =
        new Engine(
            encoder,
            longest,
            devices.open(kernels, team.team()),
            team,
            options.withCacheType(StorageType.F32).withoutSpill(), // one step has it all
            new byte[0],
            name());
  }

  /// Loads a GGUF file, or a publisher's folder.
  public static EncoderModel load(Path path, EngineOptions options) throws IOException {
    return of(ModelFiles.open(path, options.access()), options);
  }

  /// Runs the model in an open file, which it closes in the end, or at once if it fails.
  public static EncoderModel of(ModelFile file, EngineOptions options) {
    return of(file, options, Devices.CPU);
  }

  /// The same on another device.
  public static EncoderModel of(ModelFile file, EngineOptions options, Devices devices) {
    try {
      return new EncoderModel(file, options, devices);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  /// Whether a file holds such a model.
  public static boolean isOne(ModelFile file) {
    return file.metadata()
        .string("general.architecture")
        .flatMap(EncoderArchitecture::find)
        .isPresent();
  }

  @Override
  public String name() {
    return file.metadata()
        .string("general.name")
        .filter(name -> !name.isBlank())
        .orElseGet(() -> String.valueOf(file.path().getFileName()));
  }

  @Override
  public int size() {
    return encoder.vectorSize();
  }

  @Override
  public float[] embed(String text) {
    int[] ids = tokenizer.encode(text, WHOLE_TEXT);
    float[] vector = run(ids, new int[ids.length], pooling, encoder::project);
    return damagedWeights().requireNumbers(Pooling.unit(vector));
  }

  @Override
  public String beginning(String text) {
    return Beginning.of(text, longest, part -> tokenizer.encode(part, WHOLE_TEXT).length);
  }

  @Override
  public float[] embedQuery(String text) {
    return embed(EmbeddingPrompts.query(prompts(), text));
  }

  @Override
  public Map<String, String> prompts() {
    return EmbeddingPrompts.of(file.metadata());
  }

  /// How well the text answers the query: the sigmoid of the head's output.
  @Override
  public double score(String query, String text) {
    ScoreHead head = encoder.head();
    if (head == null) {
      throw new IllegalArgumentException(
          name() + " has no head that scores pairs; use a reranker, as bge-reranker-v2-m3 is one");
    }
    EncodedPair pair = pair(query, text);
    Pooling input = head.input() == ScoreHead.Input.FIRST ? Pooling.FIRST : Pooling.MEAN;
    float logit = run(pair.ids(), pair.types(), input, head::score)[0];
    damagedWeights().requireNumbers(logit);
    return 1 / (1 + Math.exp(-logit));
  }

  private DamagedWeights damagedWeights() {
    return new DamagedWeights(file, kernels);
  }

  /// The tokens of a pair, whose types are 0 where the model does not tell two texts apart by them.
  EncodedPair pair(String query, String text) {
    EncodedPair pair = tokenizer.encodePair(query, text, EncodeOptions.Controls.AS_TEXT);
    int types = encoder.types() == null ? 1 : encoder.types().size();
    if (types == 1) {
      return new EncodedPair(pair.ids(), new int[pair.ids().length]);
    }
    for (int type : pair.types()) {
      if (type < 0 || type >= types) {
        throw new IllegalArgumentException(
            "the tokenizer's template of two texts has the type %d, %s knows %d types"
                .formatted(type, name(), types));
      }
    }
    return pair;
  }

  /// Reads a whole text, each of whose tokens sees all others, in one step.
  private float[] run(int[] ids, int[] types, Pooling input, EmbedSequence.Head then) {
    if (ids.length == 0 || ids.length > longest) {
      throw new IllegalArgumentException(
          "the text has %d tokens, %s reads 1 to %d; split it"
              .formatted(ids.length, name(), longest));
    }
    file.checkUnchanged();
    BidirectionalSpan whole = new BidirectionalSpan(ids.length, ids.length);
    return engine.await(
        new EmbedSequence(RequestOptions.DEFAULT, ids, types, whole, new byte[0], input, then));
  }

  @Override
  public void close() {
    engine.close();
    file.close();
  }
}
