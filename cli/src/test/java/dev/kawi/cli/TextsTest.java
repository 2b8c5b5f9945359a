package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.explain.Language;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class TextsTest {
  private static final Texts ENGLISH = Texts.of(Language.ENGLISH);
  private static final Texts CHINESE = Texts.of(Language.CHINESE);
  private static final Pattern ARGUMENT = Pattern.compile("%[-.0-9]*[a-z]");

  @Test
  void everyLanguage_hasEveryText_withTheSameArguments() {
    assertEquals(ENGLISH.keys(), CHINESE.keys());
    for (String key : ENGLISH.keys()) {
      assertEquals(arguments(ENGLISH.get(key)), arguments(CHINESE.get(key)), key);
      assertTrue(
          key.equals("info.java") || !ENGLISH.get(key).equals(CHINESE.get(key)),
          key + " is not translated");
    }
  }

  private static String arguments(String text) {
    return ARGUMENT.matcher(text).results().map(MatchResult::group).toList().toString();
  }

  @Test
  void everyCommand_hasASummary() {
    everyCommandBelow_hasASummary(Kawi.withAllCommands(Console.ofProcess()), "summary.");
  }

  private static void everyCommandBelow_hasASummary(CommandLine command, String key) {
    command
        .getSubcommands()
        .values()
        .forEach(below -> {
          String name = key + below.getCommandName();
          assertTrue(ENGLISH.keys().contains(name), name);
          everyCommandBelow_hasASummary(below, name + ".");
        });
  }

  @ParameterizedTest
  @CsvSource({
    ", , , ENGLISH",
    "zh_CN.UTF-8, , , CHINESE",
    ", , zh_TW, CHINESE",
    "C.UTF-8, , zh_CN.UTF-8, ENGLISH",
    "en_GB.UTF-8, , , ENGLISH",
    "zh_CN.GBK, --lang, en, ENGLISH",
    "C, --lang=zh, , CHINESE",
  })
  void language_isThatOfTheOptionOrTheLocale(
      String locale, String option, String value, Language expected) {
    String[] args =
        option == null
            ? new String[] {}
            : value == null ? new String[] {option} : new String[] {option, value};
    Map<String, String> environment =
        locale != null
            ? Map.of("LC_ALL", locale, "LANG", value == null ? "C" : value)
            : value != null ? Map.of("LANG", value) : Map.of();
    assertEquals(expected, Texts.language(environment::get, args));
  }

  @Test
  void whatTeaches_speaksChinese_andScriptsAndErrorsEnglish() {
    String help = CommandLineRun.of("--lang", "zh", "--help").out();
    assertTrue(help.contains("用模型自带的模板与它对话"), help);
    assertTrue(CommandLineRun.of("info", "--lang=zh").out().contains("处理器"));
    assertFalse(CommandLineRun.of("info", "--lang=zh", "--json").out().contains("处理器"));
    CommandLineRun run = CommandLineRun.of("recommend", "--lang", "zh", "--memory", "4GB");
    assertTrue(run.out().contains("词元/秒") && run.out().contains("未核对"), run.out());
    assertTrue(
        CommandLineRun.of("models", "--kind", "poet", "--lang", "zh").err().contains("no kind"));
    CommandLineRun wrong = CommandLineRun.of("info", "--lang", "fr");
    assertEquals(2, wrong.exitCode());
    assertTrue(wrong.err().contains("expected en or zh"), wrong.err());
  }
}
