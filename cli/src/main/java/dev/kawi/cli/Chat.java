package dev.kawi.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.kawi.chat.FallbackTemplate;
import dev.kawi.chat.Message;
import dev.kawi.engine.Model;
import dev.kawi.grammar.Constraint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `kawi chat`: a conversation in the terminal, or with each line of a pipe as a message.
@Command(
    name = "chat",
    aliases = "run",
    mixinStandardHelpOptions = true,
    description = "Talk with a model, through its own chat template.",
    footer = {
      "",
      "Examples:",
      "  kawi chat model.gguf",
      "  kawi chat qwen3:0.6b \"What is a token?\"",
      "  kawi chat --model model.gguf --system \"Answer in one sentence.\" \"What is a token?\"",
      "  kawi chat --model qwen3.gguf --no-think \"What is 2 + 2?\"",
      "  kawi chat --model model.gguf --adapter my-lora/ \"Hello!\"",
      "  kawi chat --model qwen3.gguf --json \"Why is the sky blue?\"",
      "  kawi chat --model qwen3.gguf --tools weather.json --json \"Will it rain in Paris?\"",
      "  kawi chat --model qwen3.gguf --choice yes --choice no \"Is 91 a prime number?\"",
      "  kawi chat --model model.gguf --examples few-shot.json --temp 0 < questions.txt",
    })
final class Chat implements Callable<Integer> {
  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private final ModelOptions model;
  @Mixin private SamplingFlags sampling = new SamplingFlags();
  @Mixin private AnswerOptions answer = new AnswerOptions();
  @Mixin private StructureOptions structure = new StructureOptions();

  @Mixin private AdapterOptions adapters = new AdapterOptions();

  @Mixin private ThinkingOptions thinking = new ThinkingOptions();

  @Parameters(
      paramLabel = "[MODEL] [TEXT]",
      arity = "0..2",
      hideParamSyntax = true,
      description = "The model, where --model does not name it, and what to ask alone, and end.")
  private List<String> words = List.of();

  @Option(names = "--system", paramLabel = "TEXT", description = "The system prompt.")
  private Optional<String> system = Optional.empty();

  @Option(
      names = "--examples",
      paramLabel = "FILE.json",
      description =
          "Messages that come before the conversation, as few-shot examples: an array of"
              + " {\"role\": ..., \"content\": ...}, which /save writes too.")
  private Optional<Path> examples = Optional.empty();

  @Option(
      names = "--tools",
      paramLabel = "FILE.json",
      description =
          "Tools that the model may call, as OpenAI's API has them: an array of"
              + " {\"type\": \"function\", \"function\": {...}}. Calls are printed and not run.")
  private Optional<Path> tools = Optional.empty();

  @Option(
      names = "--json",
      description =
          "Print each answer as a line of JSON, its reasoning, text and tool calls apart.")
  private boolean json;

  Chat(Console console) {
    this.console = console;
    model = new ModelOptions(console);
  }

  @Override
  public Integer call() throws IOException {
    List<String> rest = model.take(words);
    if (rest.size() > 1) {
      throw new CommandFailure(
          "'%s' is neither a file nor a name of a model; kawi models lists them"
              .formatted(rest.getFirst()));
    }
    Optional<String> question = rest.stream().findFirst();
    if (!model.isGiven()) {
      Optional<String> first = new FirstModel(console, texts()).propose();
      if (first.isEmpty()) {
        return ExitCode.USAGE;
      }
      model.take(first.get());
    }
    Constraint constraint = structure.constraint();
    List<Message> shots = examples.isPresent() ? messages(examples.get()) : List.of();
    try (Model loaded = model.load();
        Drafting drafting = answer.drafting(model)) {
      Optional<FallbackTemplate> family = loaded.chatFormat().fallback();
      if (family.isPresent()) {
        console.say(
            "the model has no chat template of its own; its family's is used: "
                + family.get().name());
      } else if (loaded.chatFormat().templateSource().isEmpty()) {
        console.say(
            "warning: the model has no chat template, so it is likely a base model, which continues"
                + " text and was not trained to talk; kawi generate suits it better");
      }
      ChatSession session =
          new ChatSession(
              console,
              loaded,
              sampling.options(loaded.tokenizer()),
              answer,
              thinking,
              adapters.load(loaded),
              json ? ChatSession.Output.JSON : ChatSession.Output.TEXT,
              system,
              shots,
              tools.isPresent() ? ToolJson.tools(tools.get()) : List.of());
      session.answerWith(constraint);
      session.draftWith(drafting.drafter());
      if (question.isPresent()) {
        session.send(question.get());
      } else {
        converse(session, loaded.name());
      }
    }
    return ExitCode.OK;
  }

  private Texts texts() {
    return Texts.of(Objects.requireNonNull(spec));
  }

  private void converse(ChatSession session, String name) throws IOException {
    boolean isPerson = console.terminal().in() && console.terminal().out();
    if (isPerson) {
      console.say(texts().get("chat.talking", name));
    }
    ChatCommands commands = new ChatCommands(console, session, texts());
    try (ChatInput input = isPerson ? new TerminalInput(console) : new PipedInput(console)) {
      boolean goesOn = true;
      while (goesOn) {
        Optional<String> message = input.message();
        if (message.isEmpty()) {
          return;
        }
        String text = message.get();
        boolean slash = text.startsWith("/") && !text.contains("\n");
        if (slash || (isPerson && ChatCommands.isOne(text))) {
          AtomicBoolean stays = new AtomicBoolean(true);
          input.answering(() -> stays.set(commands.obey(text)));
          goesOn = stays.get();
        } else if (!text.isBlank()) {
          input.answering(() -> send(session, text, isPerson));
        }
      }
    }
  }

  /// A person hears why an answer failed and may go on; a script ends.
  private void send(ChatSession session, String text, boolean isPerson) {
    try {
      session.send(text);
    } catch (IllegalArgumentException e) {
      if (!isPerson) {
        throw e;
      }
      console.say(String.valueOf(e.getMessage()));
    }
  }

  private record Shot(
      String role,
      String content,
      @JsonProperty(ChatSession.REASONING) @Nullable String reasoning) {
    Message.Assistant answer() {
      return new Message.Assistant(content, Objects.requireNonNullElse(reasoning, ""), List.of());
    }
  }

  static List<Message> messages(Path file) throws IOException {
    String expected = "an array of {\"role\": ..., \"content\": ...}";
    List<Message> messages = new ArrayList<>();
    for (Shot shot : Json.read(file, Shot[].class, expected)) {
      if (shot == null || shot.role() == null || shot.content() == null) {
        throw new CommandFailure(file + " must hold " + expected);
      }
      messages.add(
          switch (shot.role()) {
            case "system" -> Message.system(shot.content());
            case "user" -> Message.user(shot.content());
            case "assistant" -> shot.answer();
            default -> new Message.Other(shot.role(), shot.content());
          });
    }
    return messages;
  }
}
