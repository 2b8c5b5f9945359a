package dev.kawi.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.grammar.JsonSchemas.Unsupported;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Grammars of JSON Schemas beside networknt's validator.
class JsonSchemasTest {
  private static final int TEXTS = 40;
  private static final int CHANGES = 6;

  /// On these the grammar allows all that is valid and stands in its order.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'string'}},'required':['a'],"
            + "'additionalProperties':false}",
        "{'type':'object','properties':{'a':{'type':'boolean'}},'additionalProperties':{'type':'integer'}}",
        "{'type':'object','properties':{'a':{'type':'null'},'ab':true},'additionalProperties':true,"
            + "'required':['z']}",
        "{'type':'array','items':{'type':'number'},'minItems':1,'maxItems':3}",
        "{'type':'array','prefixItems':[{'type':'string'},{'type':'boolean'}],'items':{'type':'integer'},"
            + "'minItems':1,'maxItems':4}",
        "{'type':'array','prefixItems':[{'type':'string'}],'items':false}",
        "{'type':'array','items':{'type':'array','items':{'type':'array','items':{'type':'null'}}}}",
        "{'type':'string','minLength':2,'maxLength':4}",
        "{'type':['string','null','integer']}",
        "{'enum':['a','b\\\"c',1,null,true,{'x':[1]}]}",
        "{'const':{'a':'é'}}",
        "{'type':'string','enum':['ab','abc',3]}",
        "{'enum':['a','abc','abcd'],'maxLength':3}",
        "{'anyOf':[{'type':'integer','minimum':10},{'type':'string','maxLength':2}]}",
        "{'type':'object','properties':{'k':{'type':'string','maxLength':3}},'required':['k'],"
            + "'additionalProperties':false,'anyOf':[{'properties':{'k':{'const':'x'}}},{'properties':{'k':{'minLength':2}}}]}",
        "{'oneOf':[{'type':'object','properties':{'t':{'const':'a'},'v':{'type':'integer'}},'required':['t','v'],"
            + "'additionalProperties':false},{'type':'object','properties':{'t':{'const':'b'}},'required':['t'],"
            + "'additionalProperties':false}]}",
        "{'allOf':[{'type':'integer','minimum':3},{'maximum':70},{'exclusiveMaximum':42}]}",
        "{'$ref':'#/$defs/tree','$defs':{'tree':{'type':'object','properties':{'value':{'type':'integer'},"
            + "'children':{'type':'array','items':{'$ref':'#/$defs/tree'}}},'required':['value'],"
            + "'additionalProperties':false}}}",
        "{'type':'object','properties':{'next':{'anyOf':[{'$ref':'#'},{'type':'null'}]}},'required':['next'],"
            + "'additionalProperties':false}",
        "{'$defs':{'n':{'type':'integer'}},'$ref':'#/$defs/n','minimum':0,'maximum':9}",
        "{'type':'integer','minimum':-12,'maximum':345}",
        "{'type':'integer','exclusiveMinimum':99}",
        "{'type':'integer','maximum':-5}",
        "{'type':'integer','minimum':1000,'maximum':1000}",
        "{'type':'number','minimum':-1.5,'maximum':2.25}",
        "{'type':'number','exclusiveMinimum':0,'exclusiveMaximum':1}",
        "{'type':'number','minimum':0.001}",
        "{'type':'string','pattern':'^[a-c]{2,5}$'}",
        "{'type':'string','pattern':'b+c'}",
        "{'type':'string','pattern':'^a|c$'}",
        "{'type':'string','pattern':'^[a-z_]+$','minLength':2,'maxLength':5}",
        "{'type':'string','pattern':'a','maxLength':3}",
        "{'type':'string','pattern':'\\\\\\\\'}",
        "{'type':'string','pattern':'[^a-y]'}",
        "{'type':'object','properties':{},'additionalProperties':false}",
        "{'type':'object','additionalProperties':{'type':'array','items':{'type':'boolean'}}}",
        "true",
        "{}"
      })
  void randomAndChangedValues_areJudgedAsByNetworknt(String quoted) {
    String schema = quoted.replace('\'', '"');
    Grammar grammar = JsonSchemas.compile(schema);
    Networknt networknt = new Networknt(schema);
    RandomTexts texts = new RandomTexts(grammar, schema.hashCode());
    ChangedJson changes = new ChangedJson(schema.hashCode());
    for (int i = 0; i < TEXTS; i++) {
      String text = texts.next();
      assertEquals(List.of(), networknt.errors(text), text);
      for (int j = 0; j < CHANGES; j++) {
        String changed = changes.change(text);
        assertEquals(networknt.isValid(changed), grammar.matches(changed), changed);
      }
    }
  }

  /// On these the grammar allows a part of what is valid, as the documentation says.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'string','format':'date'}",
        "{'type':'string','format':'time'}",
        "{'type':'string','format':'date-time'}",
        "{'type':'string','format':'duration'}",
        "{'type':'string','format':'email'}",
        "{'type':'string','format':'hostname'}",
        "{'type':'string','format':'ipv4'}",
        "{'type':'string','format':'ipv6'}",
        "{'type':'string','format':'uri'}",
        "{'type':'string','format':'uuid'}",
        "{'type':'string','format':'date','maxLength':10}",
        "{'type':'string','pattern':'^\\\\s\\\\S.\\\\w\\\\W\\\\d\\\\D$'}",
        "{'type':'string','pattern':'^\\\\p{L}+(?<x>[^a-z]|\\\\.){1,3}?$'}",
        "{'type':'object','properties':{'a':{'type':'string'}}}",
        "{'type':'object','properties':{'a':{'type':'string'}},'required':['b']}",
        "{'properties':{'a':{'type':'string'}}}",
        "{'type':'object','minProperties':1,'required':['q'],'properties':{'q':{}},'maxProperties':1}",
        "{'allOf':[{'type':'object','properties':{'a':{'type':'integer'}},'additionalProperties':false},"
            + "{'properties':{'a':{'minimum':4},'b':{}}}]}"
      })
  void randomValues_areValid_andWhatTheGrammarAcceptsIs(String quoted) {
    String schema = quoted.replace('\'', '"');
    Grammar grammar = JsonSchemas.compile(schema);
    Networknt networknt = new Networknt(schema);
    RandomTexts texts = new RandomTexts(grammar, schema.hashCode());
    ChangedJson changes = new ChangedJson(schema.hashCode());
    for (int i = 0; i < TEXTS; i++) {
      String text = texts.next();
      assertEquals(List.of(), networknt.errors(text), text);
      String changed = changes.change(text);
      assertTrue(!grammar.matches(changed) || networknt.isValid(changed), changed);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"not":{}}                                      | $: not: it is not supported
          {"properties":{"a":{"if":{}}}}                  | $.a: if: it is not supported
          {"type":"array","items":{"contains":{}}}        | $[]: contains: it is not supported
          {"patternProperties":{}}                        | $: patternProperties: it is not supported
          {"type":"array","uniqueItems":true}             | $: uniqueItems: it is not supported
          {"type":"number","multipleOf":0.1}              | $: multipleOf: it is not supported
          {"type":"string","format":"iri"}                | $: format: "iri" is not supported
          {"type":"string","pattern":"(?!a)"}             | $: pattern: regular expression: a lookahead
          {"$ref":"http://x/y"}                           | $: $ref: only places in the schema itself
          {"$ref":"#/$defs/x"}                            | $: $ref: nothing is at #/$defs/x
          {"type":"text"}                                 | $: type: one of null, boolean
          {"type":"array","items":[{}]}                   | $: items: an array of schemas is called prefixItems
          {"minLength":-1}                                | $: minLength: a whole number of at least 0
          {"oneOf":[{"type":"number"},{"type":"integer"}]}| $: oneOf: options 1 and 2 may both be valid
          {"oneOf":[{"const":1},{"enum":[2,1.0]}]}        | $: oneOf: options 1 and 2 may both be valid
          {"type":"object","maxProperties":3}             | $: maxProperties: it is supported from
          {"required":["a"],"properties":{"a":{"$ref":"#"}}} | no finite text matches
          {"anyOf":[{"$ref":"#"},{"type":"null"}]}        | left recursion
          {"enum":[]}                                     | no finite text matches
          [1]                                             | $: schema: an object or a boolean is expected
          {"type"                                         | it is not JSON
          """)
  void unsupportedSchemas_areRefusedByPlaceAndKeyword(String schema, String message) {
    String found =
        assertThrows(GrammarException.class, () -> JsonSchemas.compile(schema)).getMessage();
    assertTrue(found.contains(message), found);
  }

  @Test
  void tools_leaveOutWhatIsNotSupported_withANoticeThatNamesTheTool() {
    String schema =
        """
        {"type":"object","properties":{"ids":{"type":"array","items":{"type":"integer"},"uniqueItems":true}},
         "required":["ids"]}\
        """;
    JsonSchemas.Relaxed relaxed =
        JsonSchemas.compile(JsonSchemas.parse(schema), "find_users", Unsupported.LEFT_OUT);
    assertEquals(
        List.of(
            "json schema: tool find_users: $.ids: uniqueItems: it is not supported; it is left"
                + " out"),
        relaxed.notices());
    assertTrue(relaxed.grammar().matches("{\"ids\": [1,1]}"));
  }

  @Test
  void properties_comeInTheOrderOfTheSchema_andRequiredOnesThatAreNotDeclaredAfterwards() {
    Grammar grammar =
        JsonSchemas.compile(
            "{\"properties\":{\"b\":{\"type\":\"null\"},\"a\":{\"type\":\"null\"}},\"required\":[\"z\",\"a\"]}");
    assertTrue(grammar.matches("{\"b\":null,\"a\":null,\"z\":1}"));
    assertTrue(grammar.matches("{\"a\": null, \"z\": [true]}"));
    assertFalse(grammar.matches("{\"a\":null,\"b\":null,\"z\":1}"));
    assertFalse(grammar.matches("{\"b\":null,\"z\":1}"));
  }

  @Test
  void additionalNames_areNoneOfTheDeclaredOnes_howeverEscaped() {
    Grammar grammar =
        JsonSchemas.compile(
            "{\"properties\":{\"a\":{\"type\":\"integer\"},\"q\\\"\":{\"type\":\"integer\"}},\"additionalProperties\":true}");
    assertTrue(grammar.matches("{\"aa\":\"x\",\"b\":\"x\"}"));
    assertFalse(grammar.matches("{\"a\":\"x\"}"));
    assertFalse(grammar.matches("{\"\\u0061\":\"x\"}"));
    assertFalse(grammar.matches("{\"q\\\"\":\"x\"}"));
  }

  @Test
  void escapes_neverGiveHalfASurrogatePair() {
    Grammar grammar = JsonSchemas.compile("{\"type\":\"string\",\"maxLength\":1}");
    assertTrue(grammar.matches("\"\\ud83d\\uDE00\""));
    assertTrue(grammar.matches("\"😀\""));
    assertFalse(grammar.matches("\"\\ud83d\""));
    assertFalse(grammar.matches("\"\\ude00\""));
    assertFalse(grammar.matches("\"\\x\""));
    assertFalse(grammar.matches("\"\t\""));
  }

  @Test
  void hugeBounds_areCounters() {
    Grammar grammar =
        JsonSchemas.compile(
            "{\"type\":\"array\",\"maxItems\":1000000,\"items\":{\"type\":\"string\",\"maxLength\":100000000,"
                + "\"minLength\":2000}}");
    assertTrue(grammar.matches("[\"" + "x".repeat(5000) + "\"]"));
    assertFalse(grammar.matches("[\"" + "x".repeat(1999) + "\"]"));
  }

  @Test
  void hostileSchemas_areRefusedOrCompileQuickly() {
    String deep = "{\"items\":".repeat(5000) + "{}" + "}".repeat(5000);
    assertThrows(GrammarException.class, () -> JsonSchemas.compile(deep));
    StringBuilder doubling = new StringBuilder("{\"$defs\":{\"d0\":{\"type\":\"null\"}");
    for (int i = 1; i < 60; i++) {
      String ref = "{\"$ref\":\"#/$defs/d" + (i - 1) + "\"}";
      doubling.append(
          ",\"d%d\":{\"type\":\"array\",\"prefixItems\":[%s,%s]}".formatted(i, ref, ref));
    }
    assertTrue(JsonSchemas.compile(doubling + "},\"$ref\":\"#/$defs/d59\"}").matches("[]"));
    StringBuilder product = new StringBuilder("{\"type\":\"string\",\"allOf\":[true");
    for (int i = 0; i < 30; i++) {
      product.append(",{\"anyOf\":[{\"minLength\":%d},{\"maxLength\":9},{}]}".formatted(i));
    }
    assertThrows(GrammarException.class, () -> JsonSchemas.compile(product + "]}"));
    String pattern =
        "{\"type\":\"string\",\"pattern\":\""
            + "(a|b)*a".repeat(40)
            + "[ab]{30}$\",\"maxLength\":9000}";
    assertThrows(GrammarException.class, () -> JsonSchemas.compile(pattern));
    String names = "x".repeat(70_000);
    StringBuilder many = new StringBuilder("{\"enum\":[0");
    for (int i = 0; i < 20; i++) {
      many.append(",\"").append(i).append(names).append('"');
    }
    assertThrows(GrammarException.class, () -> JsonSchemas.compile(many + "]}"));
  }
}
