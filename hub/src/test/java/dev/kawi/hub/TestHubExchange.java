package dev.kawi.hub;

import com.sun.net.httpserver.HttpExchange;
import dev.kawi.hub.TestHubFaults.Ending;
import dev.kawi.hub.TestHubFaults.Plan;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A request to a [TestHub] and the means to answer it.
final class TestHubExchange {
  private static final int PIECE = 1 << 16;
  private static final int PIECES_PER_SECOND = 20;
  private static final String BEARER = "bearer ";

  private final TestHub hub;
  private final HttpExchange exchange;
  private final TestHub.Request request;
  private final List<String> segments = new ArrayList<>();
  private final Map<String, String> query = new LinkedHashMap<>();

  TestHubExchange(TestHub hub, TestHub.Server server, HttpExchange exchange) throws IOException {
    this.hub = hub;
    this.exchange = exchange;
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) ->
            headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    request =
        new TestHub.Request(
            server,
            exchange.getRequestMethod(),
            exchange.getRequestURI().toASCIIString(),
            Map.copyOf(headers),
            body);
  }

  /// Takes the address apart.
  ///
  /// @throws IllegalArgumentException if it is not encoded well
  void parse() {
    for (String segment : rawPath().split("/", -1)) {
      if (!segment.isEmpty()) {
        // A plus sign in a path stands for itself.
        segments.add(decoded(segment.replace("+", "%2B")));
      }
    }
    for (String parameter : rawQuery().split("&", -1)) {
      int equals = parameter.indexOf('=');
      String name = equals < 0 ? parameter : parameter.substring(0, equals);
      query.put(decoded(name), equals < 0 ? "" : decoded(parameter.substring(equals + 1)));
    }
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  TestHub.Request request() {
    return request;
  }

  boolean isHead() {
    return request.method().equals("HEAD");
  }

  boolean isRead() {
    return isHead() || request.method().equals("GET");
  }

  /// The path as it was sent.
  String rawPath() {
    return exchange.getRequestURI().getRawPath();
  }

  /// The query as it was sent, perhaps empty.
  String rawQuery() {
    return Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
  }

  /// The decoded parts of the path.
  List<String> segments() {
    return segments;
  }

  /// The decoded parameter of the query, empty without one.
  String parameter(String name) {
    return query.getOrDefault(name, "");
  }

  /// The header, empty without one.
  String header(String name) {
    return request.header(name).orElse("");
  }

  /// The token of an `Authorization` header.
  Optional<String> bearer() {
    String value = header("authorization");
    return value.toLowerCase(Locale.ROOT).startsWith(BEARER)
        ? Optional.of(value.substring(BEARER.length()).strip())
        : Optional.empty();
  }

  /// The cookie of this name.
  Optional<String> cookie(String name) {
    for (String cookie : header("cookie").split(";", -1)) {
      if (cookie.strip().startsWith(name + "=")) {
        return Optional.of(cookie.strip().substring(name.length() + 1));
      }
    }
    return Optional.empty();
  }

  /// Sets a header of the answer.
  void set(String name, String value) {
    exchange.getResponseHeaders().set(name, value);
  }

  /// Adds a header to the answer.
  void add(String name, String value) {
    exchange.getResponseHeaders().add(name, value);
  }

  /// Answers with JSON.
  void json(int status, String json) throws IOException {
    reply(status, "application/json; charset=utf-8", json);
  }

  /// Answers with plain text.
  void text(int status, String text) throws IOException {
    reply(status, "text/plain; charset=utf-8", text);
  }

  /// Sends the client elsewhere.
  void redirect(int status, String location) throws IOException {
    set("Location", location);
    text(status, (status == 302 ? "Found" : "Temporary Redirect") + ". Redirecting to " + location);
  }

  /// Answers with a text of this media type.
  void reply(int status, String type, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    set("Content-Type", type);
    OutputStream out = open(status, bytes.length);
    if (!isHead()) {
      out.write(bytes);
      out.flush();
    }
  }

  /// Answers with the content of a file, or with the part that was asked for, with the faults that
  /// are due.
  ///
  /// @param etag without quotes, empty for none
  void content(byte[] bytes, String etag) throws IOException {
    set("Content-Type", "application/octet-stream");
    if (!etag.isEmpty()) {
      set("ETag", quoted(etag));
    }
    TestHubRange range = range(bytes.length, etag);
    if (range.status() != 200) {
      set("Content-Range", range.contentRange(bytes.length));
    }
    if (range.status() == 416) {
      text(416, "Range Not Satisfiable");
    } else if (isHead()) {
      open(200, bytes.length);
    } else {
      send(bytes, range, hub.faults().plan(request.path(), range.length()));
    }
  }

  private static String quoted(String etag) {
    return "\"" + etag + "\"";
  }

  private TestHubRange range(int size, String etag) {
    if (hub.faults().ignoresRange(request.path())) {
      return TestHubRange.whole(size);
    }
    set("Accept-Ranges", "bytes");
    String condition = header("if-range");
    boolean applies = condition.isEmpty() || condition.equals(quoted(etag));
    return isHead() || !applies ? TestHubRange.whole(size) : TestHubRange.of(header("range"), size);
  }

  private void send(byte[] bytes, TestHubRange range, Plan plan) throws IOException {
    boolean truncated = plan.ending() == Ending.TRUNCATED;
    if (truncated) {
      set("Connection", "close");
    }
    OutputStream out = open(range.status(), truncated ? plan.bytes() : range.length());
    out.flush();
    pour(out, bytes, range.from(), plan);
    if (plan.ending() == Ending.STALLED) {
      hub.awaitClose();
    }
  }

  private void pour(OutputStream out, byte[] bytes, int from, Plan plan) throws IOException {
    boolean slow = plan.bytesPerSecond() > 0;
    int piece = slow ? Math.clamp(plan.bytesPerSecond() / PIECES_PER_SECOND, 1, PIECE) : PIECE;
    int end = from + plan.bytes();
    for (int i = from; i < end; i += piece) {
      int length = Math.min(piece, end - i);
      // Before the client can have them, so that it can count on the number when it has.
      hub.served(length);
      out.write(bytes, i, length);
      out.flush();
      if (slow) {
        hub.pause(1_000_000_000L * length / plan.bytesPerSecond());
      }
    }
  }

  /// Sends the head of the answer. An exchange that ends before so many bytes were written closes
  /// the connection.
  private OutputStream open(int status, int length) throws IOException {
    if (isHead()) {
      set("Content-Length", Integer.toString(length));
    }
    // For the server, 0 means a body of unknown length and -1 means none.
    exchange.sendResponseHeaders(status, isHead() || length == 0 ? -1 : length);
    return exchange.getResponseBody();
  }
}
