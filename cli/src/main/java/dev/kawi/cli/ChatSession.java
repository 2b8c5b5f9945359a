package dev.kawi.cli;

import dev.kawi.chat.ChatEvent;
import dev.kawi.chat.ChatRequest;
import dev.kawi.chat.ChatRequest.Thinking;
import dev.kawi.chat.GenerationOptions;
import dev.kawi.chat.Message;
import dev.kawi.chat.Tool;
import dev.kawi.engine.ChatAnswer;
import dev.kawi.engine.Drafter;
import dev.kawi.engine.GenerationRequest;
import dev.kawi.engine.GenerationResult;
import dev.kawi.engine.Model;
import dev.kawi.grammar.Constraint;
import dev.kawi.nn.Adapter;
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
  private final List<Tool> tools;
  private final Output output;
  private final ThinkingOptions options;
  private final Adapter adapter;
  private Optional<Thinking> thinking;
  private Optional<String> system;
  private Constraint constraint = Constraint.none();
  private Drafter drafter = Drafter.NONE;

  ChatSession(
      Console console,
      Model model,
      SamplingOptions sampling,
      AnswerOptions limits,
      ThinkingOptions options,
      Adapter adapter,
      Output output,
      Optional<String> system,
      List<Message> examples,
      List<Tool> tools) {
    this.console = console;
    this.model = model;
    this.sampling = sampling;
    this.limits = limits;
    this.options = options;
    this.adapter = adapter;
    this.thinking = options.thinking();
    this.output = output;
    this.system = system;
    this.examples = List.copyOf(examples);
    this.tools = List.copyOf(tools);
  }

  /// Who proposes tokens from now on.
  void draftWith(Drafter other) {
    drafter = other;
  }

  /// What answers have to look like from now on. A model that can choose then does not think,
  /// unless it was told to: thoughts are no part of what is asked for.
  void answerWith(Constraint asked) {
    constraint = asked;
    if (!(asked instanceof Constraint.None) && thinking.isEmpty()) {
      thinking = Optional.of(Thinking.OFF);
    }
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
        new ChatRequest(messages(), tools, GenerationOptions.DEFAULT, options.templateVariables());
    AnswerPrinter printer = new AnswerPrinter(console);
    ChatAnswer answer;
    try {
      answer =
          model.converse(
              thinking.map(asked::with).orElse(asked),
              this::generation,
              event -> {
                if (isShown(event)) {
                  printer.accept(event);
                }
              });
    } finally {
      printer.endThoughts();
    }
    switch (output) {
      case TEXT -> printer.end();
      case JSON -> printJson(answer);
    }
    limits.report(answer.result(), console);
    if (answer.reply().isReasoningAlone()) {
      console.say("the model thought and gave no answer");
    }
    turns.add(answer.reply().message());
    return answer.result();
  }

  private GenerationRequest generation(int[] prompt) {
    int[] fitting = limits.fit(prompt, model.contextLength(), console);
    return limits
        .apply(GenerationRequest.of(fitting).with(sampling))
        .with(constraint)
        .with(drafter)
        .with(adapter);
  }

  private boolean isShown(ChatEvent event) {
    return output == Output.TEXT && !(event instanceof ChatEvent.Reasoning && options.hidden());
  }

  private void printJson(ChatAnswer answer) {
    Map<String, Object> fields = AnswerJson.fields(model, answer.result());
    fields.put("text", answer.reply().text());
    if (!options.hidden()) {
      fields.put("reasoning", answer.reply().reasoning());
    }
    if (!tools.isEmpty()) {
      fields.put("tool_calls", ToolJson.calls(answer.reply().message().toolCalls()));
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
    List<Map<String, Object>> all = messages().stream().map(ChatSession::asJson).toList();
    NewFile.write(file, Json.indented(all) + "\n", existing);
    console.say("saved %d messages to %s".formatted(all.size(), file));
  }

  private static Map<String, Object> asJson(Message message) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("role", message.role());
    map.put("content", message.content());
    if (message instanceof Message.Assistant answer && !answer.reasoning().isEmpty()) {
      map.put(REASONING, answer.reasoning());
    }
    if (message instanceof Message.Assistant answer && !answer.toolCalls().isEmpty()) {
      map.put("tool_calls", ToolJson.calls(answer.toolCalls()));
    }
    return map;
  }
}
