package dev.kawi.cli;

import dev.kawi.explain.Language;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// What teaches speaks the reader's language: texts by key, from one file for each language. Errors
/// and JSON stay English.
final class Texts {
  private static final String OPTION = "--lang";

  private final Map<String, String> texts;

  private Texts(Map<String, String> texts) {
    this.texts = texts;
  }

  /// The texts of a language.
  static Texts of(Language language) {
    String file = "texts/" + language.tag() + ".json";
    try (InputStream in = Texts.class.getResourceAsStream(file)) {
      return new Texts(
          JsonMapper.shared()
              .readValue(
                  Objects.requireNonNull(in, () -> "Bug: " + file + " is missing"),
                  new TypeReference<Map<String, String>>() {}));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The texts for the reader of a command.
  static Texts of(CommandSpec command) {
    return of(((Kawi) command.root().userObject()).language());
  }

  /// The text of this key, with its arguments.
  String get(String key, Object... arguments) {
    String text =
        Objects.requireNonNull(texts.get(key), () -> "Bug: there is no text named " + key);
    return arguments.length == 0 ? text : String.format(Locale.ROOT, text, arguments);
  }

  /// The keys.
  List<String> keys() {
    return texts.keySet().stream().sorted().toList();
  }

  /// The language that a command line asks for, or else the environment: it is needed for the help
  /// before the options are read.
  static Language language(UnaryOperator<@Nullable String> environment, String... args) {
    List<String> all = Arrays.asList(args);
    int at = all.indexOf(OPTION);
    Stream<String> asked =
        at >= 0 && at + 1 < all.size()
            ? Stream.of(all.get(at + 1))
            : all.stream()
                .filter(arg -> arg.startsWith(OPTION + "="))
                .map(arg -> arg.substring(OPTION.length() + 1));
    return Stream.concat(
            asked,
            Stream.of("LC_ALL", "LC_MESSAGES", "LANG")
                .map(environment)
                .filter(value -> value != null && !value.isBlank())
                .map(String::valueOf))
        .findFirst()
        .map(tag -> Language.of(Locale.forLanguageTag(tag.replaceFirst("[_.@].*", ""))))
        .orElse(Language.ENGLISH);
  }

  /// Gives the commands, and those below them, their summaries in this language.
  void translate(CommandLine kawi) {
    describe(kawi, "kawi");
    kawi.getSubcommands().values().forEach(command -> translate(command, command.getCommandName()));
  }

  private void translate(CommandLine command, String name) {
    describe(command, name);
    command
        .getSubcommands()
        .values()
        .forEach(below -> translate(below, name + "." + below.getCommandName()));
  }

  private void describe(CommandLine command, String name) {
    command.getCommandSpec().usageMessage().description(get("summary." + name));
  }
}
