package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

// How it works. Redirects are followed here and not by the JDK's client, because the hub's token
// must not go to the storage that files are redirected to. What may pass by itself (no connection,
// 429, 5xx) is tried again after a while, which the hub can name. A body is a stream that the
// caller closes.

/// Requests to a hub.
final class HubHttp implements AutoCloseable {
  private static final int REDIRECTS = 10;
  private static final int ATTEMPTS = 6;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);
  private static final Set<Integer> WORTH_ANOTHER_TRY = Set.of(408, 429, 500, 502, 503, 504);
  private static final int ERROR_CHARACTERS = 300;
  private static final int ERROR_BYTES = 4096;

  /// ModelScope refuses with 404 whatever the reason; this code in the answer is that of a gated or
  /// private repository.
  private static final String MODEL_SCOPE_NO_ACCESS = "10010200001";

  /// Schemes of authentication that the JDK does not use with a proxy's tunnel. It reads it once
  /// and has Basic among them unless told otherwise, so that no login in HTTPS_PROXY would work.
  private static final String NOT_WITH_TUNNELS = "jdk.http.auth.tunneling.disabledSchemes";

  static {
    if (System.getProperty(NOT_WITH_TUNNELS) == null) {
      System.setProperty(NOT_WITH_TUNNELS, "");
    }
  }

  private final HubSettings settings;
  private final HttpClient client;
  private final Reachability network;

  HubHttp(HubSettings settings) {
    this.settings = settings;
    this.network = new Reachability(settings);
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Reachability.connectTimeout(settings.patience()));
    settings.proxy().ifPresent(proxy -> builder.proxy(new Selector(settings)));
    settings.certificates().ifPresent(file -> builder.sslContext(Trust.with(file)));
    client = builder.build();
  }

  /// A request that is sent on after redirects and tried again after failures.
  ///
  /// @param hub whose token it carries
  /// @param about what is asked for, in the user's words
  /// @param url the address
  /// @param headers further headers
  /// @param method such as `GET`
  /// @param body what is sent, perhaps nothing
  record Call(
      Hub hub, String about, URI url, Map<String, String> headers, String method, String body) {
    static Call get(Hub hub, String about, URI url) {
      return new Call(hub, about, url, Map.of(), "GET", "");
    }

    Call with(String name, String value) {
      return new Call(hub, about, url, Map.of(name, value), method, body);
    }
  }

  /// The settings.
  HubSettings settings() {
    return settings;
  }

  /// The text of an answer.
  String text(Call call) throws IOException {
    try (InputStream body = open(call).body()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /// An answer of the kind 2xx, whose body the caller closes.
  Reply open(Call call) throws IOException {
    if (settings.offline()) {
      throw HubException.withCure(
          Reason.OFFLINE,
          call.about() + " is not in the store, and offline mode is on",
          "unset KAWI_OFFLINE and HF_HUB_OFFLINE to pull it");
    }
    Duration wait = settings.retryDelay();
    for (int attempt = 1; ; attempt++) {
      try {
        HttpResponse<InputStream> response = follow(call);
        int status = response.statusCode();
        if (status / 100 == 2) {
          return Reply.of(response);
        }
        HubException refusal = refusal(call, response);
        if (!WORTH_ANOTHER_TRY.contains(status) || attempt == ATTEMPTS) {
          throw refusal;
        }
        pause(retryAfter(response).orElse(wait));
      } catch (HubException e) {
        throw e;
      } catch (SSLHandshakeException e) {
        throw untrusted(call, e);
      } catch (IOException e) {
        if (attempt == ATTEMPTS) {
          throw network.unreachable(call.hub(), call.url(), e);
        }
        pause(wait);
      }
      wait = wait.multipliedBy(2);
    }
  }

  /// A certificate that does not become better by another try.
  private static HubException untrusted(Call call, SSLHandshakeException e) {
    return new HubException(
        Reason.UNREACHABLE,
        ("%s at %s: the certificate is not trusted (%s); if a proxy or a mirror of yours shows it,"
                + " name a PEM file with the certificate of its authority in SSL_CERT_FILE")
            .formatted(call.hub().title(), call.url().getAuthority(), Trust.reason(e)),
        e);
  }

  private HttpResponse<InputStream> follow(Call call) throws IOException {
    URI url = call.url();
    for (int i = 0; i < REDIRECTS; i++) {
      HttpResponse<InputStream> response = reach(call, url);
      int status = response.statusCode();
      Optional<String> location = response.headers().firstValue("Location");
      if (status == 403 && !url.getAuthority().equals(call.url().getAuthority())) {
        response.body().close();
        throw new IOException("the storage refuses a link, which may have expired");
      }
      if (status / 100 != 3 || status == 304 || location.isEmpty()) {
        return response;
      }
      response.body().close();
      URI next = url.resolve(location.get());
      if ("https".equals(url.getScheme()) && !"https".equals(next.getScheme())) {
        throw new HubException(
            Reason.OTHER, "%s redirects from https to %s".formatted(url.getAuthority(), next));
      }
      url = next;
    }
    throw new HubException(Reason.OTHER, "%s redirects in a circle".formatted(call.url()));
  }

  private HttpResponse<InputStream> reach(Call call, URI url) throws IOException {
    network.requireWay(call.hub(), url);
    try {
      HttpResponse<InputStream> response = send(request(call, url));
      network.answered(url);
      return response;
    } catch (HubException | SSLHandshakeException e) {
      throw e;
    } catch (IOException e) {
      network.requireWorthAnotherTry(call.hub(), url, e);
      throw e;
    }
  }

  private HttpRequest request(Call call, URI url) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(url)
            .timeout(settings.patience())
            .header("User-Agent", "kawi")
            .header("Accept-Encoding", "identity")
            .method(
                call.method(),
                call.body().isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(call.body()));
    call.headers().forEach(builder::header);
    if (!call.body().isEmpty()) {
      builder.header("Content-Type", "application/json");
    }
    settings
        .proxy()
        .flatMap(proxy -> Optional.ofNullable(proxy.getUserInfo()))
        .ifPresent(login -> builder.header("Proxy-Authorization", basic(login)));
    if (isOfHub(call.hub(), url)) {
      Optional.ofNullable(settings.tokens().get(call.hub()))
          .ifPresent(token -> authorize(call.hub(), token, builder));
    }
    return builder.build();
  }

  /// The JDK's client gives it to the proxy alone.
  private static String basic(String login) {
    byte[] bytes = login.getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(bytes);
  }

  /// Whether an address belongs to the hub itself, which may see its token.
  private boolean isOfHub(Hub hub, URI url) {
    URI endpoint = settings.endpoints().get(hub);
    return endpoint != null
        && url.getScheme().equals(endpoint.getScheme())
        && url.getAuthority().equals(endpoint.getAuthority());
  }

  private static void authorize(Hub hub, String token, HttpRequest.Builder builder) {
    builder.header("Authorization", "Bearer " + token);
    if (hub == Hub.MODEL_SCOPE) {
      builder.header("Cookie", "m_session_id=" + token);
    }
  }

  private HttpResponse<InputStream> send(HttpRequest request) throws IOException {
    try {
      HttpResponse<@Nullable InputStream> response =
          client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      if (response.body() == null) { // the proxy's 407 in place of a tunnel
        throw refusedByProxy(request.uri().getAuthority());
      }
      return response;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private HubException refusedByProxy(String where) {
    return new HubException(
        Reason.UNREACHABLE,
        ("the proxy %s wants a login for the way to %s (407);"
                + " set HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT")
            .formatted(
                settings.proxy().map(p -> p.getHost() + ":" + p.getPort()).orElse("in between"),
                where));
  }

  private static Optional<Duration> retryAfter(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("Retry-After")
        .map(HubHttp::wait)
        .map(wait -> wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait);
  }

  private static Duration wait(String value) {
    if (value.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      ZonedDateTime until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME);
      Duration wait = Duration.between(ZonedDateTime.now(until.getZone()), until);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeParseException e) {
      return Duration.ofSeconds(1);
    }
  }

  /// Waits; an interrupt ends the download.
  static void pause(Duration wait) throws IOException {
    try {
      Thread.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private HubException refusal(Call call, HttpResponse<InputStream> response) throws IOException {
    String said = response.headers().firstValue("X-Error-Message").orElse("");
    String text;
    try (InputStream body = response.body()) {
      text = new String(body.readNBytes(ERROR_BYTES), StandardCharsets.UTF_8).strip();
      said = said.isEmpty() ? text : said;
    }
    String code = response.headers().firstValue("X-Error-Code").orElse("");
    int status = response.statusCode();
    String where = title(call) + " " + call.about();
    if (status == 403 || code.equals("GatedRepo") || text.contains(MODEL_SCOPE_NO_ACCESS)) {
      return new HubException(
          Reason.NO_ACCESS,
          "%s is gated (%d): ask for access on the page of the model, then run kawi login %s"
              .formatted(where, status, name(call.hub())));
    }
    if (status == 401) {
      return new HubException(
          Reason.NO_ACCESS,
          "%s does not exist, or needs a token (401): check the name, or run kawi login %s"
              .formatted(where, name(call.hub())));
    }
    if (status == 407) {
      return refusedByProxy(call.url().getAuthority());
    }
    if (status == 404) {
      return new HubException(
          Reason.NOT_FOUND, "%s has no %s (404)".formatted(title(call), call.about()));
    }
    return new HubException(
        status == 429 ? Reason.UNREACHABLE : Reason.OTHER,
        "%s answers %d%s".formatted(where, status, said.isEmpty() ? "" : ": " + oneLine(said)));
  }

  private static String name(Hub hub) {
    return hub == Hub.HUGGING_FACE ? "huggingface" : "modelscope";
  }

  /// The name of the hub, or the host of a mirror.
  private String title(Call call) {
    return isOfHub(call.hub(), call.url()) ? call.hub().title() : call.url().getAuthority();
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("[\\s\\p{Cntrl}]+", " ");
    return line.length() > ERROR_CHARACTERS ? line.substring(0, ERROR_CHARACTERS) : line;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  /// The proxy, for the addresses that need it.
  private static final class Selector extends ProxySelector {
    private final HubSettings settings;

    Selector(HubSettings settings) {
      this.settings = settings;
    }

    @Override
    public List<Proxy> select(URI uri) {
      return settings.proxyFor(uri).stream()
          .map(p -> new Proxy(Proxy.Type.HTTP, new InetSocketAddress(p.getHost(), p.getPort())))
          .findFirst()
          .map(List::of)
          .orElse(List.of(Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {
      // The request itself fails, too.
    }
  }
}
