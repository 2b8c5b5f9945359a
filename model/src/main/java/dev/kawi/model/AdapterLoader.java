package dev.kawi.model;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFormatException;
import dev.kawi.nn.Adapter;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Embedding;
import dev.kawi.nn.Linear;
import dev.kawi.nn.LowRank;
import dev.kawi.tensor.Tensor;
import dev.kawi.weights.AdapterFile;
import dev.kawi.weights.AdapterFile.Change;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

// How it works. A file names tensors of a checkpoint, an executor meets linear maps. Most are the
// same. A tensor that an architecture takes apart (query, key and value in one; gate and up in one)
// is several linear maps that follow each other in its rows, so B is cut there and A is shared. Of
// latent attention, the keys' half of `attn_kv_b` is used turned over, and so is its change: the
// transpose of B A is A^T B^T.

/// Reads adapters for a model and fits them to its linear maps.
public final class AdapterLoader {
  private static final Pattern NAME = Pattern.compile("(blk\\.\\d+\\.)([a-z_]+)(\\.\\d+)?");

  /// The linear maps into which architectures take a tensor apart.
  private static final Map<String, List<String>> PARTS =
      Map.of(
          "attn_qkv", List.of("attn_q", "attn_k", "attn_v"),
          "ffn_up", List.of("ffn_gate", "ffn_up"),
          "ffn_gate_up_exps", List.of("ffn_gate_exps", "ffn_up_exps"));

  private final Decoder decoder;
  private final Metadata metadata;
  private final Map<String, Linear> linears = new HashMap<>();

  /// A loader for a model.
  ///
  /// @param metadata of the model's file
  public AdapterLoader(Decoder decoder, Metadata metadata) {
    this.decoder = decoder;
    this.metadata = metadata;
    decoder.linears().forEach(linear -> linears.put(linear.name(), linear));
  }

  /// Reads an adapter: a folder of PEFT, or a GGUF file.
  ///
  /// @throws IOException if it cannot be read
  /// @throws ModelFormatException if it is no adapter that Kawi serves, or one of another model
  public Adapter load(Path path) throws IOException {
    AdapterFile file = AdapterFile.read(path, metadata);
    Map<String, LowRank> maps = new LinkedHashMap<>();
    Map<String, LowRank.OfTable> tables = new LinkedHashMap<>();
    for (Change change : file.changes()) {
      switch (change.kind()) {
        case TABLE -> tables.put(decoder.embedding().name(), ofTable(change));
        case LINEAR ->
            fit(change)
                .forEach((name, x) -> {
                  if (maps.put(name, x) != null) {
                    throw new ModelFormatException(
                        "adapter: %s changes %s twice; is it damaged?".formatted(path, name));
                  }
                });
      }
    }
    return new Adapter(file.name(), maps, tables);
  }

  /// Fails unless every change of an adapter has the sizes of a linear map of the model.
  public void requireFit(Adapter adapter) {
    adapter
        .linears()
        .forEach((name, x) -> {
          Linear linear = linears.get(name);
          if (linear == null || linear.in() != x.in() || linear.out() != x.out()) {
            throw new IllegalArgumentException(
                "adapter %s changes %s [%d, %d], which the model does not have; load it for this model"
                    .formatted(adapter.name(), name, x.out(), x.in()));
          }
        });
    Embedding tokens = decoder.embedding();
    adapter
        .tables()
        .forEach((name, x) -> {
          if (!tokens.name().equals(name)
              || x.a().rows() != tokens.size()
              || x.b().rows() != tokens.hiddenSize()) {
            throw new IllegalArgumentException(
                "adapter %s changes embeddings %s of [%d, %d], which the model does not have; load it for this model"
                    .formatted(adapter.name(), name, x.a().rows(), x.b().rows()));
          }
        });
  }

  private LowRank.OfTable ofTable(Change change) {
    Embedding tokens = decoder.embedding();
    if (!change.tensor().equals(tokens.name())) {
      throw unknown(change);
    }
    if (change.a().rows() != tokens.size() || change.b().rows() != tokens.hiddenSize()) {
      throw wrongShape(
          change, change.a().rows(), change.b().rows(), tokens.size(), tokens.hiddenSize());
    }
    return LowRank.OfTable.of(change.a(), change.b(), change.scale());
  }

