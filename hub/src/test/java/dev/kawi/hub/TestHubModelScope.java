package dev.kawi.hub;

import static dev.kawi.hub.TestHubJson.array;
import static dev.kawi.hub.TestHubJson.object;
import static dev.kawi.hub.TestHubJson.quote;
import static dev.kawi.hub.TestHubJson.strings;

import dev.kawi.hub.TestHub.Repository;
import dev.kawi.hub.TestHub.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/// ModelScope's side of a [TestHub], as the `modelscope` and `modelscope_hub` libraries have it.
/// Whatever a client may not see is a 404 whose `Code` says why.
final class TestHubModelScope {
  /// The cookie that carries the token or the session.
  static final String COOKIE = "m_session_id";

  private static final String DEFAULT_REVISION = "master";
  private static final String SESSION = "session-of-";
  private static final long NOT_FOUND = 10010205001L;
  private static final long NO_ACCESS = 10010200001L;
  private static final long NO_REVISION = 10990101004L;
  private static final long BAD_REQUEST = 10010101002L;
  private static final int MOST_ENTRIES = 3000;
  private static final long TIME = 1_700_000_000L;

  private final TestHub hub;

  TestHubModelScope(TestHub hub) {
    this.hub = hub;
  }

  /// Answers a request whose path begins with `/api/v1`.
  void answer(TestHubExchange exchange) throws IOException {
    List<String> path = exchange.segments().subList(2, exchange.segments().size());
    String method = exchange.request().method();
    if (method.equals("POST") && path.equals(List.of("login"))) {
      login(exchange);
    } else if (method.equals("PUT") && path.equals(List.of("dolphin", "models"))) {
      search(exchange);
    } else if (method.equals("PUT") && path.equals(List.of("models"))) {
      owned(exchange);
    } else if (exchange.isRead() && path.size() > 2 && path.getFirst().equals("models")) {
      repository(exchange, path);
    } else {
      exchange.text(404, "404 page not found");
    }
  }

  // The account and the search.

  private void login(TestHubExchange exchange) throws IOException {
    String token = TestHubJson.string(exchange.request().body(), "AccessToken").orElse("");
    Optional<String> name = token.isEmpty() ? Optional.empty() : hub.account(token);
    if (name.isEmpty()) {
      fail(exchange, 400, BAD_REQUEST, "the access token is invalid");
      return;
    }
    exchange.add("Set-Cookie", COOKIE + "=" + SESSION + token + "; Path=/; HttpOnly");
    exchange.add("Set-Cookie", "csrf_token=test; Path=/");
    succeed(
        exchange,
        object(
            "AccessToken", quote("git-" + token),
            "Username", quote(name.get()),
            "Email", quote(name.get() + "@example.org")));
  }

  private void search(TestHubExchange exchange) throws IOException {
    String text =
        TestHubJson.string(exchange.request().body(), "Name").orElse("").toLowerCase(Locale.ROOT);
    String models = models(exchange, r -> r.id().toLowerCase(Locale.ROOT).contains(text));
    succeed(exchange, object("Model", models));
  }

  private void owned(TestHubExchange exchange) throws IOException {
    String owner = TestHubJson.string(exchange.request().body(), "Path").orElse("");
    succeed(exchange, models(exchange, r -> r.id().startsWith(owner + "/")));
  }

  private String models(TestHubExchange exchange, Predicate<Repository> wanted) {
    Optional<String> token = token(exchange);
    List<String> models =
        hub.repositories().stream()
            .filter(r -> r.isOnModelScope() && r.isSeenBy(token) && wanted.test(r))
            .map(TestHubModelScope::model)
            .toList();
    String body = exchange.request().body();
    int size = TestHubJson.number(body, "PageSize", 10);
    int number = Math.max(1, TestHubJson.number(body, "PageNumber", 1));
    int from = (int) Math.min(models.size(), (number - 1L) * size);
    int to = (int) Math.min(models.size(), (long) from + size);
    return object("Models", array(models.subList(from, to)), "TotalCount", models.size());
  }

  /// Owner and name stand apart, and nothing has both.
  private static String model(Repository repository) {
    return object(
        "Path", quote(repository.owner()),
        "Name", quote(repository.name()),
        "ChineseName", quote(repository.name()),
        "Downloads", repository.downloads(),
        "Stars", repository.likes(),
        "Tags", strings(repository.tags()));
  }

  // Repositories.

  private void repository(TestHubExchange exchange, List<String> path) throws IOException {
    Optional<String> token = token(exchange);
    Optional<Repository> found =
        hub.find(path.get(1) + "/" + path.get(2)).filter(r -> r.isOnModelScope() && !r.isRenamed());
    if (found.isEmpty()) {
      fail(exchange, 404, NOT_FOUND, "模型不存在: record not found");
    } else if (!found.get().isSeenBy(token) || !found.get().isOpenTo(token)) {
      fail(exchange, 404, NO_ACCESS, "没有权限: no access");
    } else {
      open(exchange, found.get(), String.join("/", path.subList(3, path.size())));
    }
  }

