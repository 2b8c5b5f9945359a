package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

// Why. Where there is no network, trying again only keeps a person waiting. So the first contact
// with
// a host is a look whether there is a way: its name has to have an address, and the address has to
// take a connection, both within a second or two. Resolvers whose server is gone, and firewalls
// that
// drop what they do not let through, would else take many seconds to say so. When a host lets
// itself be
// waited for, a look at the other hubs begins meanwhile, so that a person who is offline waits
// once,
// not once for each of them. Once a host has answered, the same failures are those of a network
// that
// comes back: they get the usual time, and are tried again.

/// Tells a network that is not there from one that stumbles.
final class Reachability {
  /// What one can do about it.
  static final String CURE =
      "is there a network? HF_ENDPOINT and MODELSCOPE_DOMAIN name mirrors (as"
          + " HF_ENDPOINT=https://hf-mirror.com), HTTPS_PROXY a proxy; with KAWI_OFFLINE=1 only what"
          + " is on this machine is used; on a slow line KAWI_CONNECT_TIMEOUT=10 waits 10 seconds";

  /// After this time without an answer the other hubs are looked at, too.
  private static final Duration ALONE = Duration.ofMillis(250);

  private final HubSettings settings;
  private final Set<String> reached = ConcurrentHashMap.newKeySet();
  private final Map<String, FutureTask<Optional<Obstacle>>> looks = new ConcurrentHashMap<>();

  Reachability(HubSettings settings) {
    this.settings = settings;
  }

  /// Why there is no way to a host.
  private record Obstacle(String what) {}

  /// What a connection to an address is made with: the host itself, or the proxy before it.
  private record Gateway(String host, int port, boolean isProxy) {}

  /// How long a connection may take. Far less than an answer may.
  static Duration connectTimeout(Duration patience) {
    Duration most = Duration.ofSeconds(10);
    return patience.compareTo(most) < 0 ? patience : most;
  }

  /// The host has answered.
  void answered(URI url) {
    reached.add(url.getAuthority());
  }

  /// Fails if a host that has never answered, or the proxy before it, has no address or takes no
  /// connection.
  void requireWay(Hub hub, URI url) throws HubException {
    if (reached.contains(url.getAuthority())) {
      return;
    }
    FutureTask<Optional<Obstacle>> look = look(url);
    try {
      if (!isDone(look, ALONE)) {
        for (Hub other : settings.hubs()) {
          FutureTask<?> _ = look(Objects.requireNonNull(settings.endpoints().get(other)));
        }
      }
      Optional<Obstacle> obstacle = look.get();
      if (obstacle.isPresent()) {
        looks.remove(url.getAuthority(), look); // the next request looks again
        throw HubException.withCure(
            Reason.UNREACHABLE, hub.title() + ": " + obstacle.get().what(), CURE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Bug: looking for a way to " + url.getAuthority(), e);
    }
  }

  private static boolean isDone(FutureTask<?> task, Duration limit)
      throws InterruptedException, ExecutionException {
    try {
      task.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  /// Hosts to which a way is looked for, or was found.
  int looks() {
    return looks.size();
  }

  /// A look for a way to an address, which begins now if it has not begun.
  private FutureTask<Optional<Obstacle>> look(URI url) {
    return looks.computeIfAbsent(
        url.getAuthority(), authority -> started(() -> obstacle(gateway(url), authority)));
  }

  private static <T> FutureTask<T> started(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread.ofPlatform().daemon().name("kawi-reach").start(task);
    return task;
  }

  private Gateway gateway(URI url) {
    Optional<URI> proxy = settings.proxyFor(url);
    URI first = proxy.orElse(url);
    int port = "https".equals(first.getScheme()) ? 443 : 80;
    return new Gateway(
        String.valueOf(first.getHost()),
        first.getPort() < 0 ? port : first.getPort(),
        proxy.isPresent());
  }

  private Optional<Obstacle> obstacle(Gateway gateway, String authority) throws Exception {
    long end = System.nanoTime() + settings.firstContact().toNanos();
    FutureTask<InetAddress> lookup = started(() -> InetAddress.getByName(gateway.host()));
    InetAddress address;
    try {
      address = lookup.get(settings.firstContact().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return Optional.of(
          new Obstacle(
              "the name %s%s cannot be resolved"
                  .formatted(gateway.host(), gateway.isProxy() ? " of the proxy" : "")));
    }
    try (Socket socket = new Socket()) {
      int left = Math.toIntExact(Math.max(1, (end - System.nanoTime()) / 1_000_000));
      socket.connect(new InetSocketAddress(address, gateway.port()), left);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          new Obstacle("%s (%s)".formatted(blocked(gateway, authority), describe(e))));
    }
  }

  private static String blocked(Gateway gateway, String authority) {
    return gateway.isProxy()
        ? "the proxy %s:%d does not lead to %s".formatted(gateway.host(), gateway.port(), authority)
        : "cannot be reached at " + authority;
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
    String statement =
        "%s: %s (%s)"
            .formatted(hub.title(), blocked(gateway(url), url.getAuthority()), describe(e));
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

  private String describe(IOException e) {
    if (e instanceof SocketTimeoutException) {
      return "no connection within %s s, as behind a firewall that drops what it does not let through"
          .formatted(
              BigDecimal.valueOf(settings.firstContact().toMillis(), 3)
                  .stripTrailingZeros()
                  .toPlainString());
    }
    if (e instanceof HttpConnectTimeoutException) {
      return "no connection in time";
    }
    if (e.getMessage() != null) {
      return e.getMessage();
    }
    return e instanceof ConnectException ? "connection refused" : e.getClass().getSimpleName();
  }
}
