package dev.kawi.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.chat.Rendered.Range;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

class ReasoningSplitterTest {
  private static final Pattern CONTROL = Pattern.compile("<\\|[A-Za-z_]+\\|?>|<[a-z]+\\|>");

  /// What a model wrote, and what of it is thought and what is said.
  record Sample(String family, String output, String reasoning, String text) {
    @Override
    public String toString() {
      return family + ": " + output;
    }
  }

  static final List<Sample> SAMPLES =
      List.of(
          new Sample("think", "<think>\nTwo and two.\n</think>\n\nFour.", "Two and two.", "Four."),
          new Sample("think", "\n<think>a < b</thin</think>c<", "a < b</thin", "c<"),
          new Sample("think", "<think>\n\n</think>\n\nAt once.", "", "At once."),
          new Sample(
              "think",
              "No thoughts, \n only <b>text</b>.\n",
              "",
              "No thoughts, \n only <b>text</b>.\n"),
          new Sample("think", "  led by space", "", "  led by space"),
          new Sample("think", "Say <think>x</think>!", "", "Say <think>x</think>!"),
          new Sample("think", "<think>cut off, \n", "cut off, \n", ""),
          new Sample("think", "<think>cut off </th", "cut off </th", ""),
          new Sample("think", "<thi", "", "<thi"),
          new Sample("think", "<think>a</think>b<think>c</think>d", "a", "b<think>c</think>d"),
          new Sample("think", "◁think▷思考。◁/think▷答案。😀", "思考。", "答案。😀"),
          new Sample(
              "harmony",
              "<|channel|>analysis<|message|>Greet.<|end|><|start|>assistant<|channel|>final<|message|>Hi"
                  + " <|there.\n",
              "Greet.",
              "Hi <|there.\n"),
          new Sample(
              "harmony",
              "<|channel|>analysis<|message|>One,"
                  + " <|end|><|start|>assistant<|channel|>commentary<|message|>Wait."
                  + " <|end|><|start|>assistant<|channel|>analysis<|message|>two.<|end|><|start|>assistant<|channel|>final<|message|>Done.",
              "One,two.",
              "Wait.Done."),
          new Sample("harmony", "<|channel|>final <|constrain|>json<|message|>{}", "", "{}"),
          new Sample(
              "harmony",
              "<|channel|>analysis<|message|>No end<|channel|>final<|message|>Yes",
              "No end",
              "Yes"),
          new Sample("gemma4", "<|channel>thought\nWhy?\n<channel|>So.", "Why?", "So."),
          new Sample(
              "solar-open", "<|think|>Hm.<|end|><|begin|>assistant<|content|>Yes.", "Hm.", "Yes."),
          new Sample(
              "command",
              "<|START_THINKING|>Plan.<|END_THINKING|><|START_RESPONSE|>Answer.<|END_RESPONSE|>",
              "Plan.",
              "Answer."),
          new Sample(
              "command",
              "<|START_RESPONSE|>Plain\n answer.<|END_RESPONSE|>",
              "",
              "Plain\n answer."),
          new Sample("magistral", "[THINK]Bien.[/THINK]Oui [THINK].", "Bien.", "Oui [THINK]."),
          new Sample("seed-oss", "<seed:think>Budget.</seed:think>\nOk.", "Budget.", "Ok."),
          new Sample("apertus", "<|inner_prefix|>in<|inner_suffix|>out", "in", "out"),
          new Sample("longcat", "<longcat_think>\nm\n</longcat_think>\nw", "m", "w"),
          new Sample("granite-3.3", "<think>t</think><response>r</response>", "t", "r"),
          new Sample("granite-3.3", "<response>r < s</respon", "", "r < s</respon"),
          new Sample(
              "granite-3.2",
              "Here is my thought process:\nHere is mine.\nHere is my response:\nDone: it is.",
              "Here is mine.",
              "Done: it is."),
          new Sample("granite-3.2", "Here's my thought process: a Here's my response: b", "a", "b"),
          new Sample("granite-3.2", "Here is my answer.", "", "Here is my answer."),
          new Sample("hunyuan", "<think>\nt\n</think>\n<answer>\na\n</answer>\n", "t", "a"),
          new Sample(
              "hunyuan", "<think>\n\n</think>\n<answer>\na <b>\n\nc\n</answer>", "", "a <b>\n\nc"),
          new Sample("apriel", "<thinking>t</thinking>a", "t", "a"),
          new Sample("pangu", "[unused16]t[unused17]a", "t", "a"));

  private static final class Answer {
    final List<ChatEvent> events = new ArrayList<>();
    final ReasoningSplitter splitter;

