package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubSettingsTest {
  @TempDir private Path home;

  private HubSettings with(Map<String, String> environment) {
    return HubSettings.from(environment::get, home);
  }

  @Test
  void withoutVariables_modelScopeComesFirstAndFoldersAreThoseOfTheTools() {
    HubSettings settings = with(Map.of());
    assertEquals(List.of(Hub.MODEL_SCOPE, Hub.HUGGING_FACE), settings.hubs());
    assertEquals(home.resolve(".cache/huggingface/hub"), settings.stores().get(Hub.HUGGING_FACE));
    assertEquals(home.resolve(".cache/modelscope/hub"), settings.stores().get(Hub.MODEL_SCOPE));
    assertEquals(Map.of(), settings.tokens());
    assertEquals(Optional.empty(), settings.proxy());
  }

  @Test
  void variablesOfTheTools_areHonoured() {
    HubSettings settings =
        with(
            Map.of(
                "KAWI_HUBS", "huggingface,modelscope",
                "HF_ENDPOINT", "https://mirror.example/hf/",
                "MODELSCOPE_DOMAIN", "www.modelscope.ai",
                "HF_HOME", "/data/hf",
                "MODELSCOPE_CACHE", "/data/ms",
                "HF_TOKEN", "hf_x",
                "HF_HUB_OFFLINE", "1",
                "https_proxy", "http://proxy.example:3128",
                "NO_PROXY", "localhost, .example.org"));
    assertEquals(List.of(Hub.HUGGING_FACE, Hub.MODEL_SCOPE), settings.hubs());
    assertEquals(
        URI.create("https://mirror.example/hf"), settings.endpoints().get(Hub.HUGGING_FACE));
    assertEquals(
        URI.create("https://www.modelscope.ai"), settings.endpoints().get(Hub.MODEL_SCOPE));
    assertEquals(Path.of("/data/hf/hub"), settings.stores().get(Hub.HUGGING_FACE));
    assertEquals(Path.of("/data/ms"), settings.stores().get(Hub.MODEL_SCOPE));
    assertEquals("hf_x", settings.tokens().get(Hub.HUGGING_FACE));
    assertTrue(settings.offline());
    assertEquals(Optional.of(URI.create("http://proxy.example:3128")), settings.proxy());
    assertEquals(List.of("localhost", ".example.org"), settings.noProxy());
  }

  @Test
  void keptToken_isReadByTheNextProcessAndByItsOwnerAlone() throws IOException {
    with(Map.of()).saveToken(Hub.HUGGING_FACE, "hf_secret");
    assertEquals("hf_secret", with(Map.of()).tokens().get(Hub.HUGGING_FACE));
    Path file = home.resolve(".cache/huggingface/token");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    with(Map.of()).forgetToken(Hub.HUGGING_FACE);
    assertEquals(Map.of(), with(Map.of()).tokens());
  }

  @Test
  void unknownHub_isNamed() {
    assertThrows(IllegalArgumentException.class, () -> with(Map.of("KAWI_HUBS", "github")));
  }

  @Test
  void timeOfAFirstContact_isInSeconds() {
    assertEquals(Duration.ofMillis(1400), with(Map.of()).firstContact());
    assertEquals(
        Duration.ofMillis(2500), with(Map.of("KAWI_CONNECT_TIMEOUT", "2.5")).firstContact());
    for (String wrong : List.of("0", "0.0", "-1", "soon", "99999", "1e3")) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> with(Map.of("KAWI_CONNECT_TIMEOUT", wrong)));
      assertTrue(e.getMessage().contains("KAWI_CONNECT_TIMEOUT must be seconds"), e.getMessage());
    }
  }

  @Test
  void proxy_mayLackItsSchemeAndPort() {
    Map<String, String> values =
        Map.of(
            "proxy.example:3128", "http://proxy.example:3128",
            "https://proxy.example", "http://proxy.example:80",
            "http://me:pass@proxy.example:1/", "http://me:pass@proxy.example:1");
    values.forEach((value, address) ->
        assertEquals(
            Optional.of(URI.create(address)), with(Map.of("HTTP_PROXY", value)).proxy(), value));
  }

  @Test
  void proxyThatIsNone_isNamedWithoutItsPassword() {
    String value = "socks5://me:s3cret@proxy.example";
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> with(Map.of("https_proxy", value)));
    assertTrue(e.getMessage().contains("proxy.example"), e.getMessage());
    assertTrue(!e.getMessage().contains("s3cret"), e.getMessage());
  }
}
