package dev.kawi.cli;

import dev.kawi.chat.ChatRequest.Thinking;
import dev.kawi.sample.SamplingOptions;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import java.util.function.Function;

/// What the user may do in a chat beside talking: lines that begin with a slash. What such a line
/// cannot do is said, and the chat goes on.
final class ChatCommands {
  static final List<String> ALL =
      List.of(
          "/help",
          "/set",
          "/regenerate",
          "/undo",
          "/clear",
          "/system",
          "/think",
          "/save",
          "/load",
          "/bye",
          "/exit");

  /// What a person types who wants to leave and knows no commands.
  private static final List<String> LEAVING = List.of("exit", "quit", "bye");

  private static final String FORCE = "--force";

  private final Console console;
  private final ChatSession session;
  private final Texts texts;

  ChatCommands(Console console, ChatSession session, Texts texts) {
    this.console = console;
    this.session = session;
    this.texts = texts;
  }

  /// Whether a line of a person is a command and not a message.
  static boolean isOne(String line) {
    return (line.startsWith("/") && !line.contains("\n"))
        || LEAVING.contains(line.strip().toLowerCase(Locale.ROOT));
  }

  /// Takes a command such as `/clear`; false when the user wants to leave.
  boolean obey(String line) {
    String[] words = line.strip().split("\\s+", 2);
    String argument = words.length > 1 ? words[1].strip() : "";
    String command = words[0].toLowerCase(Locale.ROOT);
    if (List.of("/exit", "/quit", "/bye").contains(command) || LEAVING.contains(command)) {
      return false;
    }
    try {
      run(command, argument);
    } catch (IOException | IllegalArgumentException | CommandFailure e) {
      console.say(Failures.describe(e));
    }
    console.flush();
    return true;
  }

  private void run(String command, String argument) throws IOException {
    switch (command) {
      case "/help", "/?" -> texts.get("chat.help").lines().forEach(console.err()::println);
      case "/clear" -> session.clear();
      case "/system" -> session.system(Optional.of(argument).filter(text -> !text.isBlank()));
      case "/think" -> think(argument);
      case "/set" -> set(argument);
      case "/undo" -> session.undo();
      case "/regenerate" -> regenerate();
      case "/save" -> save(argument);
      case "/load" -> load(argument);
      default -> {
        String hint = Nearest.to(command, ALL).map(n -> "; did you mean " + n + "?").orElse("");
        console.say("unknown command " + command + hint + " (/help lists all)");
      }
    }
  }

  private void think(String argument) {
    switch (argument) {
      case "on" -> session.think(Thinking.ON);
      case "off" -> session.think(Thinking.OFF);
      default -> console.say("/think needs on or off, found \"" + argument + "\"");
    }
  }

  /// Another answer needs another seed.
  private void regenerate() {
    String asked = session.undo();
    long seed = ThreadLocalRandom.current().nextLong(Integer.MAX_VALUE);
    session.sampling(session.sampling().toBuilder().seed(seed).build());
    session.send(asked);
  }

  private void save(String argument) throws IOException {
    boolean force = argument.startsWith(FORCE);
    String name = force ? argument.substring(FORCE.length()).strip() : argument;
    if (name.isBlank()) {
      console.say("/save needs the name of a file");
      return;
    }
    session.save(path(name), force ? NewFile.Existing.OVERWRITE : NewFile.Existing.KEEP);
  }

  private void load(String name) throws IOException {
    if (name.isBlank()) {
      console.say("/load needs the name of a file");
      return;
    }
    int count = session.load(Chat.messages(path(name)));
    console.say("loaded %d messages from %s".formatted(count, name));
  }

  private static Path path(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new CommandFailure("'%s' is no name of a file".formatted(name), e);
    }
  }

  // ---- /set ----

  /// An option of sampling by its name on the command line.
  private record Setting(
      Function<SamplingOptions, Object> get,
      BiFunction<SamplingOptions.Builder, String, SamplingOptions.Builder> set) {}

  private static final Map<String, Setting> SETTINGS = new LinkedHashMap<>();

  static {
    real("temp", SamplingOptions::temperature, SamplingOptions.Builder::temperature);
    whole("top-k", SamplingOptions::topK, SamplingOptions.Builder::topK);
    real("top-p", SamplingOptions::topP, SamplingOptions.Builder::topP);
    real("min-p", SamplingOptions::minP, SamplingOptions.Builder::minP);
    real("repeat-penalty", SamplingOptions::repeatPenalty, SamplingOptions.Builder::repeatPenalty);
    whole("repeat-last-n", SamplingOptions::penaltyLastN, SamplingOptions.Builder::penaltyLastN);
    real(
        "presence-penalty",
        SamplingOptions::presencePenalty,
        SamplingOptions.Builder::presencePenalty);
    real(
        "frequency-penalty",
        SamplingOptions::frequencyPenalty,
        SamplingOptions.Builder::frequencyPenalty);
    SETTINGS.put(
        "seed",
        new Setting(
            options -> options.seed().getAsLong(),
            (builder, text) -> builder.seed(Long.parseLong(text))));
  }

  private static void real(
      String name,
      Function<SamplingOptions, Object> get,
      BiFunction<SamplingOptions.Builder, Double, SamplingOptions.Builder> set) {
    SETTINGS.put(
        name, new Setting(get, (builder, text) -> set.apply(builder, Double.valueOf(text))));
  }

  private static void whole(
      String name,
      Function<SamplingOptions, Object> get,
      BiFunction<SamplingOptions.Builder, Integer, SamplingOptions.Builder> set) {
    SETTINGS.put(
        name, new Setting(get, (builder, text) -> set.apply(builder, Integer.valueOf(text))));
  }

  private void set(String argument) {
    SamplingOptions now = session.sampling();
    if (argument.isEmpty()) {
      SETTINGS.forEach((name, setting) ->
          console.err().println("%-18s %s".formatted(name, setting.get().apply(now))));
      return;
    }
    String[] words = argument.replaceFirst("^parameter\\s+", "").split("[\\s=]+", -1);
    String name = words[0].toLowerCase(Locale.ROOT).replace('_', '-');
    Setting setting = SETTINGS.get(name.equals("temperature") ? "temp" : name);
    if (setting == null || words.length != 2) {
      throw new CommandFailure(
          "/set needs a name and a value, found \"%s\"; names are %s"
              .formatted(argument, String.join(", ", SETTINGS.keySet())));
    }
    try {
      session.sampling(setting.set().apply(now.toBuilder(), words[1]).build());
    } catch (NumberFormatException e) {
      throw new CommandFailure("/set %s needs a number, found %s".formatted(name, words[1]), e);
    }
  }
}
