package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What is said where there is no network, no proxy or no repository. The settings wait for hours
/// before another try: a test that ends has made none.
@Timeout(60)
class ReachabilityTest {
  private static final String NOWHERE = "http://hub.invalid";

  @TempDir private Path root;

  private ModelHub hub(String endpoint, Optional<String> proxy) {
    HubSettings settings = PullProcess.settings(URI.create(endpoint), root);
    return new ModelHub(
        new HubSettings(
            settings.hubs(),
            settings.endpoints(),
            settings.stores(),
            Map.of(Hub.HUGGING_FACE, "secret"),
            Map.of(),
            false,
            proxy.map(URI::create),
            List.of(),
            Optional.empty(),
            4096,
            2,
            Duration.ofHours(2),
            Duration.ofMillis(700),
            Duration.ofSeconds(20)));
  }

  private String refused(String endpoint, Optional<String> proxy, String reference) {
    try (ModelHub hub = hub(endpoint, proxy)) {
      HubException e =
          assertThrows(
              HubException.class,
              () -> hub.pull(ModelReference.parse(reference), TransferListener.NONE));
      assertEquals(1, String.valueOf(e.getMessage()).lines().count());
      return e.getMessage();
    }
  }

  private static int closedPort() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return server.getLocalPort();
    }
  }

  @Test
  void nameThatCannotBeResolved_isSaidAtOnceWithTheCuresOnce() {
    String said = refused(NOWHERE, Optional.empty(), "org/model");
    assertTrue(
        said.startsWith(
            "ModelScope: the name hub.invalid cannot be resolved;"
                + " Hugging Face: the name hub.invalid cannot be resolved; is there a network?"),
        said);
    assertEquals(said.indexOf("HF_ENDPOINT="), said.lastIndexOf("HF_ENDPOINT="));
    assertTrue(said.contains("KAWI_OFFLINE=1"), said);
  }

  @Test
  void portThatRefuses_isSaidAtOnce() throws IOException {
    String endpoint = "http://127.0.0.1:" + closedPort();
    String said = refused(endpoint, Optional.empty(), "hf.co/org/model");
    assertTrue(said.startsWith("Hugging Face: cannot be reached at 127.0.0.1:"), said);
  }

  /// A port whose queue of connections is full: Linux drops what comes then, as a firewall does.
  private static final class SilentPort implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final List<SocketChannel> queue = new ArrayList<>();

    SilentPort() throws IOException {
      for (int i = 0; i < 16; i++) {
        SocketChannel waiting = SocketChannel.open();
        waiting.configureBlocking(false);
        waiting.connect(server.getLocalSocketAddress());
        queue.add(waiting);
      }
    }

    String address() {
      return "127.0.0.1:" + server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      for (SocketChannel waiting : queue) {
        waiting.close();
      }
      server.close();
    }
  }

  @Test
  void firewallThatDropsEverything_isSaidAfterTheTimeOfAFirstContact() throws IOException {
    try (SilentPort port = new SilentPort()) {
      String said = refused("http://" + port.address(), Optional.empty(), "org/model");
      String where =
          ": cannot be reached at %s (no connection within 0.7 s, as behind a firewall that drops what it does not let through); "
              .formatted(port.address());
      assertTrue(
          said.startsWith("ModelScope" + where + "Hugging Face" + where + "is there a network?"),
          said);
      assertTrue(said.contains("KAWI_CONNECT_TIMEOUT=10"), said);
      String proxied = refused(NOWHERE, Optional.of("http://" + port.address()), "hf.co/org/model");
      assertTrue(
          proxied.startsWith(
              "Hugging Face: the proxy %s does not lead to hub.invalid (no connection within 0.7 s"
                  .formatted(port.address())),
          proxied);
    }
  }

  @Test
  void hubsThatDoNotAnswer_areWaitedForTogether() throws Exception {
    try (SilentPort port = new SilentPort();
        SilentPort other = new SilentPort()) {
      Map<String, String> variables =
          Map.of(
              "MODELSCOPE_DOMAIN", "http://" + port.address(),
              "HF_ENDPOINT", "http://" + other.address(),
              "KAWI_CONNECT_TIMEOUT", "60");
      HubSettings settings = HubSettings.from(variables::get, root);
      Reachability network = new Reachability(settings);
      FutureTask<Void> asking =
          new FutureTask<>(() -> {
            network.requireWay(Hub.MODEL_SCOPE, settings.endpoints().get(Hub.MODEL_SCOPE));
            return null;
          });
      Thread thread = Thread.ofVirtual().start(asking);
      while (network.looks() < 2) {
        assertFalse(asking.isDone(), "the other hub was not looked at meanwhile");
        Thread.sleep(5);
      }
      thread.interrupt();
      asking.get();
    }
  }

  @Test
  void hostThatHasAnswered_isNotLookedAtAgain() throws IOException {
    URI nowhere = URI.create(NOWHERE);
    Reachability network = new Reachability(PullProcess.settings(nowhere, root));
    assertThrows(HubException.class, () -> network.requireWay(Hub.HUGGING_FACE, nowhere));
    network.answered(nowhere);
    network.requireWay(Hub.HUGGING_FACE, nowhere);
  }

  @Test
  void proxyThatIsNotThere_isNamed() throws IOException {
    String proxy = "127.0.0.1:" + closedPort();
    String said = refused(NOWHERE, Optional.of("http://" + proxy), "hf.co/org/model");
    assertTrue(
        said.startsWith("Hugging Face: the proxy " + proxy + " does not lead to hub.invalid"),
        said);
    String unknown = refused(NOWHERE, Optional.of("http://proxy.invalid:80"), "hf.co/org/model");
    assertTrue(
        unknown.startsWith("Hugging Face: the name proxy.invalid of the proxy cannot be resolved"),
        unknown);
  }

  @Test
  void repositoryThatIsNotThere_isNamedAsTheUserWroteIt() {
    try (TestHub server = TestHub.start()) {
      String said =
          refused(server.endpoint().toString(), Optional.empty(), "hf.co/No-Body/Nothing.1");
      assertEquals("Hugging Face has no No-Body/Nothing.1 (404)", said);
    }
  }

  @Test
  void mirror_isAskedWithoutTheToken_andFilesGoToTheStoreOfTheHub() throws IOException {
    byte[] weights = "GGUF".repeat(500).getBytes(StandardCharsets.UTF_8);
    try (TestHub server = TestHub.start();
        ModelHub hub = hub(NOWHERE, Optional.empty())) {
      server.repository("org/model").file("x.gguf", weights);
      ModelReference reference = ModelReference.parse(server.endpoint() + "/org/model");
      Path file = hub.pull(reference, TransferListener.NONE);
      assertArrayEquals(weights, Files.readAllBytes(file));
      assertTrue(file.startsWith(root.resolve("hf")), file.toString());
      assertEquals(Optional.of(file), hub.find(reference));
      assertTrue(
          server.requests().stream().noneMatch(r -> r.headers().containsKey("authorization")));
      HubException e =
          assertThrows(
              HubException.class,
              () -> hub.show(ModelReference.parse(server.endpoint() + "/no/thing")));
      assertTrue(
          e.getMessage().startsWith(server.endpoint().getAuthority() + " no/thing "),
          e.getMessage());
    }
  }

  @Test
  void answerThatIsCompressedUnasked_isRead() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write("[{\"id\": \"org/model\"}]".getBytes(StandardCharsets.UTF_8));
          }
          exchange.getResponseHeaders().add("Content-Encoding", "gzip");
          exchange.sendResponseHeaders(200, bytes.size());
          exchange.getResponseBody().write(bytes.toByteArray());
          exchange.close();
        });
    server.start();
    String endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
    HubSettings settings = PullProcess.settings(URI.create(endpoint), root);
    try (HubHttp http = new HubHttp(settings)) {
      List<SearchResult> found = new HuggingFaceClient(http).search("model", 1);
      assertEquals("org/model", found.getFirst().id());
    } finally {
      server.stop(0);
    }
  }
}
