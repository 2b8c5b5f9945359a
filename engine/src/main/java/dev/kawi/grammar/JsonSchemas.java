package dev.kawi.grammar;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Compiles JSON Schemas (draft 2020-12) to grammars of the JSON texts that are valid.
///
/// What is supported, and where the grammar allows less than the schema (properties come in the
/// order of the schema, numbers have at most 16 digits, objects with `properties` are closed unless
/// `additionalProperties` opens them), says `docs/structured-output.md`. A keyword that is not
/// supported is refused by name or, for tools, left out with a notice.
public final class JsonSchemas {
  private static final int LONGEST = 4 << 20;
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private JsonSchemas() {}

  /// What happens to a keyword that is not supported.
  public enum Unsupported {
    /// It is refused: what is written would not be sure to be valid.
    REFUSED,
    /// It is left out, and a notice says so.
    LEFT_OUT
  }

  /// A grammar, and what of its schema was left out.
  ///
  /// @param notices one for each keyword left out, with its place
  public record Relaxed(Grammar grammar, List<String> notices) {
    public Relaxed {
      notices = List.copyOf(notices);
    }
  }

  /// Compiles the text of a schema.
  ///
  /// @throws GrammarException if it is no schema, or uses what is not supported; the message names
  ///   the place in the value, such as `$.address.zip`, and the keyword
  public static Grammar compile(String schema) {
    return compile(parse(schema));
  }

  /// Compiles a schema.
  ///
  /// @throws GrammarException as [#compile(String)]
  public static Grammar compile(JsonNode schema) {
    return compile(schema, "", Unsupported.REFUSED).grammar();
  }

  /// Compiles the schema of a tool's parameters.
  ///
  /// @param tool the name of the tool, for messages; may be empty
  /// @throws GrammarException as [#compile(String)]; the message names the tool
  public static Relaxed compile(JsonNode schema, String tool, Unsupported unsupported) {
    List<String> notices = new ArrayList<>();
    Rule root = new SchemaCompiler(schema, tool, unsupported, notices).compile();
    return new Relaxed(new Grammar(root), notices);
  }

  /// Reads the text of a schema.
  ///
  /// @throws GrammarException if it is not JSON, or longer than 4 MiB
  public static JsonNode parse(String schema) {
    if (schema.length() > LONGEST) {
      throw new GrammarException(
          "json schema: at most %d characters are possible, found %d"
              .formatted(LONGEST, schema.length()));
    }
    try {
      JsonNode node = MAPPER.readTree(schema);
      if (node == null || node.isMissingNode()) {
        throw new GrammarException("json schema: expected a schema, found nothing");
      }
      return node;
    } catch (JacksonException e) {
      throw new GrammarException("json schema: it is not JSON: " + e.getOriginalMessage());
    }
  }
}
