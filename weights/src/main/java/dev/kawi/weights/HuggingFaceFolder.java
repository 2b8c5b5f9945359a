package dev.kawi.weights;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.tensor.StorageType;
import dev.kawi.weights.PublishedLayout.Laid;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

// How it works. Nothing is converted: tensors are slices of the mapped files (PublishedFile),
// under the names that GGUF has for them, and the configuration becomes metadata under GGUF's
// keys. Where a publisher's rope pairs the halves of a head and GGUF's neighbours, the metadata
// say so and the rope follows, so that query and key stay as they are. What publishers lay out in
// another way, a PublishedLayout slices or copies, when its bytes are asked for.

/// A model as publishers ship it: `config.json`, safetensors or, where there are none, PyTorch's
/// own `.bin` files, in one file or in several, and the files of a tokenizer.
public final class HuggingFaceFolder implements ModelFile {
  /// The key that says that heads form pairs in another way than GGUF files of the architecture.
  public static final String ROPE_LAYOUT = "kawi.rope.layout";

  /// The key of the size of the window of all layers, where GGUF has none for the architecture.
  public static final String SLIDING_WINDOW = "kawi.attention.sliding_window";

  /// The key that says that GELU is x times the normal distribution and not its tanh form, which is
  /// the one that GGUF files of all architectures mean.
  public static final String GELU = "kawi.gelu";

  /// The key that says that YaRN's bounds between kept and interpolated frequencies are not
  /// rounded.
  public static final String YARN_BOUNDS = "kawi.rope.yarn.bounds";

  /// The key of the epsilon of the norms inside latent attention, where it is not that of all
  /// norms.
  public static final String LATENT_EPSILON = "kawi.attention.latent_norm_epsilon";

  /// The key that says which value heads of a gated delta net a key head serves, `GROUPED` or
  /// `BY_TURNS`, where it is not as in GGUF files of the architecture.
  public static final String VALUE_HEADS = "kawi.delta.value_heads";

  /// The key of the epsilon by which queries and keys of a gated delta net are brought to length 1,
  /// where it is not that of all norms.
  public static final String LENGTH_EPSILON = "kawi.delta.length_epsilon";

  /// The key that says which hidden state a classifier reads: `cls`, the first token's, or `mean`.
  public static final String CLASSIFIER_POOLING = "kawi.classifier.pooling";

  /// What keys of texts that go before others begin with; their names follow.
  public static final String PROMPT = "kawi.prompt.";

  private final Path path;
  private final Metadata metadata;
  private final List<PublishedFile> files = new ArrayList<>();
  private final Arena arena = Arena.ofShared();
  private final PublishedLayout layout;
  private final Map<String, Laid> laid = new LinkedHashMap<>();
  private final Map<String, MemorySegment> data = new ConcurrentHashMap<>();

