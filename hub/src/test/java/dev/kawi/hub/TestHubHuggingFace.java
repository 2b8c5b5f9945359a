package dev.kawi.hub;

import static dev.kawi.hub.TestHubJson.array;
import static dev.kawi.hub.TestHubJson.object;
import static dev.kawi.hub.TestHubJson.quote;
import static dev.kawi.hub.TestHubJson.strings;

import dev.kawi.hub.TestHub.Repository;
import dev.kawi.hub.TestHub.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Hugging Face's side of a [TestHub], as the documentation of its API and the `huggingface_hub`
/// library have it.
final class TestHubHuggingFace {
  private static final String DEFAULT_REVISION = "main";
  private static final String RESOLVE = "resolve";
  private static final String WRONG_TOKEN = "Invalid credentials in Authorization header";
  private static final String NO_TOKEN = "Invalid username or password.";

  private final TestHub hub;

  TestHubHuggingFace(TestHub hub) {
    this.hub = hub;
  }

  void answer(TestHubExchange exchange) throws IOException {
    List<String> path = exchange.segments();
    if (!exchange.isRead()) {
      exchange.json(405, object("error", quote("Method Not Allowed")));
    } else if (path.equals(List.of("api", "whoami-v2"))) {
      account(exchange);
    } else if (path.equals(List.of("api", "models"))) {
      search(exchange);
    } else if (path.size() > 2 && path.get(0).equals("api") && path.get(1).equals("models")) {
      api(exchange, path.subList(2, path.size()));
    } else if (path.size() > 5 && path.get(1).equals("resolve-cache")) {
      cached(exchange, path.subList(3, path.size()));
    } else if (isResolve(path)) {
      resolve(exchange, path, path.indexOf(RESOLVE));
    } else {
      exchange.json(404, object("error", quote("Sorry, we can't find the page you look for.")));
    }
  }

  private static boolean isResolve(List<String> path) {
    int resolve = path.indexOf(RESOLVE);
    return (resolve == 1 || resolve == 2) && path.size() > resolve + 2;
  }

  // The account and the search.

  private void account(TestHubExchange exchange) throws IOException {
    Optional<String> name = exchange.bearer().flatMap(hub::account);
    if (name.isEmpty()) {
      fail(exchange, 401, "", exchange.bearer().isPresent() ? WRONG_TOKEN : NO_TOKEN);
      return;
    }
    String token = object("displayName", quote("test"), "role", quote("read"));
    exchange.json(
        200,
        object(
            "type", quote("user"),
            "id", quote(TestHubFile.hex("SHA-1", name.get().getBytes(StandardCharsets.UTF_8))),
            "name", quote(name.get()),
            "fullname", quote(name.get()),
            "isPro", false,
            "orgs", "[]",
            "auth", object("type", quote("access_token"), "accessToken", token)));
  }

  private void search(TestHubExchange exchange) throws IOException {
    String text = exchange.parameter("search").toLowerCase(Locale.ROOT);
    String author = exchange.parameter("author");
    String tag = exchange.parameter("filter");
    Stream<Repository> found =
        hub.repositories().stream()
            .filter(r -> r.isOnHuggingFace() && !r.isRenamed() && r.isSeenBy(exchange.bearer()))
            .filter(r -> r.id().toLowerCase(Locale.ROOT).contains(text))
            .filter(r -> author.isEmpty() || r.id().startsWith(author + "/"))
            .filter(r -> tag.isEmpty() || r.tags().contains(tag));
    if (exchange.parameter("sort").equals("downloads")) {
      found = found.sorted(Comparator.comparingLong(Repository::downloads).reversed());
    }
    String limit = exchange.parameter("limit");
    exchange.json(
        200,
        array(
            found
                .limit(limit.isEmpty() ? 1000 : Long.parseLong(limit))
                .map(r -> "{" + summary(r) + "}")
                .toList()));
  }

  /// What both the search and the repository itself tell, without the braces.
  private static String summary(Repository repository) {
    String summary =
        object(
            "_id", quote("0123456789abcdef01234567"),
            "id", quote(repository.id()),
            "modelId", quote(repository.id()),
            "private", repository.isPrivate(),
            "gated", repository.isGated() ? quote("manual") : "false",
            "downloads", repository.downloads(),
            "likes", repository.likes(),
            "tags", strings(repository.tags()),
            "pipeline_tag", quote("text-generation"));
    return summary.substring(1, summary.length() - 1);
  }

  // What is in a repository.

  private void api(TestHubExchange exchange, List<String> path) throws IOException {
    boolean named = path.size() > 1 && !List.of("tree", "revision").contains(path.get(1));
    String id = named ? path.get(0) + "/" + path.get(1) : path.get(0);
    List<String> rest = path.subList(named ? 2 : 1, path.size());
    Optional<Repository> repository = seen(exchange, id);
    if (repository.isEmpty()) {
      return;
    }
    Optional<Snapshot> snapshot =
        snapshot(exchange, repository.get(), rest.size() < 2 ? DEFAULT_REVISION : rest.get(1));
    if (snapshot.isEmpty()) {
      return;
    }
    if (rest.size() > 1 && rest.getFirst().equals("tree")) {
      tree(exchange, snapshot.get(), String.join("/", rest.subList(2, rest.size())));
    } else {
      about(exchange, repository.get(), snapshot.get());
    }
  }

