package dev.kawi.explain;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// An explanation as one page that needs nothing else: style, program and data are inside, nothing
/// is fetched.
///
/// The page is page.html with page.css, page.js and the data put in. Texts of tokens can be
/// anything, also `</script>`: the data is JSON in which every `<`, `>` and `&` is written as an
/// escape, the program only ever sets text, never markup, and the page's content security policy
/// allows just this one program, by its hash.
///
/// Attention takes most of the room, so it is packed: each layer's weights, in the order head,
/// query, key, are 16-bit fractions of 65535, little endian, in Base64.
public final class HtmlView {
  private static final ObjectMapper MAPPER = JsonMapper.builder().build();
  private static final int FULL = 65535;

  private HtmlView() {}

  /// The page.
  ///
  /// @param language in which it opens; it can be switched in the page
  public static String render(Explanation explanation, Language language) {
    String script = resource("page.js");
    return resource("page.html")
        .replace("{{language}}", language.tag())
        .replace("{{script-hash}}", sha256(script))
        .replace("{{style}}", resource("page.css"))
        .replace("{{script}}", script)
        .replace("{{data}}", escape(MAPPER.writeValueAsString(packed(explanation))));
  }

  private static JsonNode packed(Explanation explanation) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("model", explanation.model());
    root.put("architecture", explanation.architecture());
    root.put("text", explanation.text());
    root.put("samplers", explanation.samplers());
    root.put("seed", Long.toString(explanation.seed()));
    root.set("tokens", MAPPER.valueToTree(explanation.tokens()));
    root.set("embeddings", MAPPER.valueToTree(explanation.embeddings()));
    root.set("choices", MAPPER.valueToTree(explanation.choices()));
    var layers = root.putArray("layers");
    for (LayerView layer : explanation.layers()) {
      ObjectNode node = layers.addObject();
      node.put("numHeads", layer.numHeads());
      node.set("residualNorms", MAPPER.valueToTree(layer.residualNorms()));
      node.set("guesses", MAPPER.valueToTree(layer.guesses()));
      node.put("attention", pack(layer));
    }
    return root;
  }

  private static String pack(LayerView layer) {
    int numPositions = layer.residualNorms().length;
    ByteBuffer bytes =
        ByteBuffer.allocate(
                Math.multiplyExact(
                    layer.numHeads() * 2, Math.multiplyExact(numPositions, numPositions)))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float[][] head : layer.attention()) {
      for (float[] row : head) {
        for (float weight : row) {
          bytes.putShort((short) Math.round(Math.clamp(weight, 0f, 1f) * FULL));
        }
      }
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }

  /// JSON that cannot end the script element it stands in. These characters only occur inside of
  /// strings.
  private static String escape(String json) {
    return json.replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  private static String resource(String name) {
    try (InputStream in = HtmlView.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("Bug: the resource " + name + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("explain: " + name + " cannot be read from the jar", e);
    }
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Bug: every Java platform has SHA-256", e);
    }
  }
}
