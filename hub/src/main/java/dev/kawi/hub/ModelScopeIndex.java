package dev.kawi.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The index that ModelScope's own tool keeps in a model's folder, so that it takes what Kawi
/// pulled as its own: `.msc`, a pickled list of `{'Path': path, 'Revision': commit}`, and `.mdl`, a
/// pickled `{'id': 'OWNER/NAME'}`, in whose name points are `___`. Source: `hub/utils/caching.py`
/// of modelscope/modelscope.
final class ModelScopeIndex {
  private static final String FILES = ".msc";
  private static final String MODEL = ".mdl";
  private static final String PATH = "Path";
  private static final String REVISION = "Revision";
  private static final long MAX_BYTES = 4 << 20;

  private ModelScopeIndex() {}

  /// Says in the folder of a model which files came in which commit. What the index says of other
  /// files stays; an index that Kawi cannot read stays as it is.
  static void add(Path folder, List<RemoteFile> files) throws IOException {
    Optional<Map<String, String>> known = read(folder);
    if (known.isEmpty()) {
      return;
    }
    Map<String, String> commits = known.get();
    for (RemoteFile file : files) {
      file.commit().ifPresent(commit -> commits.put(file.path(), commit));
    }
    write(folder, commits);
    String id = folder.getParent().getFileName() + "/" + folder.getFileName();
    ModelStore.Stored.write(folder.resolve(MODEL), Pickle.write(Map.of("id", id)));
  }

  /// Leaves files out that were deleted.
  static void remove(Path folder, List<String> files) throws IOException {
    Optional<Map<String, String>> known = read(folder);
    if (known.isPresent() && known.get().keySet().removeAll(files)) {
      write(folder, known.get());
    }
  }

  private static void write(Path folder, Map<String, String> commits) throws IOException {
    List<Map<String, String>> entries = new ArrayList<>();
    commits.forEach((path, commit) -> entries.add(entry(path, commit)));
    ModelStore.Stored.write(folder.resolve(FILES), Pickle.write(entries));
  }

  private static Map<String, String> entry(String path, String commit) {
    Map<String, String> entry = new LinkedHashMap<>();
    entry.put(PATH, path);
    entry.put(REVISION, commit);
    return entry;
  }

  /// Commits by path; empty if there is an index that is not understood.
  static Optional<Map<String, String>> read(Path folder) throws IOException {
    Map<String, String> commits = new TreeMap<>();
    Path index = folder.resolve(FILES);
    if (!Files.isRegularFile(index)) {
      return Optional.of(commits);
    }
    if (Files.size(index) > MAX_BYTES) {
      return Optional.empty();
    }
    byte[] bytes = Files.readAllBytes(index);
    try {
      return add(Pickle.read(bytes), commits) ? Optional.of(commits) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// Takes the entries of an index; whether all are of the known form.
  private static boolean add(Object index, Map<String, String> commits) {
    if (!(index instanceof List<?> entries)) {
      return false;
    }
    for (Object entry : entries) {
      if (!(entry instanceof Map<?, ?> fields
          && fields.size() == 2
          && fields.get(PATH) instanceof String path
          && fields.get(REVISION) instanceof String commit)) {
        return false;
      }
      commits.put(path, commit);
    }
    return true;
  }
}