  private static void about(TestHubExchange exchange, Repository repository, Snapshot snapshot)
      throws IOException {
    List<String> siblings =
        snapshot.files().keySet().stream().map(p -> object("rfilename", quote(p))).toList();
    exchange.json(
        200,
        "{%s,\"sha\":%s,\"disabled\":false,\"siblings\":%s}"
            .formatted(summary(repository), quote(snapshot.commit()), array(siblings)));
  }

  private void tree(TestHubExchange exchange, Snapshot snapshot, String folder) throws IOException {
    List<String> entries =
        entries(snapshot, folder, exchange.parameter("recursive").equalsIgnoreCase("true"));
    if (entries.isEmpty() && !folder.isEmpty()) {
      fail(exchange, 404, "EntryNotFound", folder + " does not exist on " + snapshot.name());
      return;
    }
    exchange.set("X-Repo-Commit", snapshot.commit());
    int from = position(exchange.parameter("cursor"));
    int to = (int) Math.min(entries.size(), (long) from + hub.pageSize());
    if (to < entries.size()) {
      exchange.set("Link", "<%s>; rel=\"next\"".formatted(page(exchange, to)));
    }
    exchange.json(200, array(entries.subList(Math.min(from, to), to)));
  }

  private String page(TestHubExchange exchange, int position) {
    byte[] cursor = Integer.toString(position).getBytes(StandardCharsets.UTF_8);
    return "%s%s?recursive=%s&limit=%d&cursor=%s"
        .formatted(
            hub.endpoint(),
            exchange.rawPath(),
            TestHub.encoded(exchange.parameter("recursive")),
            hub.pageSize(),
            TestHub.encoded(Base64.getEncoder().encodeToString(cursor)));
  }

  private static int position(String cursor) {
    return cursor.isEmpty()
        ? 0
        : Integer.parseInt(new String(Base64.getDecoder().decode(cursor), StandardCharsets.UTF_8));
  }

  private static List<String> entries(Snapshot snapshot, String folder, boolean deep) {
    String prefix = folder.isEmpty() ? "" : folder + "/";
    Map<String, String> entries = new TreeMap<>();
    for (Map.Entry<String, TestHubFile> file : snapshot.files().entrySet()) {
      String path = file.getKey();
      if (!path.startsWith(prefix)) {
        continue;
      }
      for (int end : slashes(path, prefix.length())) {
        if (deep || path.indexOf('/', prefix.length()) == end) {
          entries.put(path.substring(0, end), directory(path.substring(0, end)));
        }
      }
      if (deep || path.indexOf('/', prefix.length()) < 0) {
        entries.put(path, entry(path, file.getValue()));
      }
    }
    return List.copyOf(entries.values());
  }

  private static List<Integer> slashes(String path, int from) {
    List<Integer> slashes = new ArrayList<>();
    for (int i = path.indexOf('/', from); i >= 0; i = path.indexOf('/', i + 1)) {
      slashes.add(i);
    }
    return slashes;
  }

  private static String directory(String path) {
    String oid = TestHubFile.hex("SHA-1", path.getBytes(StandardCharsets.UTF_8));
    return object("type", quote("directory"), "oid", quote(oid), "size", 0, "path", quote(path));
  }

  private static String entry(String path, TestHubFile file) {
    String plain =
        object(
            "type", quote("file"),
            "oid", quote(file.blob()),
            "size", file.size(),
            "path", quote(path));
    if (!file.isLarge()) {
      return plain;
    }
    String lfs =
        object(
            "oid", quote(file.sha256()),
            "size", file.size(),
            "pointerSize", file.pointer().length);
    return "%s,\"lfs\":%s,\"xetHash\":%s}"
        .formatted(plain.substring(0, plain.length() - 1), lfs, quote(file.xetHash()));
  }

  // The files.

  private void resolve(TestHubExchange exchange, List<String> path, int resolve)
      throws IOException {
    String id = String.join("/", path.subList(0, resolve));
    Optional<Repository> repository = seen(exchange, id);
    if (repository.isEmpty() || !isOpen(exchange, repository.get())) {
      return;
    }
    Optional<Snapshot> snapshot = snapshot(exchange, repository.get(), path.get(resolve + 1));
    if (snapshot.isPresent()) {
      String name = String.join("/", path.subList(resolve + 2, path.size()));
      file(exchange, id, snapshot.get(), name);
    }
  }

