package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

// Why. Where there is no network, trying again only keeps a person waiting: a name that cannot be
// resolved and a port that refuses are told at once, as long as the host has never answered. Once
// it has, the same failures are those of a network that comes back, and are tried again. A
// resolver whose server is gone takes many seconds to say so, hence the limit on its time.

/// Tells a network that is not there from one that stumbles.
final class Reachability {
  /// What one can do about it.
  static final String CURE =
      "is there a network? HF_ENDPOINT and MODELSCOPE_DOMAIN name mirrors (as"
          + " HF_ENDPOINT=https://hf-mirror.com), HTTPS_PROXY a proxy; with KAWI_OFFLINE=1 only what"
          + " is on this machine is used";

  private static final Duration MOST_FOR_A_NAME = Duration.ofMillis(1500);

  private final HubSettings settings;
  private final Set<String> reached = ConcurrentHashMap.newKeySet();

  Reachability(HubSettings settings) {
    this.settings = settings;
  }

  /// How long a connection may take. Far less than an answer may.
  static Duration connectTimeout(Duration patience) {
    Duration most = Duration.ofSeconds(10);
    return patience.compareTo(most) < 0 ? patience : most;
  }

  /// The host has answered.
  void answered(URI url) {
    reached.add(url.getAuthority());
  }

  /// Fails if the name of the host, or of the proxy before it, has no address.
  void requireName(Hub hub, URI url) throws HubException {
    if (reached.contains(url.getAuthority())) {
      return;
    }
    Optional<URI> proxy = settings.proxyFor(url);
    String host = proxy.orElse(url).getHost();
    if (host != null && !isKnown(host)) {
      throw HubException.withCure(
          Reason.UNREACHABLE,
          "%s: the name %s%s cannot be resolved"
              .formatted(hub.title(), host, proxy.isPresent() ? " of the proxy" : ""),
          CURE);
    }
  }

  private static boolean isKnown(String host) {
    FutureTask<InetAddress> lookup = new FutureTask<>(() -> InetAddress.getByName(host));
    Thread.ofPlatform().daemon().name("kawi-resolve").start(lookup);
    try {
      lookup.get(MOST_FOR_A_NAME.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /// Fails if the host has never answered and the failure is one of the way there; otherwise it is
  /// worth another try.
  void requireWorthAnotherTry(Hub hub, URI url, IOException e) throws HubException {
    boolean refused = isOfTheWay(e);
    if (refused && !reached.contains(url.getAuthority())) {
      throw unreachable(hub, url, e);
    }
  }

  /// The error that names the host, or the proxy before it.
  HubException unreachable(Hub hub, URI url, IOException e) {
    String host = url.getAuthority();
    String what =
        settings
            .proxyFor(url)
            .map(proxy ->
                "the proxy %s:%d does not lead to %s"
                    .formatted(proxy.getHost(), proxy.getPort(), host))
            .orElse("cannot be reached at " + host);
    String statement = "%s: %s (%s)".formatted(hub.title(), what, describe(e));
    return HubException.withCure(Reason.UNREACHABLE, statement, CURE);
  }

  private static boolean isOfTheWay(IOException e) {
    return e instanceof ConnectException
        || e instanceof NoRouteToHostException
        || e instanceof UnknownHostException
        || e instanceof HttpConnectTimeoutException
        || e.getCause() instanceof UnresolvedAddressException
        || String.valueOf(e.getMessage()).startsWith("Tunnel failed");
  }

  private static String describe(IOException e) {
    if (e instanceof HttpConnectTimeoutException) {
      return "no connection in time";
    }
    if (e.getMessage() != null) {
      return e.getMessage();
    }
    return e instanceof ConnectException ? "connection refused" : e.getClass().getSimpleName();
  }
}
