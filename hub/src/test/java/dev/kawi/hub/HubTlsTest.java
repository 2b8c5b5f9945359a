package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Pulls over HTTPS from a hub whose certificate comes from an authority that Java does not know,
/// and through proxies, with the settings that variables of the environment give.
class HubTlsTest {
  /// A name that no resolver knows: only a proxy gets there.
  private static final String FAR = "hub.invalid";

  private static final byte[] WEIGHTS = "GGUF".repeat(5_000).getBytes(StandardCharsets.UTF_8);

  @TempDir private static Path keys;
  private static TestCertificates certificates;
  private static TestHub server;
  @TempDir private Path home;

  @BeforeAll
  static void start() throws IOException {
    certificates = TestCertificates.in(keys, FAR);
    server = TestHub.start(certificates.context());
    server.repository("org/model").file("x.gguf", WEIGHTS);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private ModelHub hub(String endpoint, Map<String, String> variables) {
    Map<String, String> all = new HashMap<>(variables);
    all.put("HF_ENDPOINT", endpoint);
    all.put("MODELSCOPE_DOMAIN", endpoint);
    all.put("KAWI_CONNECT_TIMEOUT", "60");
    return new ModelHub(HubSettings.from(all::get, home));
  }

  private static Path pull(ModelHub hub, Hub where) throws IOException {
    String host = where == Hub.HUGGING_FACE ? "hf.co" : "modelscope.cn";
    return hub.pull(ModelReference.parse(host + "/org/model"), TransferListener.NONE);
  }

  private static HubException refused(ModelHub hub) {
    return assertThrows(HubException.class, () -> pull(hub, Hub.HUGGING_FACE));
  }

  private static String far() {
    return "https://%s:%d".formatted(FAR, server.endpoint().getPort());
  }

  @ParameterizedTest
  @ValueSource(strings = {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"})
  void authorityOfTheVariable_isTrusted(String variable) throws IOException {
    Map<String, String> variables = Map.of(variable, certificates.authority().toString());
    try (ModelHub hub = hub(server.endpoint().toString(), variables)) {
      for (Hub where : Hub.values()) {
        assertArrayEquals(WEIGHTS, Files.readAllBytes(pull(hub, where)));
      }
    }
  }

  @Test
  void unknownAuthority_isRefusedAtOnceWithTheVariableToSet() {
    try (ModelHub hub = hub(server.endpoint().toString(), Map.of())) {
      HubException e = refused(hub);
      assertEquals(HubException.Reason.UNREACHABLE, e.reason());
      assertTrue(e.getMessage().contains("certificate is not trusted"), e.getMessage());
      assertTrue(e.getMessage().contains("SSL_CERT_FILE"), e.getMessage());
      assertTrue(e.getMessage().contains("127.0.0.1:" + server.endpoint().getPort()));
    }
  }

  @Test
  void certificateForAnotherName_isRefusedWithThatName() throws IOException {
    String other = far().replace(FAR, "other.invalid");
    try (TestProxy proxy = TestProxy.open();
        ModelHub hub = hub(other, behind(proxy.address().toString()))) {
      String message = refused(hub).getMessage();
      assertTrue(
          message.contains("No subject alternative DNS name matching other.invalid"), message);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no certificates here\n", "-----BEGIN CERTIFICATE-----\nMIIB\n"})
  void fileWithoutCertificates_isNamed(String content) throws IOException {
    Path file = Files.writeString(home.resolve("ca.pem"), content);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> hub("https://hub.invalid", Map.of("SSL_CERT_FILE", file.toString())));
    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    assertTrue(e.getMessage().contains("PEM"), e.getMessage());
  }

  @Test
  void missingFile_isNamed() {
    String file = home.resolve("missing.pem").toString();
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> hub("https://hub.invalid", Map.of("REQUESTS_CA_BUNDLE", file)));
    assertTrue(e.getMessage().contains(file), e.getMessage());
  }

  /// The variables of a machine that gets out through this proxy and trusts the authority.
  private static Map<String, String> behind(String proxy) {
    return Map.of("HTTPS_PROXY", proxy, "SSL_CERT_FILE", certificates.authority().toString());
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void proxy_opensTunnelsToTheHub(Hub where) throws IOException {
    try (TestProxy proxy = TestProxy.open();
        ModelHub hub = hub(far(), behind(proxy.address().getAuthority()))) {
      assertArrayEquals(WEIGHTS, Files.readAllBytes(pull(hub, where)));
      assertTrue(proxy.asked().contains("CONNECT %s HTTP/1.1".formatted(far().substring(8))));
    }
  }

  @Test
  void hostOfNoProxy_isReachedWithoutTheProxy() throws IOException {
    try (TestProxy proxy = TestProxy.open();
        ModelHub hub =
            hub(
                server.endpoint().toString().replace("127.0.0.1", "localhost"),
                behind(proxy.address().toString()))) {
      pull(hub, Hub.HUGGING_FACE);
      assertEquals(List.of(), proxy.asked());
    }
  }

  @Test
  void loginOfTheProxy_goesToTheProxyAlone() throws IOException {
    server.forget();
    try (TestProxy proxy = TestProxy.asking("me:s3cret");
        ModelHub hub = hub(far(), behind("http://me:s3cret@" + proxy.address().getAuthority()))) {
      assertArrayEquals(WEIGHTS, Files.readAllBytes(pull(hub, Hub.HUGGING_FACE)));
    }
    assertTrue(
        server.requests().stream().noneMatch(r -> r.headers().containsKey("proxy-authorization")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "me:wrong@"})
  void proxyThatRefusesTheLogin_isNamedWithTheCure(String login) throws IOException {
    try (TestProxy proxy = TestProxy.asking("me:s3cret");
        ModelHub hub = hub(far(), behind("http://" + login + proxy.address().getAuthority()))) {
      String message = refused(hub).getMessage();
      assertTrue(message.contains("proxy " + proxy.address().getAuthority()), message);
      assertTrue(message.contains("NAME:PASSWORD@HOST:PORT"), message);
    }
  }
}