    Answer(String family, Rendered prompt) {
      splitter = new ReasoningSplitter(tags(family), prompt, events::add);
    }

    Answer(String family) {
      this(family, prompt("assistant:"));
    }

    Answer take(String... pieces) {
      for (String piece : pieces) {
        splitter.accept(piece);
      }
      return this;
    }

    String reasoning() {
      return events.stream()
          .map(event -> event instanceof ChatEvent.Reasoning(String text) ? text : "")
          .collect(Collectors.joining());
    }

    String text() {
      return events.stream()
          .map(event -> event instanceof ChatEvent.Text(String text) ? text : "")
          .collect(Collectors.joining());
    }

    void assertIs(String reasoning, String text, String why) {
      splitter.finish();
      assertEquals(reasoning, reasoning(), () -> "thoughts of " + why);
      assertEquals(text, text(), () -> "text of " + why);
      assertEquals(reasoning, splitter.reasoning());
      assertEquals(text, splitter.text());
    }
  }

  private static ReasoningTags tags(String family) {
    return ReasoningTags.all().stream()
        .filter(tags -> tags.name().equals(family))
        .findFirst()
        .orElseThrow();
  }

  private static Rendered prompt(String text, Range... content) {
    return new Rendered(text, List.of(content), List.of());
  }

  static Stream<ReasoningTags> families() {
    return ReasoningTags.all().stream();
  }

