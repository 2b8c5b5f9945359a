package dev.kawi.grammar;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.util.List;

/// networknt's validator, which nobody here wrote, with formats asserted.
final class Networknt {
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_2020_12,
          builder ->
              builder.schemaRegistryConfig(
                  SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));

  private final Schema schema;

  Networknt(String schema) {
    this.schema = REGISTRY.getSchema(schema, InputFormat.JSON);
  }

  /// What is wrong with a value; nothing if it is valid.
  List<String> errors(String json) {
    return schema.validate(json, InputFormat.JSON).stream().map(Object::toString).toList();
  }

  boolean isValid(String json) {
    return errors(json).isEmpty();
  }
}
