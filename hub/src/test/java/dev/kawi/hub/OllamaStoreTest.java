package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.hub.HubException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A folder as Ollama 0.3 and later write it.
class OllamaStoreTest {
  private static final String DIGEST = "0123456789abcdef".repeat(4);
  private static final String MODEL = "application/vnd.ollama.image.model";

  @TempDir private Path root;
  private OllamaStore store = new OllamaStore(Path.of("unused"));

  @BeforeEach
  void fill() throws IOException {
    store = new OllamaStore(root);
    Files.createDirectories(root.resolve("blobs"));
    Files.writeString(blob(), "GGUF");
    manifest("registry.ollama.ai/library/llama3.2/1b", layer(MODEL, "sha256:" + DIGEST, 4));
  }

  private Path blob() {
    return root.resolve("blobs").resolve("sha256-" + DIGEST);
  }

  private static String layer(String type, String digest, int size) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}".formatted(type, digest, size);
  }

  private void manifest(String path, String... layers) throws IOException {
    String template = layer("application/vnd.ollama.image.template", "sha256:" + DIGEST, 4);
    manifestOf(
        path,
        "{\"schemaVersion\":2,\"layers\":[%s,%s]}".formatted(template, String.join(",", layers)));
  }

  private void manifestOf(String path, String text) throws IOException {
    Path file = root.resolve("manifests").resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private HubException refused(String reference) {
    return assertThrows(HubException.class, () -> store.find(reference));
  }

  @Test
  void model_isUsedWhereItIs() throws IOException {
    List<Path> before = files();
    assertEquals(blob(), store.find("ollama:llama3.2:1b"));
    assertEquals(blob(), store.find("ollama:library/llama3.2:1b"));
    assertEquals(blob(), store.find("ollama:registry.ollama.ai/library/llama3.2:1b"));
    assertEquals(List.of(new OllamaModel("ollama:llama3.2:1b", blob(), 4)), store.list());
    assertEquals(before, files());
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.sorted().toList();
    }
  }

  @Test
  void everyListedId_isFoundAgain() throws IOException {
    String weights = layer(MODEL, "sha256:" + DIGEST, 4);
    manifest("registry.ollama.ai/library/qwen3/latest", weights);
    manifest("registry.ollama.ai/someone/tuned/v1", weights);
    manifest("hf.co/org/model-GGUF/Q4_K_M", weights);
    List<String> ids = store.list().stream().map(OllamaModel::id).toList();
    assertEquals(
        List.of(
            "ollama:hf.co/org/model-GGUF:Q4_K_M",
            "ollama:llama3.2:1b",
            "ollama:qwen3:latest",
            "ollama:someone/tuned:v1"),
        ids);
    for (String id : ids) {
      assertEquals(blob(), store.find(id));
    }
    assertEquals(blob(), store.find("ollama:qwen3"));
  }

  @Test
  void absentModel_saysHowItIsGot() throws IOException {
    HubException e = refused("ollama:mistral");
    assertEquals(Reason.NOT_FOUND, e.reason());
    assertTrue(e.getMessage().contains("`ollama pull mistral:latest` gets it"), e.getMessage());
    OllamaStore none = new OllamaStore(root.resolve("absent"));
    assertEquals(List.of(), none.list());
    assertThrows(HubException.class, () -> none.find("ollama:mistral"));
  }

  @Test
  void weightsThatAreNotWhole_areRefusedAndNotListed() throws IOException {
    Files.writeString(blob(), "GG");
    HubException e = refused("ollama:llama3.2:1b");
    assertEquals(Reason.DAMAGED, e.reason());
    assertTrue(e.getMessage().contains("should have 4 bytes and has 2"), e.getMessage());
    assertTrue(e.getMessage().contains("`ollama pull llama3.2:1b` completes it"), e.getMessage());
    assertEquals(List.of(), store.list());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ollama:", "ollama:..", "ollama:../x:1b", "ollama:a/../b:1b", "ollama:a:..", "ollama:a:b/c",
        "ollama:/etc/passwd", "ollama:a/b/c/d:e", "ollama:a\\b", "ollama:a:", "ollama:~x",
            "ollama:a b"
      })
  void namesThatLeadElsewhere_areRefused(String reference) {
    assertThrows(IllegalArgumentException.class, () -> store.find(reference));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sha256:../../secret",
        "sha256:",
        "/etc/passwd",
        "sha256:0123",
        "md5:0123456789abcdef",
        "sha256:../0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc"
      })
  void digestsThatLeadElsewhere_areRefused(String digest) throws IOException {
    manifest("registry.ollama.ai/library/evil/latest", layer(MODEL, digest, 4));
    assertTrue(refused("ollama:evil").getMessage().contains("by no SHA-256"));
    assertEquals(1, store.list().size());
  }

  @Test
  void whatIsNoSingleGguf_isNamed() throws IOException {
    String weights = layer(MODEL, "sha256:" + DIGEST, 4);
    String adapter = layer("application/vnd.ollama.image.adapter", "sha256:" + DIGEST, 4);
    manifest("registry.ollama.ai/library/two/latest", weights, weights);
    manifest("registry.ollama.ai/library/tuned/latest", weights, adapter);
    manifestOf("registry.ollama.ai/library/damaged/latest", "{\"layers\":");
    manifestOf("registry.ollama.ai/library/other/latest", "[{\"layers\":7}]");
    assertTrue(refused("ollama:two").getMessage().contains("lists 2 layers of weights"));
    assertTrue(refused("ollama:tuned").getMessage().contains("has an adapter"));
    assertTrue(refused("ollama:damaged").getMessage().contains("is not JSON"));
    assertTrue(refused("ollama:other").getMessage().contains("lists 0 layers of weights"));
    assertEquals(1, store.list().size());
  }

  @Test
  void folder_isThatOfTheVariable_elseInTheHome() {
    Path home = Path.of("home");
    assertEquals(
        new OllamaStore(home.resolve(".ollama").resolve("models")),
        OllamaStore.from(name -> null, home));
    assertEquals(
        new OllamaStore(Path.of("elsewhere")),
        OllamaStore.from(Map.of("OLLAMA_MODELS", "elsewhere")::get, home));
  }
}