  private void file(TestHubExchange exchange, String id, Snapshot snapshot, String name)
      throws IOException {
    exchange.set("X-Repo-Commit", snapshot.commit());
    TestHubFile file = snapshot.files().get(name);
    if (file == null) {
      fail(exchange, 404, "EntryNotFound", "Entry not found");
    } else if (file.isPointerOnly()) {
      exchange.content(file.pointer(), file.blob());
    } else if (file.isLarge()) {
      linked(exchange, file, file.sha256());
      exchange.set("X-Xet-Hash", file.xetHash());
      exchange.redirect(302, hub.links().huggingFaceLink(file, last(name)));
    } else if (hub.isResolveCached()) {
      linked(exchange, file, file.blob());
      exchange.redirect(307, cache(exchange, id, snapshot, name, file));
    } else {
      small(exchange, file, name);
    }
  }

  private static void linked(TestHubExchange exchange, TestHubFile file, String etag) {
    exchange.set("Accept-Ranges", "bytes");
    exchange.set("X-Linked-Size", Integer.toString(file.size()));
    exchange.set("X-Linked-ETag", quote(etag));
  }

  private static String cache(
      TestHubExchange exchange, String id, Snapshot snapshot, String name, TestHubFile file) {
    return "/api/resolve-cache/models/%s/%s/%s?%s=&etag=%%22%s%%22"
        .formatted(
            id,
            snapshot.commit(),
            TestHub.encoded(name).replace("%2F", "/"),
            TestHub.encoded(exchange.rawPath()),
            file.blob());
  }

  private void cached(TestHubExchange exchange, List<String> path) throws IOException {
    int commit = path.get(1).matches("[0-9a-f]{40}") ? 1 : 2;
    Optional<Repository> repository = seen(exchange, String.join("/", path.subList(0, commit)));
    if (repository.isEmpty() || !isOpen(exchange, repository.get())) {
      return;
    }
    String name = String.join("/", path.subList(commit + 1, path.size()));
    Optional<Snapshot> snapshot = snapshot(exchange, repository.get(), path.get(commit));
    if (snapshot.isPresent()) {
      exchange.set("X-Repo-Commit", snapshot.get().commit());
      TestHubFile file = snapshot.get().files().get(name);
      if (file == null) {
        fail(exchange, 404, "EntryNotFound", "Entry not found");
      } else {
        small(exchange, file, name);
      }
    }
  }

  private static void small(TestHubExchange exchange, TestHubFile file, String name)
      throws IOException {
    exchange.set(
        "Content-Disposition",
        "inline; filename*=UTF-8''%1$s; filename=\"%1$s\";".formatted(TestHub.encoded(last(name))));
    exchange.content(file.content(), file.blob());
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  // Who may see what. These answer by themselves where they give nothing.

  private Optional<Repository> seen(TestHubExchange exchange, String id) throws IOException {
    Optional<String> token = exchange.bearer();
    Optional<Repository> repository =
        hub.find(id).filter(r -> r.isOnHuggingFace() && r.isSeenBy(token));
    if (repository.isEmpty()) {
      missing(exchange, token);
    } else if (repository.get().isRenamed()) {
      String query = exchange.rawQuery();
      exchange.redirect(
          307,
          exchange.rawPath().replace("/" + id, "/" + repository.get().newId())
              + (query.isEmpty() ? "" : "?" + query));
      return Optional.empty();
    }
    return repository;
  }

  /// Without a token, a repository that is not there looks like a private one.
  private void missing(TestHubExchange exchange, Optional<String> token) throws IOException {
    if (token.isEmpty()) {
      fail(exchange, 401, "RepoNotFound", NO_TOKEN);
    } else if (token.flatMap(hub::account).isEmpty()) {
      fail(exchange, 401, "", WRONG_TOKEN);
    } else {
      fail(exchange, 404, "RepoNotFound", "Repository not found");
    }
  }

  /// Whether the files may be read; everybody sees which files a gated repository has.
  private boolean isOpen(TestHubExchange exchange, Repository repository) throws IOException {
    Optional<String> token = exchange.bearer();
    if (repository.isOpenTo(token)) {
      return true;
    }
    String start = "Access to model " + repository.id() + " is restricted";
    if (token.flatMap(hub::account).isPresent()) {
      fail(exchange, 403, "GatedRepo", start + " and you are not in the authorized list.");
    } else {
      fail(exchange, 401, "GatedRepo", start + ". Please log in.");
    }
    return false;
  }

  private static Optional<Snapshot> snapshot(
      TestHubExchange exchange, Repository repository, String revision) throws IOException {
    Optional<Snapshot> snapshot = repository.snapshot(revision, DEFAULT_REVISION);
    if (snapshot.isEmpty()) {
      fail(exchange, 404, "RevisionNotFound", "Invalid rev id: " + revision);
    }
    return snapshot;
  }

  private static void fail(TestHubExchange exchange, int status, String code, String message)
      throws IOException {
    if (!code.isEmpty()) {
      exchange.set("X-Error-Code", code);
    }
    exchange.set("X-Error-Message", message);
    if (exchange.rawPath().startsWith("/api/")) {
      exchange.json(status, object("error", quote(message)));
    } else {
      exchange.text(status, message);
    }
  }
}
