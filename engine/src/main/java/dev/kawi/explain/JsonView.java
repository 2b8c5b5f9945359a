package dev.kawi.explain;

import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/// An explanation as JSON: an object with the names of [Explanation]'s components, and of theirs.
///
/// Attention is nested arrays `layers[l].attention[head][query][key]`.
public final class JsonView {
  private static final ObjectMapper MAPPER = JsonMapper.builder().build();

  private JsonView() {}

  /// One line of JSON.
  public static String render(Explanation explanation) {
    return MAPPER.writeValueAsString(explanation);
  }
}
