package dev.kawi.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLContext;

// How it works. Two servers of the JDK on this machine: the hub, which speaks for both Hugging Face
// (/api/models, /{id}/resolve) and ModelScope (/api/v1), and the storage, to which both send
// clients for large files. Everything can be changed while they run. An exchange that ends before
// all of its declared body was written closes the connection, which is how a broken one is made.

/// A hub on this machine for tests of a downloader: it speaks the protocols of Hugging Face and of
/// ModelScope, fails as asked, and remembers what it was asked.
final class TestHub implements AutoCloseable {
  private static final int LFS_THRESHOLD = 1000;
  private static final int PAGE_SIZE = 1000;
  private static final String ANYBODY = "tester";

  static {
    // Without this, small answers wait for the other side's delayed acknowledgements. Read once,
    // when the first server is made.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Optional<SSLContext> tls;
  private final HttpServer hub;
  private final HttpServer storage;
  private final TestHubHuggingFace huggingFace = new TestHubHuggingFace(this);
  private final TestHubModelScope modelScope = new TestHubModelScope(this);
  private final TestHubStorage links = new TestHubStorage(this);
  private final TestHubFaults faults = new TestHubFaults();
  private final Map<String, Repository> repositories =
      Collections.synchronizedMap(new LinkedHashMap<>());
  private final Map<String, String> accounts = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final LongAdder bytesServed = new LongAdder();
  private volatile int lfsThreshold = LFS_THRESHOLD;
  private volatile int pageSize = PAGE_SIZE;
  private volatile boolean resolveCached;
  private volatile boolean missingFileOk;

  /// Which of the two servers was asked.
  enum Server {
    /// Both hubs.
    HUB,
    /// Where the hubs keep large files.
    STORAGE
  }

  /// A request that came.
  ///
  /// @param server who was asked
  /// @param method such as `GET`
  /// @param path with the query, as it was sent
  /// @param headers by names in lower case
  /// @param body perhaps empty
  record Request(
      Server server, String method, String path, Map<String, String> headers, String body) {
    /// The header of this name, which is in lower case.
    Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name));
    }
  }

  /// A state of the files of a repository.
  ///
  /// @param name of the revision, as it was asked for
  /// @param commit 40 hexadecimal digits
  /// @param files by path
  record Snapshot(String name, String commit, SortedMap<String, TestHubFile> files) {}

  private TestHub(Optional<SSLContext> tls) throws IOException {
    this.tls = tls;
    hub = server(Server.HUB);
    storage = server(Server.STORAGE);
  }

  private HttpServer server(Server which) throws IOException {
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    HttpServer server = create(new InetSocketAddress(loopback, 0));
    server.setExecutor(threads);
    server.createContext("/", exchange -> handle(which, exchange));
    return server;
  }

  private HttpServer create(InetSocketAddress address) throws IOException {
    if (tls.isEmpty()) {
      return HttpServer.create(address, 0);
    }
    HttpsServer server = HttpsServer.create(address, 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls.get()));
    return server;
  }

  /// An empty hub that runs until it is closed.
  static TestHub start() {
    return start(Optional.empty());
  }

  /// The same over HTTPS, with the certificate of this context.
  static TestHub start(SSLContext context) {
    return start(Optional.of(context));
  }

  private static TestHub start(Optional<SSLContext> tls) {
    try {
      TestHub hub = new TestHub(tls);
      hub.hub.start();
      hub.storage.start();
      return hub;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Where both hubs are: the endpoint of Hugging Face and of ModelScope.
  URI endpoint() {
    return base("127.0.0.1", hub);
  }

  /// Where large files are: under another name of this machine, since clients of Hugging Face take
  /// another port of the same host for the hub itself.
  URI storage() {
    return base("localhost", storage);
  }

  private URI base(String host, HttpServer server) {
    String scheme = tls.isPresent() ? "https" : "http";
    return URI.create("%s://%s:%d".formatted(scheme, host, server.getAddress().getPort()));
  }

  // What there is.

  /// The repository of this id, which is made at the first call.
  Repository repository(String id) {
    return repositories.computeIfAbsent(id, Repository::new);
  }

  /// From how many bytes on the files that are added from now on are kept with LFS.
  TestHub lfsThreshold(int bytes) {
    lfsThreshold = bytes;
    return this;
  }

  /// How many entries of a tree Hugging Face lists at a time.
  TestHub pageSize(int entries) {
    pageSize = entries;
    return this;
  }

  /// Makes a token known. As long as none is, every token is one of the user `tester`; from then
  /// on, only those that were made known here or that a repository is open to are valid.
  TestHub account(String token, String name) {
    accounts.put(token, name);
    return this;
  }

  /// After how many uses, and after what time, links to the storage expire (403).
  TestHub linksExpire(int uses, Duration age) {
    links.linksExpire(uses, age);
    return this;
  }

  /// Whether Hugging Face answers small files from a cache of its own, to which it sends clients
  /// with a relative redirect, as `huggingface.co` does, rather than at once, as mirrors do.
  TestHub resolveCache(boolean on) {
    resolveCached = on;
    return this;
  }

  /// Whether ModelScope answers 200, rather than 404, with the error for a file that is not there.
  TestHub missingFileOk(boolean on) {
    missingFileOk = on;
    return this;
  }

  // Faults. The numbers of times count down over all requests; 0 ends a fault.

  /// Confines all faults to requests whose path with query contains this; empty for all.
  TestHub faultsOnly(String pathPart) {
    faults.only(pathPart);
    return this;
  }

  /// Closes the connection after so many bytes of a longer content.
  TestHub breakAfter(long bytes, int times) {
    faults.breakAfter(bytes, times);
    return this;
  }

  /// Sends the headers and half of a content, then nothing until the hub is closed.
  TestHub stall(int times) {
    faults.stall(times);
    return this;
  }

  /// Sends half of a content as if it were the whole: `Content-Length` says so, `Content-Range`
  /// does not.
  TestHub truncate(int times) {
    faults.truncate(times);
    return this;
  }

  /// Sends contents no faster than this; 0 for at once.
  TestHub slow(long bytesPerSecond) {
    faults.slow(bytesPerSecond);
    return this;
  }

  /// Answers 429.
  ///
  /// @param retryAfter the value of `Retry-After`, empty for none
  TestHub tooManyRequests(int times, String retryAfter) {
    faults.tooManyRequests(times, retryAfter);
    return this;
  }

  /// Answers this status with a page of HTML.
  TestHub serverErrors(int status, int times) {
    faults.serverErrors(status, times);
    return this;
  }

  /// Answers requests for a part of a content with 200 and everything.
  TestHub ignoreRange(boolean on) {
    faults.ignoreRange(on);
    return this;
  }

  /// How many of the faults with a number of times there were.
  int faultsShown() {
    return faults.shown();
  }

  // What was seen.

  /// All requests so far, in the order in which they came.
  List<Request> requests() {
    return List.copyOf(requests);
  }

  /// How many requests to either server there were whose path with query contains this. The link to
  /// a large file contains the name of the file.
  int requestsFor(String pathPart) {
    return (int) requests.stream().filter(r -> r.path().contains(pathPart)).count();
  }

  /// How many bytes of contents of files were sent by either server, with those that went into
  /// connections that broke.
  long bytesServed() {
    return bytesServed.sum();
  }

  /// Forgets the requests and the bytes so far.
  void forget() {
    requests.clear();
    bytesServed.reset();
  }

  /// Ends both servers and whatever they are sending.
  @Override
  public void close() {
    closed.countDown();
    hub.stop(0);
    storage.stop(0);
    threads.shutdownNow();
  }

  // For the rest of the hub.

  Optional<Repository> find(String id) {
    return Optional.ofNullable(repositories.get(id));
  }

  List<Repository> repositories() {
    synchronized (repositories) {
      return List.copyOf(repositories.values());
    }
  }

  /// The user with this token.
  Optional<String> account(String token) {
    Optional<String> name = Optional.ofNullable(accounts.get(token));
    boolean isOpen = accounts.isEmpty() || repositories().stream().anyMatch(r -> r.knows(token));
    return name.or(() -> isOpen ? Optional.of(ANYBODY) : Optional.empty());
  }

  int pageSize() {
    return pageSize;
  }

  boolean isResolveCached() {
    return resolveCached;
  }

  boolean isMissingFileOk() {
    return missingFileOk;
  }

  TestHubStorage links() {
    return links;
  }

  TestHubFaults faults() {
    return faults;
  }

  void served(int bytes) {
    bytesServed.add(bytes);
  }

  /// Waits so long, or until the hub is closed.
  void pause(long nanos) throws IOException {
    await(nanos);
  }

  void awaitClose() throws IOException {
    await(Long.MAX_VALUE);
  }

  private void await(long nanos) throws IOException {
    try {
      if (closed.await(nanos, TimeUnit.NANOSECONDS)) {
        throw new IOException("the hub was closed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the hub was closed", e);
    }
  }

  /// This text for a part of an address.
  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private void handle(Server server, HttpExchange raw) throws IOException {
    try (raw) {
      TestHubExchange exchange = new TestHubExchange(this, server, raw);
      requests.add(exchange.request());
      Optional<TestHubFaults.Refusal> refusal = faults.refusal(exchange.request().path());
      if (refusal.isPresent()) {
        refuse(exchange, refusal.get());
      } else {
        answer(server, exchange);
      }
    }
  }

  private void answer(Server server, TestHubExchange exchange) throws IOException {
    try {
      exchange.parse();
    } catch (IllegalArgumentException e) {
      exchange.text(400, "Bad Request: " + e.getMessage());
      return;
    }
    List<String> path = exchange.segments();
    if (server == Server.STORAGE) {
      links.answer(exchange);
    } else if (path.size() > 2 && path.get(0).equals("api") && path.get(1).equals("v1")) {
      modelScope.answer(exchange);
    } else {
      huggingFace.answer(exchange);
    }
  }

  private static void refuse(TestHubExchange exchange, TestHubFaults.Refusal refusal)
      throws IOException {
    if (!refusal.retryAfter().isEmpty()) {
      exchange.set("Retry-After", refusal.retryAfter());
    }
    if (refusal.status() == 429) {
      exchange.json(429, TestHubJson.object("error", TestHubJson.quote("Too many requests")));
    } else {
      String page = "<html><body><h1>%d</h1></body></html>".formatted(refusal.status());
      exchange.reply(refusal.status(), "text/html", page);
    }
  }

  /// A repository on one hub or on both. Its first branch is `main` at Hugging Face and `master` at
  /// ModelScope. A commit that was seen stays there whatever changes.
  final class Repository {
    private static final String FIRST = "main";

    private final String id;
    private final Map<String, SortedMap<String, TestHubFile>> branches = new LinkedHashMap<>();
    private final Map<String, SortedMap<String, TestHubFile>> tagged = new LinkedHashMap<>();
    private final Map<String, SortedMap<String, TestHubFile>> commits = new HashMap<>();
    private SortedMap<String, TestHubFile> files = new TreeMap<>();
    private List<String> tags = List.of();
    private String gatedToken = "";
    private String privateToken = "";
    private String newId = "";
    private boolean onHuggingFace = true;
    private boolean onModelScope = true;
    private long downloads = 1;
    private long likes;

    private Repository(String id) {
      this.id = id;
      branches.put(FIRST, files);
    }

    /// Puts a file into the branch at hand, in place of one that is there.
    synchronized Repository file(String path, byte[] content) {
      files.put(path, new TestHubFile(content, content.length >= lfsThreshold));
      return this;
    }

    /// The same with text.
    Repository file(String path, String content) {
      return file(path, content.getBytes(StandardCharsets.UTF_8));
    }

    /// Takes a file out of the branch at hand.
    synchronized Repository without(String path) {
      files.remove(path);
      return this;
    }

    /// Goes to a branch, which begins with the files of the one at hand; `main` and `master` are
    /// both the first.
    synchronized Repository revision(String name) {
      SortedMap<String, TestHubFile> current = files;
      files =
          branches.computeIfAbsent(
              name.equals("master") ? FIRST : name, n -> new TreeMap<>(current));
      return this;
    }

    /// Gives the files of the branch at hand, as they are, a name that stays.
    synchronized Repository tag(String name) {
      tagged.put(name, new TreeMap<>(files));
      return this;
    }

    /// Gives its files only to this token.
    synchronized Repository gated(String token) {
      gatedToken = token;
      return this;
    }

    /// Shows itself only to this token.
    synchronized Repository privateTo(String token) {
      privateToken = token;
      return this;
    }

    /// Sends those who ask Hugging Face for it to another id, which is to be made as well.
    synchronized Repository renamedTo(String otherId) {
      newId = otherId;
      return this;
    }

    /// Is on ModelScope only.
    synchronized Repository modelScope() {
      onHuggingFace = false;
      return this;
    }

    /// Is on Hugging Face only.
    synchronized Repository huggingFace() {
      onModelScope = false;
      return this;
    }

    /// What the hubs show in a search.
    synchronized Repository popularity(long howManyDownloads, long howManyLikes) {
      downloads = howManyDownloads;
      likes = howManyLikes;
      return this;
    }

    /// Labels such as `gguf`.
    synchronized Repository tags(String... labels) {
      tags = List.of(labels);
      return this;
    }

    /// Tells a checksum of this file that its bytes do not have, until it is replaced.
    synchronized Repository wrongChecksum(String path) {
      existing(path).tellWrongChecksum();
      return this;
    }

    /// Gives the LFS pointer instead of the bytes of this file, until it is replaced.
    synchronized Repository lfsPointerOnly(String path) {
      existing(path).givePointerOnly();
      return this;
    }

    private TestHubFile existing(String path) {
      return Objects.requireNonNull(files.get(path), () -> id + " has no " + path);
    }

    /// The commit that the branch at hand is at.
    synchronized String commit() {
      return kept(files);
    }

    // For the rest of the hub.

    String id() {
      return id;
    }

    String owner() {
      return id.substring(0, Math.max(0, id.indexOf('/')));
    }

    String name() {
      return id.substring(id.indexOf('/') + 1);
    }

    synchronized List<String> tags() {
      return tags;
    }

    synchronized long downloads() {
      return downloads;
    }

    synchronized long likes() {
      return likes;
    }

    synchronized boolean isOnHuggingFace() {
      return onHuggingFace;
    }

    synchronized boolean isOnModelScope() {
      return onModelScope;
    }

    synchronized boolean isRenamed() {
      return !newId.isEmpty();
    }

    synchronized String newId() {
      return newId;
    }

    synchronized boolean isGated() {
      return !gatedToken.isEmpty();
    }

    synchronized boolean isPrivate() {
      return !privateToken.isEmpty();
    }

    synchronized boolean isSeenBy(Optional<String> token) {
      return privateToken.isEmpty() || token.filter(privateToken::equals).isPresent();
    }

    synchronized boolean isOpenTo(Optional<String> token) {
      return gatedToken.isEmpty() || token.filter(gatedToken::equals).isPresent();
    }

    synchronized boolean knows(String token) {
      return token.equals(gatedToken) || token.equals(privateToken);
    }

    synchronized List<String> branchNames(String first) {
      List<String> names = new ArrayList<>(branches.keySet());
      names.set(0, first);
      return names;
    }

    synchronized List<String> tagNames() {
      return List.copyOf(tagged.keySet());
    }

    /// The files at a branch, tag or commit.
    ///
    /// @param first what the first branch is called
    synchronized Optional<Snapshot> snapshot(String revision, String first) {
      String branch = revision.equals(first) ? FIRST : revision.equals(FIRST) ? "" : revision;
      return Optional.ofNullable(branches.get(branch))
          .or(() -> Optional.ofNullable(tagged.get(revision)))
          .or(() -> Optional.ofNullable(commits.get(revision)))
          .map(f -> snapshotOf(revision, f));
    }

    private Snapshot snapshotOf(String revision, SortedMap<String, TestHubFile> state) {
      return new Snapshot(revision, kept(state), new TreeMap<>(state));
    }

    private String kept(SortedMap<String, TestHubFile> state) {
      StringBuilder tree = new StringBuilder(id);
      state.forEach(
          (path, file) -> tree.append('\n').append(path).append('\0').append(file.xetHash()));
      String commit = TestHubFile.hex("SHA-1", tree.toString().getBytes(StandardCharsets.UTF_8));
      commits.putIfAbsent(commit, new TreeMap<>(state));
      return commit;
    }
  }
}
