package dev.kawi.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// The storage behind a [TestHub], to which the hubs send clients for large files with links that
/// are signed and expire. No credentials may reach it.
final class TestHubStorage {
  private static final String AMAZON_SIGNATURE = "X-Amz-Signature";
  private static final String ALIBABA_SIGNATURE = "auth_key";

  private final TestHub hub;
  private final Map<String, Link> links = new ConcurrentHashMap<>();
  private final AtomicLong number = new AtomicLong();
  private volatile int uses = Integer.MAX_VALUE;
  private volatile Duration age = Duration.ofHours(1);

  TestHubStorage(TestHub hub) {
    this.hub = hub;
  }

  private record Link(String path, TestHubFile file, long created, AtomicInteger uses) {}

  void linksExpire(int afterUses, Duration afterTime) {
    uses = afterUses;
    age = afterTime;
  }

  /// A new link as Hugging Face gives it.
  String huggingFaceLink(TestHubFile file, String fileName) {
    String path = "/xet-bridge-us/%s/%s".formatted(file.blob().substring(0, 24), file.xetHash());
    String disposition = TestHub.encoded("inline; filename=\"" + fileName + "\";");
    return "%s%s?X-Amz-Expires=%d&%s=%s&response-content-disposition=%s&x-id=GetObject"
        .formatted(
            hub.storage(), path, age.toSeconds(), AMAZON_SIGNATURE, sign(path, file), disposition);
  }

  /// A new link as ModelScope gives it.
  String modelScopeLink(TestHubFile file, String fileName) {
    String digest = file.sha256();
    String path =
        "/prod/lfs-objects/%s/%s/%s"
            .formatted(digest.substring(0, 2), digest.substring(2, 4), digest.substring(4));
    return "%s%s?filename=%s&tag=model&%s=%s"
        .formatted(
            hub.storage(), path, TestHub.encoded(fileName), ALIBABA_SIGNATURE, sign(path, file));
  }

  private String sign(String path, TestHubFile file) {
    String signature = "%016x".formatted(number.incrementAndGet());
    links.put(signature, new Link(path, file, System.nanoTime(), new AtomicInteger()));
    return signature;
  }

  void answer(TestHubExchange exchange) throws IOException {
    if (exchange.request().header("authorization").isPresent()
        || exchange.cookie(TestHubModelScope.COOKIE).isPresent()) {
      error(exchange, 400, "InvalidArgument", "Only one way to authenticate is allowed");
      return;
    }
    String signature = exchange.parameter(AMAZON_SIGNATURE) + exchange.parameter(ALIBABA_SIGNATURE);
    Link link = links.get(signature);
    if (link == null || !link.path().equals(exchange.rawPath())) {
      error(exchange, 403, "SignatureDoesNotMatch", "The signature does not match");
    } else if (isExpired(exchange, link)) {
      error(exchange, 403, "AccessDenied", "Request has expired");
    } else if (exchange.isRead()) {
      exchange.content(link.file().content(), link.file().xetHash());
    } else {
      error(exchange, 405, "MethodNotAllowed", "Only GET and HEAD are allowed");
    }
  }

  private boolean isExpired(TestHubExchange exchange, Link link) {
    int used = exchange.isHead() ? link.uses().get() + 1 : link.uses().incrementAndGet();
    return used > uses || System.nanoTime() - link.created() > age.toNanos();
  }

  private static void error(TestHubExchange exchange, int status, String code, String message)
      throws IOException {
    String text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<Error><Code>%s</Code><Message>%s</Message></Error>".formatted(code, message);
    exchange.reply(status, "application/xml", text);
  }
}
