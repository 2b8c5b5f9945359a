package dev.kawi.hub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

// How it works. Each hub's files lie where the hub's own tool keeps them, in its layout, so that
// people have a model once.
//
// Hugging Face (`~/.cache/huggingface/hub`):
//   models--OWNER--NAME/blobs/DIGEST            the content, by its SHA-256 or git name
//   models--OWNER--NAME/snapshots/COMMIT/PATH   a link to the content
//   models--OWNER--NAME/refs/REVISION           the commit of a branch or tag
// ModelScope (`~/.cache/modelscope/hub`):
//   models/OWNER/NAME/PATH                      the content; points in NAME become ___
//   models/OWNER/NAME/.mv                       the revision
//   models/OWNER/NAME/.msc, .mdl                the index of ModelScope's tool, see ModelScopeIndex
//   models/OWNER/NAME/.kawi-sha256              what Kawi pulled, as sha256sum writes it
//
// Files get their names last: Hugging Face's links are made, and ModelScope's files moved from
// `models/.kawi/OWNER/NAME`, when all files of a pull are there and verified.

/// Where the files of a hub are kept on this machine.
sealed interface ModelStore permits ModelStore.HuggingFaceStore, ModelStore.ModelScopeStore {
  /// The store of a hub in this folder.
  static ModelStore of(Hub hub, Path root) {
    return switch (hub) {
      case HUGGING_FACE -> new HuggingFaceStore(root);
      case MODEL_SCOPE -> new ModelScopeStore(root);
    };
  }

  /// The file whose lock allows to change a model.
  Path lockFile(String id);

  /// Where the content of a file is downloaded to.
  Path place(RemoteRepository repository, RemoteFile file);

  /// Whether a file of a repository has its name already, as it is now on the hub.
  boolean has(RemoteRepository repository, RemoteFile file) throws IOException;

  /// The folder in which files have their names.
  Path folder(RemoteRepository repository);

  /// Gives files that are all there their names; returns the folder they are in.
  Path publish(RemoteRepository repository, List<RemoteFile> files) throws IOException;

  /// A model of this name, if it is here at this revision.
  Optional<LocalModel> find(String id, String revision) throws IOException;

  /// All models.
  List<LocalModel> list() throws IOException;

  /// Deletes a model in all revisions; whether there was one.
  boolean remove(String id) throws IOException;

  /// Deletes these files of a model that is here; what else it has stays.
  void remove(LocalModel model, List<String> files) throws IOException;

  /// The layout of Hugging Face's tools.
  record HuggingFaceStore(Path root) implements ModelStore {
    private Path folder(String id) {
      return root.resolve("models--" + id.replace("/", "--"));
    }

    @Override
    public Path lockFile(String id) {
      return root.resolve(".locks").resolve("models--" + id.replace("/", "--")).resolve("kawi");
    }

    @Override
    public Path place(RemoteRepository repository, RemoteFile file) {
      String name = file.digest().orElseGet(() -> file.path().replace("/", "--"));
      RemoteFile.requireSafePath(name);
      return folder(repository.id()).resolve("blobs").resolve(name);
    }

    @Override
    public boolean has(RemoteRepository repository, RemoteFile file) throws IOException {
      return Stored.hasSize(folder(repository).resolve(file.path()), file.size());
    }

    @Override
    public Path folder(RemoteRepository repository) {
      return folder(repository.id()).resolve("snapshots").resolve(repository.commit());
    }

    @Override
    public Path publish(RemoteRepository repository, List<RemoteFile> files) throws IOException {
      Path snapshot = folder(repository);
      for (RemoteFile file : files) {
        Path link = snapshot.resolve(file.path());
        Files.createDirectories(link.getParent());
        link(link, place(repository, file));
      }
      if (!repository.revision().equals(repository.commit())) {
        Path ref = folder(repository.id()).resolve("refs").resolve(repository.revision());
        Files.createDirectories(ref.getParent());
        Stored.write(ref, repository.commit());
      }
      return snapshot;
    }

    /// A relative link, or a copy where the system has none.
    private static void link(Path link, Path content) throws IOException {
      if (Files.exists(link)) {
        return;
      }
      Files.deleteIfExists(link);
      try {
        Files.createSymbolicLink(link, link.getParent().relativize(content));
      } catch (UnsupportedOperationException | IOException e) {
        Path beside = link.resolveSibling(link.getFileName() + ".kawi-part");
        Files.copy(content, beside, StandardCopyOption.REPLACE_EXISTING);
        Files.move(beside, link, StandardCopyOption.ATOMIC_MOVE);
      }
    }

