package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.TemplateException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Hostile templates end with an error that says what was too much.
class TemplateLimitsTest {
  private static final Map<String, Object> VARIABLES =
      Map.of("s", "aaaaaaaaab".repeat(20_000), "l", List.of(1, 2, 3));

  private static TemplateException fail(String template) {
    return assertTimeoutPreemptively(
        Duration.ofMinutes(10),
        () ->
            assertThrows(
                TemplateException.class, () -> ChatTemplate.parse(template).render(VARIABLES)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ 'x' * 10**9 }}",
        "{{ 'x' * 10**30 }}",
        "{{ [1] * 10**9 }}",
        "{{ range(10**9)|list }}",
        "{{ 10 ** 10000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%.1000000000f' % 1.0 }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'a'.center(10**9) }}",
        "{{ 'a'|center(10**9) }}",
        "{{ 'a\\tb'.expandtabs(10**9) }}",
        "{{ l|tojson(indent=10**9) }}",
        "{{ 'a\\nb'|indent(10**9) }}",
        "{{ l|batch(10**9, 'x')|list }}",
        "{{ l|slice(10**9)|list }}",
        "{{ s.replace('', s) }}",
        "{{ s|replace('a', s) }}",
        "{{ s.join(s|list) }}",
        "{{ (s * 80)|list }}",
        "{{ (s * 80).split('a') }}",
        "{{ ('a ' * 8000000).split() }}",
        "{{ ('a\\n' * 8000000).splitlines() }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{{ s }}{% endfor %}",
        "{% for a in range(99999) %}{% if s in s %}{% endif %}{% endfor %}",
        "{% for a in range(99999) %}{{ s[1:][:0] }}{% endfor %}",
        "{% for a in range(99999) %}{{ (s == s ~ '')|int }}{% endfor %}",
        "{% set n = namespace(x='a') %}{% for a in range(99999) %}{% set n.x = n.x ~ n.x %}{%"
            + " endfor %}",
        "{% set n = namespace(x=[1]) %}{% for a in range(99999) %}{% set n.x = n.x + n.x %}{%"
            + " endfor %}",
        "{% set n = namespace(x=[1]) %}{% for a in range(64) %}{% set n.x = [n.x, n.x] %}{% endfor"
            + " %}{{ n.x }}",
        "{% set n = namespace(x=[1]) %}{% for a in range(64) %}{% set n.x = [n.x, n.x] %}{% endfor"
            + " %}{{ n.x == n.x|list }}",
        "{% set n = namespace(x=[1]) %}{% for a in range(9999) %}{% set n.x = [n.x] %}{% endfor"
            + " %}{{ n.x|tojson }}",
        "{% set n = namespace(x=l) %}{% for a in range(99999) %}{% set n.x = n.x|map('abs') %}{%"
            + " endfor %}{{ n.x|list }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for x in l recursive %}{{ loop(l) }}{% endfor %}",
        "{% set n = namespace() %}{% set n.x = n %}{{ n }}"
      })
  void hostileTemplates_hitALimit(String template) {
    assertEquals(Kind.LIMIT, fail(template).kind(), template);
  }

  @Test
  void deepNesting_isRefused() {
    for (String deep :
        List.of(
            "{{ " + "(".repeat(5000),
            "{{ " + "[".repeat(100_000),
            "{{ " + "not ".repeat(100_000) + "1 }}",
            "{{ " + "-".repeat(100_000) + "1 }}",
            "{% if 1 %}".repeat(100_000),
            "{{ 1" + "+1".repeat(100_000) + " }}",
            "{{ s" + "|trim".repeat(100_000) + " }}",
            "{{ s" + ".a".repeat(100_000) + " }}")) {
      assertEquals(Kind.SYNTAX, fail(deep).kind());
    }
  }

  @Test
  void longConversation_isWithinTheLimits() {
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      messages.add(Message.user("word ".repeat(400)));
      messages.add(Message.assistant("word ".repeat(400)));
    }
    Rendered rendered = ChatTemplate.chatml().render(messages, List.of(), RenderOptions.of("", ""));
    assertTrue(rendered.text().length() > 4_000_000);
  }

  @Test
  void errors_nameTheLine() {
    TemplateException e = fail("a\nb\n{{ l.x.y }}\n");
    assertEquals(3, e.line().orElseThrow());
    assertEquals("chat template, line 3: 'list object' has no attribute 'x'", e.getMessage());
    assertEquals(2, fail("\n{% if %}").line().orElseThrow());
    assertEquals(5, fail("{#\n\n#}\n\n{{ 1 +\n 'a' }}").line().orElseThrow());
  }

  @Test
  void refusal_carriesTheTemplatesOwnWords() {
    TemplateException e = fail("{{ raise_exception('Roles must ' ~ 'alternate') }}");
    assertEquals(Kind.RAISED, e.kind());
    assertEquals("Roles must alternate", e.reason());
  }

  @Test
  void templates_changeNothingTheyAreGiven() {
    assertEquals(
        "access to attribute 'append' of 'list' object is unsafe: templates may not change it",
        fail("{{ l.append(4) }}").reason());
    assertEquals(Kind.EVALUATION, fail("{{ ''.__class__.__mro__ }}").kind());
    assertEquals(Kind.EVALUATION, fail("{{ l.getClass().forName('java.lang.Runtime') }}").kind());
  }

  /// Templates with characters and pieces exchanged, dropped and doubled give text or a
  /// [TemplateException], and nothing else.
  @Test
  void mutatedTemplates_giveTextOrATemplateException() throws java.io.IOException {
    var goldens = JinjaGoldenTest.goldens();
    var context = TemplateRunner.contexts(goldens.path("context").toString()).getFirst();
    List<String> seeds = new ArrayList<>();
    goldens.path("cases").forEach(golden -> seeds.add(golden.path("template").asString()));
    Random random = new Random(7);
    int rendered = 0;
    for (int i = 0; i < 10_000; i++) {
      String template =
          mutate(
              seeds.get(random.nextInt(seeds.size())),
              seeds.get(random.nextInt(seeds.size())),
              random);
      try {
        ChatTemplate.parse(template).render(context, JinjaGoldenTest.NOW);
        rendered++;
      } catch (TemplateException e) {
        assertTrue(!e.reason().isEmpty(), template);
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError(template, e);
      }
    }
    assertTrue(rendered > 1000 && rendered < 9000, rendered + " rendered");
  }

  private static String mutate(String template, String other, Random random) {
    StringBuilder out = new StringBuilder(template);
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(out.length() + 1);
      int end = Math.min(out.length(), at + random.nextInt(8));
      switch (random.nextInt(5)) {
        case 0 -> out.delete(at, end);
        case 1 -> out.insert(at, out.substring(at, end));
        case 2 -> out.insert(at, "{}%#-+|.()[]'\"\\,:~*/<=>! 09aé😀\n".charAt(random.nextInt(32)));
        case 3 -> {
          int from = random.nextInt(other.length() + 1);
          out.replace(
              at, end, other.substring(from, Math.min(other.length(), from + random.nextInt(20))));
        }
        default -> {
          if (end > at) {
            out.setCharAt(at, (char) random.nextInt(random.nextBoolean() ? 128 : 65_536));
          }
        }
      }
    }
    return out.toString();
  }
}
