package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Models on the hubs and in the stores of this machine.
///
/// ```java
/// try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
///   Path file = hub.pull(ModelReference.parse("qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M"), TransferListener.NONE);
/// }
/// ```
public final class ModelHub implements AutoCloseable {
  private final HubSettings settings;
  private final HubHttp http;
  private final Disk disk;
  private final Map<Hub, HubClient> clients = new EnumMap<>(Hub.class);
  private final Map<Hub, ModelStore> stores = new EnumMap<>(Hub.class);

  /// Hubs and stores as these settings have them.
  public ModelHub(HubSettings settings) {
    this(settings, Disk.REAL);
  }

  ModelHub(HubSettings settings, Disk disk) {
    this.settings = settings;
    this.disk = disk;
    http = new HubHttp(settings);
    clients.put(Hub.HUGGING_FACE, new HuggingFaceClient(http));
    clients.put(Hub.MODEL_SCOPE, new ModelScopeClient(http));
    settings.stores().forEach((hub, root) -> stores.put(hub, ModelStore.of(hub, root)));
  }

  private List<Hub> hubs(ModelReference reference) {
    return reference.hub().map(List::of).orElse(settings.hubs());
  }

  private static String revision(ModelReference reference, Hub hub) {
    return reference.revision().orElse(hub.defaultRevision());
  }

  /// What a hub offers under this reference: the first hub, in the order of the settings, that has
  /// it.
  public RemoteRepository show(ModelReference reference) throws IOException {
    List<HubException> refusals = new ArrayList<>();
    for (Hub hub : hubs(reference)) {
      try {
        return client(reference, hub).repository(reference.repository(), revision(reference, hub));
      } catch (HubException e) {
        refusals.add(e);
      }
    }
    throw HubException.together(refusals);
  }

  /// The client of a hub, or of the mirror that a reference names.
  private HubClient client(ModelReference reference, Hub hub) {
    return reference
        .mirror()
        .<HubClient>map(mirror -> new HuggingFaceClient(http, mirror))
        .orElseGet(() -> client(hub));
  }

  private HubClient client(Hub hub) {
    HubClient client = clients.get(hub);
    if (client == null) {
      throw new IllegalStateException("Bug: no client for " + hub);
    }
    return client;
  }

  private ModelStore store(Hub hub) {
    ModelStore store = stores.get(hub);
    if (store == null) {
      throw new IllegalStateException("Bug: no store for " + hub);
    }
    return store;
  }

  /// The files of a repository that the reference means.
  public static List<RemoteFile> choose(ModelReference reference, RemoteRepository repository)
      throws IOException {
    List<String> paths = repository.files().stream().map(RemoteFile::path).toList();
    Set<String> chosen = new HashSet<>(FileSelection.of(reference, paths));
    return repository.files().stream().filter(file -> chosen.contains(file.path())).toList();
  }

  /// Pulls a model and returns its GGUF file (of a split one the first), or the folder that holds
  /// its files. Files that are in the store are not fetched again.
  public Path pull(ModelReference reference, TransferListener listener) throws IOException {
    RemoteRepository repository = show(reference);
    List<RemoteFile> files = choose(reference, repository);
    try (StoreLock lock =
        StoreLock.acquire(
            store(repository.hub()).lockFile(repository.id()), repository.id(), listener)) {
      return pull(repository, files, listener, lock);
    }
  }

  private Path pull(
      RemoteRepository repository,
      List<RemoteFile> files,
      TransferListener listener,
      @SuppressWarnings("unused") StoreLock held)
      throws IOException {
    long bytes = files.stream().mapToLong(RemoteFile::size).sum();
    ModelStore store = store(repository.hub());
    List<RemoteFile> missing = new ArrayList<>();
    for (RemoteFile file : files) {
      if (!store.has(repository, file)) {
        missing.add(file);
      }
    }
    listener.begins(repository, bytes);
    listener.received(bytes - missing.stream().mapToLong(RemoteFile::size).sum(), true);
    if (!missing.isEmpty()) {
      List<Download> downloads =
          missing.stream().map(file -> download(store, repository, file, listener)).toList();
      requireSpace(repository, store.place(repository, missing.getFirst()), downloads);
      for (Download download : downloads) {
        download.run();
      }
      store.publish(repository, missing);
    }
    return main(store.folder(repository), files.stream().map(RemoteFile::path).toList());
  }

  private static Path main(Path folder, List<String> files) {
    return files.stream()
        .filter(file -> file.endsWith(".gguf"))
        .min(Comparator.naturalOrder())
        .map(folder::resolve)
        .orElse(folder);
  }