    @Override
    public Optional<LocalModel> find(String id, String revision) throws IOException {
      Path ref = folder(id).resolve("refs").resolve(revision);
      String commit = Files.isRegularFile(ref) ? Files.readString(ref).strip() : revision;
      Path snapshot = folder(id).resolve("snapshots").resolve(commit);
      return commit.matches("[A-Za-z0-9._-]{1,100}") && Files.isDirectory(snapshot)
          ? Optional.of(Stored.model(Hub.HUGGING_FACE, id, revision, snapshot))
          : Optional.empty();
    }

    @Override
    public List<LocalModel> list() throws IOException {
      List<LocalModel> models = new ArrayList<>();
      for (Path folder : Stored.folders(root)) {
        String name = folder.getFileName().toString();
        if (name.startsWith("models--") && name.indexOf("--", 8) > 0) {
          String id = name.substring(8).replaceFirst("--", "/");
          Map<String, String> names = revisions(folder);
          for (Path snapshot : Stored.folders(folder.resolve("snapshots"))) {
            String commit = snapshot.getFileName().toString();
            models.add(
                Stored.model(Hub.HUGGING_FACE, id, names.getOrDefault(commit, commit), snapshot));
          }
        }
      }
      return models;
    }

    /// The branch or tag of each commit that has one.
    private static Map<String, String> revisions(Path folder) throws IOException {
      Map<String, String> names = new HashMap<>();
      Path refs = folder.resolve("refs");
      for (String ref : Stored.files(refs)) {
        names.put(Files.readString(refs.resolve(ref)).strip(), ref);
      }
      return names;
    }

    @Override
    public boolean remove(String id) throws IOException {
      return Stored.delete(folder(id));
    }

    /// A link and, unless another revision has it, too, the content.
    @Override
    public void remove(LocalModel model, List<String> files) throws IOException {
      Path blobs = folder(model.id()).resolve("blobs");
      for (String file : files) {
        Path link = model.folder().resolve(file);
        Path content = link.toRealPath();
        Files.delete(link);
        if (content.startsWith(blobs.toRealPath()) && !isLinked(model.id(), content)) {
          Files.delete(content);
        }
      }
    }

    private boolean isLinked(String id, Path content) throws IOException {
      try (Stream<Path> links = Files.walk(folder(id).resolve("snapshots"))) {
        for (Path link : links.filter(Files::isRegularFile).toList()) {
          if (link.toRealPath().equals(content)) {
            return true;
          }
        }
      }
      return false;
    }
  }

  /// The layout of ModelScope's tool.
  record ModelScopeStore(Path root) implements ModelStore {
    private static final String DIGESTS = ".kawi-sha256";
    private static final String VERSION = ".mv";
    private static final Pattern REVISION = Pattern.compile("Revision:([^,]+).*", Pattern.DOTALL);

    /// The revision that the folder says it has.
    private static String revision(Path folder) throws IOException {
      Path file = folder.resolve(VERSION);
      Matcher matcher = REVISION.matcher(Files.isRegularFile(file) ? Files.readString(file) : "");
      return matcher.matches() ? matcher.group(1) : Hub.MODEL_SCOPE.defaultRevision();
    }

    private Path models() {
      return root.resolve("models");
    }

    private Path folder(Path base, String id) {
      String[] parts = id.split("/", 2);
      return base.resolve(parts[0]).resolve(parts[1].replace(".", "___"));
    }

    @Override
    public Path lockFile(String id) {
      return models().resolve(".kawi").resolve("locks").resolve(id.replace("/", "--"));
    }

    @Override
    public Path place(RemoteRepository repository, RemoteFile file) {
      return folder(models().resolve(".kawi"), repository.id())
          .resolve(repository.revision().replace("/", "--"))
          .resolve(file.path());
    }

    @Override
    public boolean has(RemoteRepository repository, RemoteFile file) throws IOException {
      Path folder = folder(repository);
      String known = digests(folder).getOrDefault(file.path(), file.sha256().orElse(""));
      return Stored.hasSize(folder.resolve(file.path()), file.size())
          && known.equals(file.sha256().orElse(known));
    }

    /// SHA-256 by path of the files that Kawi pulled.
    private static Map<String, String> digests(Path folder) throws IOException {
      Map<String, String> digests = new TreeMap<>();
      Path file = folder.resolve(DIGESTS);
      if (Files.isRegularFile(file)) {
        for (String line : Files.readAllLines(file)) {
          String[] parts = line.split(" [ *]", 2);
          if (parts.length == 2) {
            digests.put(parts[1], parts[0]);
          }
        }
      }
      return digests;
    }

    @Override
    public Path folder(RemoteRepository repository) {
      return folder(models(), repository.id());
    }