  @ParameterizedTest
  @FieldSource("SAMPLES")
  void everyTwoCuts_giveTheSame(Sample sample) {
    String output = sample.output();
    for (int i = 0; i <= output.length(); i++) {
      for (int j = i; j <= output.length(); j++) {
        new Answer(sample.family())
            .take(output.substring(0, i), output.substring(i, j), output.substring(j))
            .assertIs(sample.reasoning(), sample.text(), "cuts at " + i + " and " + j);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("SAMPLES")
  void singleCharacters_giveTheSame(Sample sample) {
    new Answer(sample.family())
        .take(sample.output().split(""))
        .assertIs(sample.reasoning(), sample.text(), "single characters");
  }

  @ParameterizedTest
  @FieldSource("SAMPLES")
  void markersThatAreControlTokens_giveTheSame(Sample sample) {
    Answer answer = new Answer(sample.family());
    Matcher control = CONTROL.matcher(sample.output());
    int at = 0;
    while (control.find()) {
      answer.take(sample.output().substring(at, control.start()));
      answer.splitter.acceptControl(control.group());
      at = control.end();
    }
    answer.take(sample.output().substring(at));
    answer.assertIs(sample.reasoning(), sample.text(), "control tokens");
  }

  @Test
  void everyFamily_hasASample() {
    assertEquals(
        ReasoningTags.all().stream().map(ReasoningTags::name).collect(Collectors.toSet()),
        SAMPLES.stream().map(Sample::family).collect(Collectors.toSet()));
  }

  @ParameterizedTest
  @MethodSource("families")
  void beginningsOfMarkers_areTextWhenTheAnswerEnds(ReasoningTags tags) {
    for (String marker : tags.begin()) {
      for (int length = 1; length < marker.length(); length++) {
        String piece = marker.substring(0, length);
        new Answer(tags.name()).take(piece).assertIs("", piece, piece);
        new Answer(tags.name()).take("x" + piece).assertIs("", "x" + piece, "x" + piece);
      }
    }
    for (String end : tags.end()) {
      String piece = "y" + end.substring(0, end.length() - 1);
      new Answer(tags.name()).take(tags.begin().getFirst() + piece).assertIs(piece, "", piece);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void randomTexts_doNotDependOnThePieces(ReasoningTags tags) {
    List<String> parts =
        Stream.of(
                tags.begin(),
                tags.end(),
                tags.answerBegin(),
                tags.answerEnd(),
                tags.between(),
                List.of("<", "|", "</", " ", "\n", "a", "é", "Here", "[", "/", ">"))
            .flatMap(List::stream)
            .toList();
    Random random = new Random(7);
    for (int round = 0; round < 2000; round++) {
      StringBuilder output = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--) {
        String part = parts.get(random.nextInt(parts.size()));
        output.append(part, 0, random.nextInt(4) == 0 ? part.length() / 2 : part.length());
      }
      Answer whole = new Answer(tags.name()).take(output.toString());
      whole.splitter.finish();
      Answer pieces = new Answer(tags.name());
      for (int at = 0, end; at < output.length(); at = end) {
        end = Math.min(output.length(), at + 1 + random.nextInt(5));
        pieces.take(output.substring(at, end));
      }
      pieces.assertIs(whole.reasoning(), whole.text(), output.toString());
    }
  }

  @Test
  void onlyWhatMayBeAMarker_isHeldBack() {
    Answer answer = new Answer("think").take("<think>one <");
    assertEquals("one", answer.reasoning());
    assertEquals("one <b", answer.take("b").reasoning());
    answer.take("</think>two <");
    assertEquals("two <", answer.text(), "no marker counts in the answer");
  }

  @ParameterizedTest
  @CsvSource({
    "think, '<｜Assistant｜><think>\n'",
    "think, '<|im_start|>assistant\n<think>\n\n'",
    "command, '<|CHATBOT_TOKEN|><|START_THINKING|>'",
    "seed-oss, '<seed:bos>assistant\n<seed:think><seed:cot_budget_reflect>'",
    "harmony, '<|start|>assistant<|channel|>analysis<|message|>'",
    "gemma4, '<|turn>model\n<|channel>thought\n'",
  })
  void promptThatOpensTheThought_beginsWithIt(String family, String end) {
    String close = tags(family).end().getFirst();
    new Answer(family, prompt("Hello" + end, new Range(0, 5)))
        .take("\nfirst\n" + close + "\nthen")
        .assertIs("first", "then", end);
  }

  @Test
  void thoughtThatIsOpenedTwice_isOpenedOnce() {
    new Answer("think", prompt("assistant\n<think>\n"))
        .take("<think>\nfirst <think></think>then")
        .assertIs("first <think>", "then", "a thought opened by prompt and model");
  }

  @Test
  void promptThatEndsTheThought_beginsWithTheAnswer() {
    String prompt = "<|im_start|>assistant\n<think>\n\n</think>\n\n";
    new Answer("think", prompt(prompt)).take("now <think>").assertIs("", "now <think>", prompt);
    new Answer("hunyuan", prompt(prompt)).take("<answer>\nnow").assertIs("", "now", prompt);
  }

  @Test
  void markerInTheTextOfAUser_opensNothing() {
    for (String after : List.of("", "\n", "<|im_end|>\n")) {
      String said = "What does this do: <think>";
      new Answer("think", prompt(said + after, new Range(0, said.length())))
          .take("It thinks.")
          .assertIs("", "It thinks.", after);
    }
  }

  @Test
  void controlTokensThatAreNoMarkers_areNoText() {
    Answer answer = new Answer("harmony").take("a");
    answer.splitter.acceptControl("<|endofprompt|>");
    answer.take("b<|");
    answer.splitter.acceptControl("<|channel|>");
    answer.take("commentary to=functions.f");
    answer.assertIs("", "ab<|commentary to=functions.f", "control tokens");
  }

  @Test
  void markerThatIsAControlToken_isTextWhenItIsSpelledOut() {
    ReasoningTags tags = tags("harmony");
    ReasoningSplitter splitter =
        new ReasoningSplitter(
            new ReasoningTags(
                tags.name(),
                tags.begin(),
                tags.end(),
                tags.answerBegin(),
                tags.answerEnd(),
                tags.between(),
                tags.rounds(),
                List.of("<|channel|>", "<|message|>", "<|end|>", "<|start|>")),
            prompt("<|start|>assistant"),
            event -> {});
    splitter.acceptControl("<|channel|>");
    splitter.accept("analysis");
    splitter.acceptControl("<|message|>");
    splitter.accept("Not yet: <|end|>");
    splitter.acceptControl("<|end|>");
    splitter.acceptControl("<|start|>");
    splitter.accept("assistant");
    splitter.acceptControl("<|channel|>");
    splitter.accept("final");
    splitter.acceptControl("<|message|>");
    splitter.accept("Write <|channel|>analysis<|message|>.");
    splitter.finish();
    assertEquals("Not yet: <|end|>", splitter.reasoning());
    assertEquals("Write <|channel|>analysis<|message|>.", splitter.text());
  }

  @Test
  void markerCutOffBehindItsControlToken_isNoText() {
    Answer answer = new Answer("harmony");
    answer.splitter.acceptControl("<|channel|>");
    answer.take("analy").assertIs("", "", "a marker that was cut off");
  }

  @Test
  void longOutputOfBeginnings_takesLinearTime() {
    String output = "<think>" + "</thin ".repeat(1_000_000);
    Answer answer = new Answer("think");
    assertTimeout(Duration.ofMinutes(10), () -> answer.take(output));
    answer.splitter.finish();
    assertTrue(answer.reasoning().endsWith("</thin </thin "));
  }
}
