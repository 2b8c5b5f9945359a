package dev.kawi.run;

import dev.kawi.home.KawiHome;
import dev.kawi.run.RunException.Reason;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The list of the runs of a user: a small file for each, `runs/ID.json` in Kawi's home, that says
/// where its folder is. Folders that nobody named lie beside them, as `runs/ID`.
public final class RunRegistry {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final String POINTER = ".json";
  private static final int MOST_BYTES = 1 << 16;

  private final KawiHome home;

  /// The runs in a home.
  public RunRegistry(KawiHome home) {
    this.home = home;
  }

  /// The runs in the home of this process.
  public static RunRegistry fromEnvironment() throws IOException {
    return new RunRegistry(KawiHome.fromEnvironment());
  }

  private Path pointers() {
    return home.folder().resolve("runs");
  }

  /// A folder in Kawi's home for a new run of a command; nothing is made yet.
  public Path newFolder(String command) {
    return pointers().resolve(RunDescription.newId(command));
  }

  /// As [Run#open], and lists the run. Where only the list cannot be written the run goes on, with
  /// a warning.
  public Run open(Path folder, RunRequest request, RunListener... listeners) {
    prepare(folder);
    Run run = Run.open(folder, request, () -> id(folder, request), EventLog.Output.REAL, listeners);
    try {
      list(run.folder(), RunDescription.read(run.folder()));
    } catch (IOException e) {
      run.warning("kawi runs will not list this run (%s): %s".formatted(run.id(), e.getMessage()));
    }
    return run;
  }

  /// Makes the folder of a run that some process is to work on later, and lists it.
  ///
  /// @return its name
  public String queue(Path folder, RunRequest request) throws IOException {
    prepare(folder);
    RunDescription description = Run.queue(folder, request, () -> id(folder, request));
    list(folder.toAbsolutePath().normalize(), description);
    return description.id();
  }

  /// Folders in the home are for their owner alone.
  private void prepare(Path folder) {
    if (isOurs(folder)) {
      try {
        home.folder("runs/" + folder.getFileName());
      } catch (IOException e) {
        throw Run.unwritable(folder, e);
      }
    }
  }

  private boolean isOurs(Path folder) {
    return pointers().equals(folder.toAbsolutePath().normalize().getParent());
  }

  private String id(Path folder, RunRequest request) {
    return isOurs(folder) && RunDescription.isId(folder.getFileName().toString())
        ? folder.getFileName().toString()
        : RunDescription.newId(request.command());
  }

  private void list(Path folder, RunDescription description) throws IOException {
    home.folder("runs");
    Map<String, Object> pointer = new LinkedHashMap<>();
    pointer.put("id", description.id());
    pointer.put("command", description.request().command());
    pointer.put("created", description.created().toString());
    pointer.put("folder", folder.toRealPath().toString());
    AtomicFile.write(pointer(description.id()), MAPPER.writeValueAsString(pointer) + "\n");
  }

  private Path pointer(String id) {
    return pointers().resolve(id + POINTER);
  }

  /// All runs, the newest first.
  public List<RunEntry> list() throws IOException {
    List<RunEntry> entries = new ArrayList<>();
    if (Files.isDirectory(pointers())) {
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(pointers(), file -> file.toString().endsWith(POINTER))) {
        for (Path file : files) {
          read(file).ifPresent(entries::add);
        }
      }
    }
    entries.sort(Comparator.comparing(RunEntry::created).reversed().thenComparing(RunEntry::id));
    return entries;
  }

  /// The entry of a pointer; nothing if it is none.
  private static Optional<RunEntry> read(Path file) throws IOException {
    try {
      if (Files.size(file) > MOST_BYTES) {
        return Optional.empty();
      }
      JsonNode json = MAPPER.readTree(Files.readString(file));
      String id = RunDescription.checkedId(json.required("id").asString());
      Path folder = Path.of(json.required("folder").asString());
      return Optional.of(
          new RunEntry(
              id,
              json.required("command").asString(),
              Instant.parse(json.required("created").asString()),
              folder,
              run(folder).filter(run -> run.id().equals(id))));
    } catch (JacksonException | IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Optional<RunReader> run(Path folder) {
    try {
      return Optional.of(RunReader.of(folder));
    } catch (RunException e) {
      return Optional.empty();
    }
  }

  /// The run of this name: its id, the beginning of one id, or its folder.
  ///
  /// @throws RunException if there is none, or several begin so
  public RunEntry find(String name) throws IOException {
    List<RunEntry> all = list();
    Optional<RunEntry> named = all.stream().filter(e -> e.id().equals(name)).findFirst();
    if (named.isPresent()) {
      return named.get();
    }
    Path folder = Path.of(name);
    if (RunDescription.isIn(folder)) {
      RunReader run = RunReader.of(folder);
      RunDescription d = run.description();
      return new RunEntry(
          d.id(), d.request().command(), d.created(), run.folder(), Optional.of(run));
    }
    List<RunEntry> begin = all.stream().filter(e -> e.id().startsWith(name)).toList();
    if (begin.size() == 1) {
      return begin.getFirst();
    }
    throw new RunException(
        Reason.NOT_FOUND,
        begin.isEmpty()
            ? "there is no run %s; kawi runs lists those there are".formatted(name)
            : "%d runs begin with %s (%s); name one of them"
                .formatted(
                    begin.size(),
                    name,
                    String.join(", ", begin.stream().limit(4).map(RunEntry::id).toList())));
  }

  /// Deletes a run: its folder with all that is in it, if it is there, and its place in the list.
  ///
  /// @throws RunException if somebody works on it
  public void remove(RunEntry entry) throws IOException {
    if (entry.run().isPresent()) {
      Path folder = entry.run().get().folder();
      Optional<RunLock> lock = RunLock.acquire(folder);
      if (lock.isEmpty()) {
        throw new RunException(
            Reason.IN_USE,
            "somebody works on the run %s; kawi runs cancel %s ends it"
                .formatted(entry.id(), entry.id()));
      }
      try (RunLock _ = lock.get()) {
        deleteContents(folder);
      }
      for (String last : List.of(RunLock.FILE, RunDescription.FILE)) {
        Files.deleteIfExists(folder.resolve(last));
      }
      Files.delete(folder);
    }
    Files.deleteIfExists(pointer(entry.id()));
  }

  /// Deletes all but the lock and `run.json`, so that what is left when this is killed still is a
  /// run that can be deleted. Links are deleted, not followed.
  private static void deleteContents(Path folder) throws IOException {
    Set<Path> last = Set.of(folder.resolve(RunLock.FILE), folder.resolve(RunDescription.FILE));
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (!last.contains(file)) {
              Files.delete(file);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            if (!visited.equals(folder)) {
              Files.delete(visited);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