    @Override
    public Path publish(RemoteRepository repository, List<RemoteFile> files) throws IOException {
      Path folder = folder(repository);
      Map<String, String> digests = digests(folder);
      for (RemoteFile file : files) {
        Path to = folder.resolve(file.path());
        Files.createDirectories(to.getParent());
        Files.move(
            place(repository, file),
            to,
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
        file.sha256().ifPresent(digest -> digests.put(file.path(), digest));
      }
      writeDigests(folder, digests);
      Stored.write(
          folder.resolve(VERSION),
          "Revision:%s,CreatedAt:%d"
              .formatted(repository.revision(), System.currentTimeMillis() / 1000));
      ModelScopeIndex.add(folder, files);
      Stored.delete(folder(models().resolve(".kawi"), repository.id()));
      return folder;
    }

    @Override
    public Optional<LocalModel> find(String id, String revision) throws IOException {
      for (Path base : List.of(models(), root)) {
        Path folder = folder(base, id);
        boolean any = revision.equals(Hub.MODEL_SCOPE.defaultRevision());
        if (Files.isDirectory(folder) && (any || revision(folder).equals(revision))) {
          return Optional.of(Stored.model(Hub.MODEL_SCOPE, id, revision, folder));
        }
      }
      return Optional.empty();
    }

    @Override
    public List<LocalModel> list() throws IOException {
      List<LocalModel> found = new ArrayList<>();
      for (Path base : List.of(models(), root)) {
        for (Path owner : Stored.folders(base)) {
          if (!owner.equals(models()) && !owner.endsWith("datasets")) {
            for (Path folder : Stored.folders(owner)) {
              String name = folder.getFileName().toString().replace("___", ".");
              found.add(
                  Stored.model(
                      Hub.MODEL_SCOPE, owner.getFileName() + "/" + name, revision(folder), folder));
            }
          }
        }
      }
      return found;
    }

    @Override
    public boolean remove(String id) throws IOException {
      boolean removed = Stored.delete(folder(models().resolve(".kawi"), id));
      for (Path base : List.of(models(), root)) {
        removed |= Stored.delete(folder(base, id));
      }
      return removed;
    }

    @Override
    public void remove(LocalModel model, List<String> files) throws IOException {
      Map<String, String> digests = digests(model.folder());
      for (String file : files) {
        Files.delete(model.folder().resolve(file));
        digests.remove(file);
      }
      writeDigests(model.folder(), digests);
      ModelScopeIndex.remove(model.folder(), files);
    }

    private static void writeDigests(Path folder, Map<String, String> digests) throws IOException {
      StringBuilder lines = new StringBuilder();
      digests.forEach((path, digest) -> lines.append(digest + "  " + path + "\n"));
      Stored.write(folder.resolve(DIGESTS), lines.toString());
    }
  }

  /// What both layouts need of a file system.
  final class Stored {
    private Stored() {}

    static boolean hasSize(Path file, long size) throws IOException {
      return Files.isRegularFile(file) && Files.size(file) == size;
    }

    /// Writes a small file beside and renames it.
    static void write(Path file, String text) throws IOException {
      write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /// Writes a small file beside and renames it.
    static void write(Path file, byte[] bytes) throws IOException {
      Path beside = file.resolveSibling(file.getFileName() + ".kawi-part");
      Files.write(beside, bytes);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static LocalModel model(Hub hub, String id, String revision, Path folder) throws IOException {
      List<String> files = files(folder);
      long bytes = 0;
      for (String file : files) {
        bytes += Files.size(folder.resolve(file));
      }
      return new LocalModel(hub, id, revision, folder, files, bytes);
    }

    /// Folders in a folder that are not hidden, by name.
    static List<Path> folders(Path folder) throws IOException {
      if (!Files.isDirectory(folder)) {
        return List.of();
      }
      try (Stream<Path> entries = Files.list(folder)) {
        return entries
            .filter(Files::isDirectory)
            .filter(path -> !path.getFileName().toString().startsWith("."))
            .sorted()
            .toList();
      }
    }

    /// Paths of the files in a folder that are not hidden and not parts of a download, by name.
    static List<String> files(Path folder) throws IOException {
      if (!Files.isDirectory(folder)) {
        return List.of();
      }
      try (Stream<Path> entries = Files.walk(folder)) {
        return entries
            .filter(Files::isRegularFile)
            .map(path -> folder.relativize(path).toString().replace('\\', '/'))
            .filter(path -> !path.startsWith(".") && !path.contains("/."))
            .filter(path -> !path.contains(".kawi-"))
            .sorted()
            .toList();
      }
    }

    /// Deletes a folder with all that is in it, without following links; whether it was there.
    static boolean delete(Path folder) throws IOException {
      if (!Files.isDirectory(folder)) {
        return false;
      }
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
                throws IOException {
              if (e != null) {
                throw e;
              }
              Files.delete(directory);
              return FileVisitResult.CONTINUE;
            }
          });
      return true;
    }

    /// Models by name.
    static final Comparator<LocalModel> BY_NAME =
        Comparator.comparing(LocalModel::id).thenComparing(LocalModel::hub);
  }
}