  private Download download(
      ModelStore store, RemoteRepository repository, RemoteFile file, TransferListener listener) {
    Path place = store.place(repository, file);
    return new Download(http, repository.hub(), file, place, listener, disk);
  }

  private void requireSpace(RemoteRepository repository, Path place, List<Download> downloads)
      throws IOException {
    long needed = 0;
    for (Download download : downloads) {
      needed += download.missing();
    }
    long free = disk.free(place);
    if (needed > free) {
      throw new HubException(
          Reason.NO_SPACE,
          "%s needs %d MB, %s has %d MB left; make room, or choose a smaller quantization"
              .formatted(
                  repository.id(),
                  Math.ceilDiv(needed, 1L << 20),
                  Disk.existing(place),
                  free >> 20));
    }
  }

  /// The model in the store that a reference means: its GGUF file, or the folder of its files.
  public Optional<Path> find(ModelReference reference) throws IOException {
    for (Hub hub : hubs(reference)) {
      Optional<Path> found =
          store(hub)
              .find(reference.repository(), revision(reference, hub))
              .flatMap(model -> chosen(reference, model));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /// What the reference means of a model; empty if only other files of it are here.
  private static Optional<Path> chosen(ModelReference reference, LocalModel model) {
    try {
      return Optional.of(main(model.folder(), FileSelection.of(reference, model.files())));
    } catch (HubException e) {
      return Optional.empty();
    }
  }

  /// Models in the stores, by name.
  public List<LocalModel> list() throws IOException {
    List<LocalModel> models = new ArrayList<>();
    for (ModelStore store : stores.values()) {
      models.addAll(store.list());
    }
    models.sort(ModelStore.Stored.BY_NAME);
    return models;
  }

  /// What the reference means of the models that are here, in each store: all files where it names
  /// a repository, or those of the file or the quantization that it names.
  public List<LocalModel> local(ModelReference reference) throws IOException {
    boolean part = reference.file().isPresent() || reference.quantization().isPresent();
    List<LocalModel> found = new ArrayList<>();
    for (Hub hub : hubs(reference)) {
      Optional<LocalModel> model =
          store(hub).find(reference.repository(), revision(reference, hub));
      if (model.isPresent()) {
        (part ? part(reference, model.get()) : model).ifPresent(found::add);
      }
    }
    return found;
  }

  private static Optional<LocalModel> part(ModelReference reference, LocalModel model)
      throws IOException {
    List<String> files;
    try {
      files = FileSelection.of(reference, model.files());
    } catch (HubException e) {
      return Optional.empty();
    }
    long bytes = 0;
    for (String file : files) {
      bytes += Files.size(model.folder().resolve(file));
    }
    return Optional.of(
        new LocalModel(model.hub(), model.id(), model.revision(), model.folder(), files, bytes));
  }

  /// Deletes a model from the stores, or the file or the quantization of it that the reference
  /// names; the hubs that had it. The last weights take the rest of the model with them.
  public List<Hub> remove(ModelReference reference) throws IOException {
    boolean part = reference.file().isPresent() || reference.quantization().isPresent();
    List<Hub> removed = new ArrayList<>();
    for (Hub hub : hubs(reference)) {
      if (part ? removePart(hub, reference) : store(hub).remove(reference.repository())) {
        removed.add(hub);
      }
    }
    return removed;
  }

  private boolean removePart(Hub hub, ModelReference reference) throws IOException {
    ModelStore store = store(hub);
    Optional<LocalModel> model = store.find(reference.repository(), revision(reference, hub));
    Optional<LocalModel> part = model.isPresent() ? part(reference, model.get()) : Optional.empty();
    if (part.isEmpty()) {
      return false;
    }
    List<String> files = part.get().files();
    boolean others =
        model.get().files().stream()
            .anyMatch(file -> file.endsWith(".gguf") && !files.contains(file));
    if (others) {
      store.remove(model.get(), files);
    } else {
      store.remove(reference.repository());
    }
    return true;
  }

  /// Repositories with this text in their name, from each hub; a hub that does not answer is left
  /// out if another one does.
  public List<SearchResult> search(String text, int limit) throws IOException {
    List<SearchResult> results = new ArrayList<>();
    List<HubException> refusals = new ArrayList<>();
    for (Hub hub : settings.hubs()) {
      try {
        results.addAll(client(hub).search(text, limit));
      } catch (HubException e) {
        refusals.add(e);
      }
    }
    if (refusals.size() == settings.hubs().size()) {
      throw HubException.together(refusals);
    }
    return results;
  }

  /// The account that the token of a hub belongs to.
  public String account(Hub hub) throws IOException {
    return client(hub).account();
  }

  @Override
  public void close() {
    http.close();
  }
}