  private Map<String, LowRank> fit(Change change) {
    List<Linear> parts = parts(change);
    if (parts.isEmpty() && change.tensor().endsWith(".attn_kv_b")) {
      return latent(change);
    }
    if (parts.isEmpty()) {
      throw unknown(change);
    }
    int rows = rows(parts);
    int cols = parts.getFirst().in();
    if (rows != change.b().rows() || cols != change.a().cols()) {
      throw wrongShape(change, change.b().rows(), change.a().cols(), rows, cols);
    }
    Map<String, LowRank> fitted = new LinkedHashMap<>();
    int from = 0;
    for (Linear part : parts) {
      Tensor b = change.b().slice(from, part.out());
      fitted.put(part.name(), LowRank.of(change.a(), b, change.scale()));
      from += part.out();
    }
    return fitted;
  }

  /// The linear maps that a tensor is, one after another; none if the model has no such tensor.
  private List<Linear> parts(Change change) {
    if (change.tensor().equals("output")) {
      return List.of(decoder.head()); // which may be the embeddings under their own name
    }
    Linear same = linears.get(change.tensor());
    List<Linear> split = split(change.tensor());
    boolean isSplit = rows(split) == change.b().rows();
    return same == null || isSplit ? split : List.of(same);
  }

  /// The linear maps into which a tensor of this name is taken apart; none if it is not.
  private List<Linear> split(String tensor) {
    Matcher name = NAME.matcher(tensor);
    List<String> tails = name.matches() ? PARTS.getOrDefault(name.group(2), List.of()) : List.of();
    String number = name.matches() ? Objects.requireNonNullElse(name.group(3), "") : "";
    List<Linear> parts =
        tails.stream()
            .map(tail -> linears.get(name.group(1) + tail + number))
            .filter(Objects::nonNull)
            .toList();
    return parts.size() == tails.size() ? parts : List.of();
  }

  private static int rows(List<Linear> parts) {
    return parts.stream().mapToInt(Linear::out).sum();
  }

  /// Of each head its keys, turned over, and its values.
  private Map<String, LowRank> latent(Change change) {
    String block = change.tensor().substring(0, change.tensor().length() - "attn_kv_b".length());
    Tensor turned = change.a().transposed();
    Map<String, LowRank> fitted = new LinkedHashMap<>();
    int from = 0;
    for (int head = 0; linears.containsKey(block + "attn_k_b." + head); head++) {
      Linear key = Objects.requireNonNull(linears.get(block + "attn_k_b." + head));
      Linear value = Objects.requireNonNull(linears.get(block + "attn_v_b." + head));
      int end = from + key.in() + value.out();
      if (change.a().cols() != value.in() || end > change.b().rows()) {
        throw wrongShape(change, change.b().rows(), change.a().cols(), end, value.in());
      }
      Tensor ofKey = change.b().slice(from, key.in());
      Tensor ofValue = change.b().slice(from + key.in(), value.out());
      fitted.put(key.name(), LowRank.of(ofKey.transposed(), turned, change.scale()));
      fitted.put(value.name(), LowRank.of(change.a(), ofValue, change.scale()));
      from = end;
    }
    if (fitted.isEmpty()) {
      throw unknown(change);
    }
    if (from != change.b().rows()) {
      throw wrongShape(change, change.b().rows(), change.a().cols(), from, change.a().cols());
    }
    return fitted;
  }

  private ModelFormatException unknown(Change change) {
    return new ModelFormatException(
        "adapter: %s is changed, which this model (%s, %d layers) does not have; was the adapter made for another model?"
            .formatted(
                change.tensor(),
                metadata.string("general.architecture").orElse("unknown"),
                decoder.numLayers()));
  }

  private static ModelFormatException wrongShape(
      Change change, int rows, int cols, int expectedRows, int expectedCols) {
    return new ModelFormatException(
        "adapter: the change of %s is [%d, %d], the model's is [%d, %d]; was the adapter made for another model?"
            .formatted(change.tensor(), rows, cols, expectedRows, expectedCols));
  }
}