  @SuppressWarnings("MustBeClosedChecker") // close() does
  private HuggingFaceFolder(Path folder) throws IOException {
    path = folder.toAbsolutePath().normalize();
    try {
      HuggingFaceConfig config = HuggingFaceConfig.read(path);
      HuggingFaceFamily family = HuggingFaceFamily.of(config);
      metadata = metadata(config, family);
      Fp8Weights fp8 = new Fp8Weights(config.object("quantization_config"), arena);
      layout = new PublishedLayout(config, family, metadata, arena);
      for (Path file : PublishedFiles.in(path)) {
        PublishedFile opened = PublishedFile.open(file);
        files.add(opened);
        opened
            .tensors()
            .forEach(tensor -> fp8.whole(tensor).ifPresent(t -> add(opened, t, family::ggufName)));
      }
      if (family.isEncoder()) {
        addDense();
      }
      fp8.requireWhole();
      if (config.isOn("tie_word_embeddings", family.isTied())) {
        laid.remove("output.weight");
      } else if (!config.isOn("tie_word_embeddings", true) && isHeadMissing(family)) {
        throw config.wrong(
            "tie_word_embeddings",
            "is false, but the weights have no output matrix (lm_head.weight); is a file of them"
                + " missing?");
      }
      ropeFactors(config);
    } catch (IOException | RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /// Opens a folder.
  ///
  /// @throws IOException if it cannot be read
  /// @throws ModelFormatException if it is not a model that Kawi can read
  public static HuggingFaceFolder open(Path folder) throws IOException {
    return new HuggingFaceFolder(folder);
  }

  private Metadata metadata(HuggingFaceConfig config, HuggingFaceFamily family) throws IOException {
    Metadata.Builder all = HuggingFaceMetadata.of(config, family);
    all.string("general.name", String.valueOf(path.getFileName()));
    Path pooling = path.resolve("1_Pooling").resolve("config.json");
    if (Files.isRegularFile(pooling)) {
      HuggingFaceEncoder.pooling(PublishedJson.read(pooling), family.architecture(), all);
    }
    new HuggingFaceModules(path).prompts().forEach((name, text) -> all.string(PROMPT + name, text));
    new HuggingFaceTemplates(path)
        .read()
        .forEach((name, text) ->
            all.string(
                name.equals(HuggingFaceTemplates.DEFAULT)
                    ? "tokenizer.chat_template"
                    : "tokenizer.chat_template." + name,
                text));
    return all.build();
  }

  private boolean isHeadMissing(HuggingFaceFamily family) {
    return !family.isEncoder()
        && laid.containsKey("token_embd.weight")
        && !laid.containsKey("output.weight");
  }

  /// The linear maps after pooling, which GGUF files number from 2 on.
  private void addDense() throws IOException {
    int number = 2;
    for (Path folder : new HuggingFaceModules(path).dense()) {
      String prefix = "dense_" + number++;
      for (Path file : PublishedFiles.in(folder)) {
        PublishedFile opened = PublishedFile.open(file);
        files.add(opened);
        opened
            .tensors()
            .forEach(tensor -> add(opened, tensor, name -> HuggingFaceEncoder.dense(prefix, name)));
      }
    }
  }

  private void add(
      PublishedFile file,
      PublishedFile.Stored stored,
      Function<String, Optional<String>> ggufName) {
    Optional<String> name = ggufName.apply(stored.name());
    if (name.isEmpty()) {
      return;
    }
    if (PublishedLayout.isPacked(name.get())) {
      layout.packed(name.get(), stored.shape(), stored.data().get()).forEach(this::put);
      return;
    }
    StorageType type =
        stored
            .type()
            .orElseThrow(() ->
                new ModelFormatException(
                    "%s: %s of %s is stored as %s; Kawi reads F32, F16 and BF16"
                        .formatted(file.format(), stored.name(), file.path(), stored.dtype())));
    layout.inGguf(new Laid(name.get(), type, stored.shape(), stored.data())).forEach(this::put);
  }

  private void put(Laid tensor) {
    laid.put(tensor.name(), tensor);
  }

  private void put(String name, float[] values) {
    MemorySegment copy = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
    put(new Laid(name, StorageType.F32, List.of((long) values.length), () -> copy));
  }

  private void ropeFactors(HuggingFaceConfig config) {
    Optional<HuggingFaceConfig> scaling = HuggingFaceRope.scaling(config);
    scaling
        .flatMap(s -> s.numbers("long_factor"))
        .ifPresent(factors -> put("rope_factors_long.weight", factors));
    scaling
        .flatMap(s -> s.numbers("short_factor"))
        .ifPresent(factors -> put("rope_factors_short.weight", factors));
    scaling
        .filter(s -> s.text("rope_type").or(() -> s.text("type")).equals(Optional.of("llama3")))
        .ifPresent(s -> put("rope_freqs.weight", llama3Factors(config, s)));
  }

  /// By what Llama 3 divides each frequency: 1 for high ones, `factor` for low ones, and between
  /// them something between. Source: the Llama 3.1 reference (`apply_scaling`).
  private float[] llama3Factors(HuggingFaceConfig config, HuggingFaceConfig scaling) {
    double factor = scaling.number("factor").orElse(8.0);
    double low = scaling.number("low_freq_factor").orElse(1.0);
    double high = scaling.number("high_freq_factor").orElse(4.0);
    double original = scaling.integer("original_max_position_embeddings").orElse(8192);
    String arch = metadata.string("general.architecture").orElseThrow();
    double theta = metadata.number(arch + ".rope.freq_base").orElseThrow();
    int dims = metadata.integer(arch + ".rope.dimension_count").orElseThrow();
    if (high <= low) {
      throw config.wrong("rope_scaling.high_freq_factor", "is not above low_freq_factor");
    }
    float[] factors = new float[dims / 2];
    for (int i = 0; i < factors.length; i++) {
      double wave = 2 * Math.PI * StrictMath.pow(theta, 2.0 * i / dims);
      double smooth = (original / wave - low) / (high - low);
      double divisor =
          wave < original / high
              ? 1
              : wave > original / low ? factor : 1 / ((1 - smooth) / factor + smooth);
      factors[i] = (float) divisor;
    }
    return factors;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public List<Path> paths() {
    return files.stream().map(PublishedFile::path).toList();
  }

  @Override
  public String format() {
    return files.getFirst().format();
  }

  @Override
  public long sizeBytes() {
    return files.stream().mapToLong(PublishedFile::sizeBytes).sum();
  }

  @Override
  public Metadata metadata() {
    return metadata;
  }

  @Override
  public List<TensorInfo> tensors() {
    return laid.values().stream().map(Laid::info).toList();
  }

  @Override
  public Optional<TensorInfo> tensor(String name) {
    return Optional.ofNullable(laid.get(name)).map(Laid::info);
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    Laid known = laid.get(tensor.name());
    if (known == null || !tensor.equals(known.info())) {
      throw new IllegalArgumentException("model: " + tensor.name() + " is not a tensor of " + path);
    }
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("model: " + path + " is closed; open it again");
    }
    return data.computeIfAbsent(tensor.name(), name -> known.data().get());
  }

  @Override
  public void checkUnchanged() {
    for (PublishedFile file : files) {
      try {
        long size = Files.size(file.path());
        if (size != file.sizeBytes()) {
          throw new ModelFormatException(
              "%s: %s had %d bytes when it was opened and has %d now; open it again"
                  .formatted(file.format(), file.path(), file.sizeBytes(), size));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() {
    files.forEach(PublishedFile::close);
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