  private void open(TestHubExchange exchange, Repository repository, String what)
      throws IOException {
    switch (what) {
      case "revisions" -> revisions(exchange, repository);
      case "", "repo", "repo/files" -> revision(exchange, repository, what);
      default -> exchange.text(404, "404 page not found");
    }
  }

  private static void revisions(TestHubExchange exchange, Repository repository)
      throws IOException {
    String map =
        object(
            "Branches", named(repository.branchNames(DEFAULT_REVISION)),
            "Tags", named(repository.tagNames()));
    succeed(exchange, object("RevisionMap", map));
  }

  private static String named(Collection<String> names) {
    return array(names.stream().map(n -> object("Revision", quote(n), "CreatedAt", TIME)).toList());
  }

  private void revision(TestHubExchange exchange, Repository repository, String what)
      throws IOException {
    String given = exchange.parameter("Revision");
    Optional<Snapshot> snapshot =
        repository.snapshot(given.isEmpty() ? DEFAULT_REVISION : given, DEFAULT_REVISION);
    if (snapshot.isEmpty()) {
      fail(exchange, 404, NO_REVISION, "no file tree at revision " + given);
      return;
    }
    switch (what) {
      case "repo/files" -> files(exchange, snapshot.get());
      case "repo" -> file(exchange, snapshot.get());
      default -> about(exchange, repository, snapshot.get());
    }
  }

  private static void about(TestHubExchange exchange, Repository repository, Snapshot snapshot)
      throws IOException {
    String model = model(repository);
    String data =
        "%s,\"Revision\":%s,\"Visibility\":%d}"
            .formatted(
                model.substring(0, model.length() - 1),
                quote(snapshot.name()),
                repository.isPrivate() ? 1 : 5);
    succeed(exchange, data);
  }

  // Files.

  private static void files(TestHubExchange exchange, Snapshot snapshot) throws IOException {
    String root = exchange.parameter("Root").replaceAll("^/+|/+$", "");
    boolean deep = exchange.parameter("Recursive").equalsIgnoreCase("true");
    List<String> entries = entries(snapshot, root.isEmpty() ? "" : root + "/", deep);
    List<String> shown = entries.subList(0, Math.min(entries.size(), MOST_ENTRIES));
    succeed(exchange, object("Files", shown.isEmpty() ? "null" : array(shown)));
  }

  private static List<String> entries(Snapshot snapshot, String prefix, boolean deep) {
    Map<String, String> entries = new TreeMap<>();
    snapshot
        .files()
        .forEach((path, file) -> {
          if (path.startsWith(prefix)) {
            int slash = path.indexOf('/', prefix.length());
            for (int i = slash; i >= 0; i = deep ? path.indexOf('/', i + 1) : -1) {
              String folder = path.substring(0, i);
              entries.put(folder, entry(snapshot, folder, "tree", "", 0, false));
            }
            if (deep || slash < 0) {
              entries.put(
                  path, entry(snapshot, path, "blob", file.sha256(), file.size(), file.isLarge()));
            }
          }
        });
    return List.copyOf(entries.values());
  }

  private static String entry(
      Snapshot snapshot, String path, String type, String sha256, int size, boolean large) {
    return object(
        "CommitMessage", quote("test"),
        "CommittedDate", TIME,
        "CommitterName", quote("tester"),
        "InCheck", false,
        "IsLFS", large,
        "Mode", quote(type.equals("tree") ? "16384" : "33188"),
        "Name", quote(path.substring(path.lastIndexOf('/') + 1)),
        "Path", quote(path),
        "Revision", quote(snapshot.commit()),
        "Sha256", quote(sha256),
        "Size", size,
        "Type", quote(type));
  }

  private void file(TestHubExchange exchange, Snapshot snapshot) throws IOException {
    String path = exchange.parameter("FilePath");
    TestHubFile file = snapshot.files().get(path);
    if (file == null) {
      int status = hub.isMissingFileOk() ? 200 : 404;
      fail(exchange, status, NOT_FOUND, "文件不存在: " + path + " not found");
    } else if (file.isPointerOnly()) {
      exchange.content(file.pointer(), "");
    } else if (file.isLarge()) {
      exchange.redirect(302, hub.links().modelScopeLink(file, path));
    } else {
      exchange.content(file.content(), "");
    }
  }

  // The envelope.

  private static Optional<String> token(TestHubExchange exchange) {
    return exchange
        .cookie(COOKIE)
        .map(value -> value.startsWith(SESSION) ? value.substring(SESSION.length()) : value)
        .or(exchange::bearer);
  }

  private static void succeed(TestHubExchange exchange, String data) throws IOException {
    exchange.json(
        200,
        object(
            "Code",
            200,
            "Data",
            data,
            "Message",
            quote("success"),
            "RequestId",
            quote(requestId(exchange)),
            "Success",
            true));
  }

  private static void fail(TestHubExchange exchange, int status, long code, String message)
      throws IOException {
    exchange.json(
        status,
        object(
            "Code",
            code,
            "Message",
            quote(message),
            "RequestId",
            quote(requestId(exchange)),
            "Success",
            false));
  }

  private static String requestId(TestHubExchange exchange) {
    String path = exchange.request().path();
    return TestHubFile.hex("SHA-1", path.getBytes(StandardCharsets.UTF_8)).substring(0, 32);
  }
}
