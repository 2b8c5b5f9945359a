package dev.kawi.cli;

import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.ChatRequest.Thinking;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import dev.kawi.chat.ReasoningSplitter;
import dev.kawi.engine.ConversationEncoder;
import dev.kawi.engine.GenerationRequest;
import dev.kawi.engine.GenerationResult;
import dev.kawi.engine.Model;
import dev.kawi.sample.SamplingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A conversation with a model: what was said, and what the user may do beside talking.
final class ChatSession {
  /// What the files of conversations call thoughts, as Hugging Face's templates do.
  static final String REASONING = "reasoning_content";

  /// How answers are printed.
  enum Output {
    /// As they come.
    TEXT,
    /// Each as a line of JSON.
    JSON
  }

  private final Console console;
  private final Model model;
  private SamplingOptions sampling;
  private final AnswerOptions limits;
  private final List<Message> examples;
  private final List<Message> turns = new ArrayList<>();
  private final ConversationEncoder encoder;
  private final Output output;
  private final ThinkingOptions options;
  private Optional<Thinking> thinking;
  private Optional<String> system;

  ChatSession(
      Console console,
      Model model,
      SamplingOptions sampling,
      AnswerOptions limits,
      ThinkingOptions options,
      Output output,
      Optional<String> system,
      List<Message> examples) {
    this.console = console;
    this.model = model;
    this.sampling = sampling;
    this.limits = limits;
    this.options = options;
    this.thinking = options.thinking();
    this.output = output;
    this.system = system;
    this.examples = List.copyOf(examples);
    this.encoder = new ConversationEncoder(model);
  }

  /// Forgets what was said.
  void clear() {
    turns.clear();
  }

  /// Begins anew under another system prompt.
  void system(Optional<String> text) {
    system = text;
    turns.clear();
  }

  /// Whether the model is to think before it answers.
  void think(Thinking choice) {
    thinking = Optional.of(choice);
  }

  /// How tokens are chosen.
  SamplingOptions sampling() {
    return sampling;
  }

  /// Chooses tokens in another way from the next answer on.
  void sampling(SamplingOptions options) {
    sampling = options;
  }

  /// Takes back the last message of the user with what came after it; returns the message.
  String undo() {
    for (int i = turns.size() - 1; i >= 0; i--) {
      if (turns.get(i).role().equals("user")) {
        String text = turns.get(i).content();
        turns.subList(i, turns.size()).clear();
        return text;
      }
    }
    throw new CommandFailure("there is no message yet to take back");
  }

  /// Goes on with another conversation, whose first message may be a system prompt; returns how
  /// many messages it has.
  int load(List<Message> messages) {
    boolean begins = !messages.isEmpty() && messages.getFirst().role().equals("system");
    system = begins ? Optional.of(messages.getFirst().content()) : Optional.empty();
    turns.clear();
    turns.addAll(begins ? messages.subList(1, messages.size()) : messages);
    return messages.size();
  }

  /// Sends a message and prints the answer as it comes. When it fails, the message is taken back.
  GenerationResult send(String text) {
    turns.add(Message.user(text));
    boolean answered = false;
    try {
      GenerationResult result = answer();
      answered = true;
      return result;
    } finally {
      if (!answered) {
        turns.removeLast();
      }
    }
  }

  private GenerationResult answer() {
    ChatRequest asked =
        new ChatRequest(
            messages(), List.of(), GenerationOptions.DEFAULT, options.templateVariables());
    int[] prompt = encoder.encode(thinking.map(asked::with).orElse(asked));
    int[] fitting = limits.fit(prompt, model.contextLength(), console);
    GenerationRequest request =
        withStopsOfFamily(limits.apply(GenerationRequest.of(fitting).with(sampling)));
    AnswerPrinter printer = new AnswerPrinter(console);
    ReasoningSplitter splitter =
        encoder.splitter(event -> {
          if (isShown(event)) {
            printer.accept(event);
          }
        });
    GenerationResult result;
    try {
      result = model.generate(request, splitter);
    } finally {
      printer.endThoughts();
    }
    switch (output) {
      case TEXT -> printer.end();
      case JSON -> printJson(result, splitter);
    }
    encoder.answered(fitting, result);
    limits.report(result, console);
    turns.add(new Message.Assistant(splitter.text(), splitter.reasoning(), List.of()));
    return result;
  }

  private boolean isShown(ChatEvent event) {
    return output == Output.TEXT && !(event instanceof ChatEvent.Reasoning && options.hidden());
  }

  private void printJson(GenerationResult result, ReasoningSplitter answer) {
    Map<String, Object> fields = AnswerJson.fields(model, result);
    fields.put("text", answer.text());
    if (!options.hidden()) {
      fields.put("reasoning", answer.reasoning());
    }
    Json.printLine(console, fields);
  }

  /// All that the model is told: system prompt, examples, and the turns so far.
  List<Message> messages() {
    List<Message> all = new ArrayList<>();
    system.map(Message::system).ifPresent(all::add);
    all.addAll(examples);
    all.addAll(turns);
    return all;
  }

  /// Writes the conversation to a file.
  void save(Path file, NewFile.Existing existing) throws IOException {
    List<Map<String, String>> all = messages().stream().map(ChatSession::asJson).toList();
    NewFile.write(file, Json.indented(all) + "\n", existing);
    console.say("saved %d messages to %s".formatted(all.size(), file));
  }

  private static Map<String, String> asJson(Message message) {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("role", message.role());
    map.put("content", message.content());
    if (message instanceof Message.Assistant answer && !answer.reasoning().isEmpty()) {
      map.put(REASONING, answer.reasoning());
    }
    return map;
  }

  /// Families whose turns are marked by plain words end their answers by texts.
  private GenerationRequest withStopsOfFamily(GenerationRequest request) {
    List<String> all = new ArrayList<>(request.stop());
    model.fallbackTemplate().ifPresent(family -> all.addAll(family.stop()));
    return request.withStop(all);
  }
}
