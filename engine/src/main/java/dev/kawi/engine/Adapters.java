package dev.kawi.engine;

import dev.kawi.model.AdapterLoader;
import dev.kawi.nn.Adapter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/// The adapters that are loaded beside a model, by name. Safe for use by many threads, also while
/// the model answers: each request holds its adapter until its answer ends, so that one that is
/// unloaded meanwhile is still served to the end, and its memory is freed after that.
public final class Adapters {
  private final AdapterLoader loader;
  private final ConcurrentSkipListMap<String, Adapter> loaded = new ConcurrentSkipListMap<>();

  Adapters(AdapterLoader loader) {
    this.loader = loader;
  }

  /// Loads a LoRA adapter: a folder of PEFT, or a GGUF file of llama.cpp.
  ///
  /// @throws IOException if it cannot be read
  /// @throws dev.kawi.gguf.ModelFormatException if it is no adapter that Kawi serves, or one of
  ///   another model
  /// @throws IllegalArgumentException if the name is in use
  public Adapter load(String name, Path path) throws IOException {
    Adapter adapter = loader.load(path).named(name);
    if (name.isBlank() || loaded.putIfAbsent(name, adapter) != null) {
      throw new IllegalArgumentException(
          "adapter: the name \"%s\" is %s; give another one, or unload that adapter first"
              .formatted(name, name.isBlank() ? "blank" : "in use"));
    }
    return adapter;
  }

  /// The adapter of this name.
  public Optional<Adapter> get(String name) {
    return Optional.ofNullable(loaded.get(name));
  }

  /// The names, sorted.
  public List<String> names() {
    return List.copyOf(loaded.keySet());
  }

  /// Forgets an adapter and returns it; empty if there was none of this name.
  public Optional<Adapter> unload(String name) {
    return Optional.ofNullable(loaded.remove(name));
  }

  /// Fails unless an adapter was made for this model.
  void requireFit(Adapter adapter) {
    loader.requireFit(adapter);
  }
}
