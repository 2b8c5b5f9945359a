package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The pre-tokenizers of byte-level BPE, by what `tokenizer.ggml.pre` calls them: how text is cut
/// into words, and the rules that a model of that name has unless its file says otherwise. The
/// names and what each stands for are those of llama.cpp.
enum PreTokenizer {
  /// What llama.cpp uses when a file names none.
  DEFAULT(
      Set.of(Rule.CLEAN_SPACES),
      Splitter.sequence(
          List.of(
              Splitter.runs(CharSet.PUNCTUATION.or(CharSet.anyOf("$+<=>^~|"))),
              new Gpt2Splitter(),
              Splitter.runs(CharSet.NUMBERS),
              Splitter.triples(CharSet.ASCII_DIGITS))),
      "default"),
  LLAMA3(
      Set.of(Rule.IGNORE_MERGES, Rule.ADD_BOS, Rule.CLEAN_SPACES),
      cl100k(3),
      "llama3",
      "llama-v3",
      "llama-bpe",
      "falcon3",
      "falcon-h1",
      "pixtral",
      "midm-2.0",
      "lfm2",
      "jina-v5-nano"),
  /// Llama 3's words, and nothing else of it.
  CL100K(Set.of(Rule.CLEAN_SPACES), cl100k(3), "dbrx", "smaug-bpe"),
  GLM4(Set.of(Rule.CLEAN_SPACES, Rule.NO_DEFAULT_BOS), cl100k(3), "chatglm-bpe", "glm4"),
  QWEN2(
      Set.of(),
      cl100k(1),
      "qwen2",
      "deepseek-r1-qwen",
      "kormo",
      "f2llmv2",
      "hunyuan",
      "solar-open",
      "grok-2",
      "bailingmoe",
      "bailingmoe2",
      "llada-moe"),
  SEED_CODER(
      Set.of(),
      new TiktokenSplitter(
          TiktokenSplitter.Words.LETTERS, TiktokenSplitter.Endings.CUT_OFF, 1, c -> false),
      "seed-coder"),
  /// Qwen2's words with llama.cpp's cleaning of spaces.
  STABLELM2(Set.of(Rule.CLEAN_SPACES), cl100k(1), "stablelm2", "megrez"),
  QWEN35(
      Set.of(),
      new TiktokenSplitter(
          TiktokenSplitter.Words.LETTERS_AND_MARKS,
          TiktokenSplitter.Endings.CUT_OFF,
          1,
          CharSet.LINE_BREAKS),
      "qwen35"),
  GPT4O(
      Set.of(),
      new TiktokenSplitter(
          TiktokenSplitter.Words.BY_CASE,
          TiktokenSplitter.Endings.KEPT_WITH_THE_WORD,
          3,
          CharSet.anyOf("\r\n/")),
      "gpt-4o",
      "llama4",
      "kanana2",
      "minimax-m2"),
  YOUTU(
      Set.of(Rule.IGNORE_MERGES),
      Splitter.sequence(
          List.of(
              Splitter.runs(CharSet.ranges("\u3131\u318E\uAC00\uD7A3")),
              Splitter.runs(
                  CharSet.ranges(
                      "\u2014\u2014\u2018\u2019\u201C\u201D\u2026\u2026\u3001\u303F"
                          + "\uFE30\uFE4F\uFF01\uFF01\uFF0C\uFF0C\uFF1A\uFF1B")),
              Splitter.runs(CharSet.ranges("\u3105\u312F")),
              Splitter.runs(DeepSeekSets.HAN_AND_KANA),
              new TiktokenSplitter(
                  TiktokenSplitter.Words.BY_CASE,
                  TiktokenSplitter.Endings.KEPT_WITH_THE_WORD,
                  1,
                  CharSet.anyOf("\r\n/")))),
      "youtu"),
  TEKKEN(
      Set.of(Rule.IGNORE_MERGES, Rule.ADD_BOS),
      new TiktokenSplitter(
          TiktokenSplitter.Words.BY_CASE,
          TiktokenSplitter.Endings.NOT_SPECIAL,
          1,
          CharSet.anyOf("\r\n/")),
      "tekken"),
  GPT2(
      Set.of(Rule.CLEAN_SPACES),
      new Gpt2Splitter(),
      "gpt-2",
      "mpt",
      "olmo",
      "jais",
      "phi-2",
      "jina-es",
      "jina-de",
      "gigachat",
      "jina-v1-en",
      "jina-v2-es",
      "jina-v2-de",
      "jina-v2-code",
      "roberta-bpe",
      "a.x-4.0",
      "mellum",
      "modern-bert",
      "exaone4"),
  /// GPT-2's words without the cleaning of spaces.
  GPT2_AS_IS(Set.of(), new Gpt2Splitter(), "trillion", "granite-docling"),
  STARCODER(
      Set.of(Rule.CLEAN_SPACES),
      singleDigitsThenGpt2(),
      "starcoder",
      "refact",
      "codeshell",
      "exaone",
      "minerva-7b"),
  COMMAND_R(Set.of(), singleDigitsThenGpt2(), "command-r", "smollm"),
  FALCON(
      Set.of(Rule.CLEAN_SPACES),
      Splitter.sequence(
          List.of(
              Splitter.runs(CharSet.PUNCTUATION.or(CharSet.anyOf("$+<=>^~|`"))),
              new Gpt2Splitter(),
              Splitter.triples(CharSet.ASCII_DIGITS))),
      "falcon"),
  DEEPSEEK_LLM(
      Set.of(),
      Splitter.sequence(
          List.of(
              Splitter.runs(CharSet.LINE_BREAKS, 1),
              Splitter.runsAfterSpace(DeepSeekSets.LETTERS),
              Splitter.runsAfterSpace(DeepSeekSets.SIGNS),
              Splitter.trailingSpace(),
              Splitter.runs(DeepSeekSets.CJK),
              Splitter.runs(CharSet.NUMBERS))),
      "deepseek-llm"),
  DEEPSEEK_CODER(
      Set.of(),
      Splitter.sequence(
          List.of(
              Splitter.runs(CharSet.LINE_BREAKS, 1),
              Splitter.runsAfterSpace(CharSet.LETTERS),
              Splitter.runsAfterSpace(CharSet.PUNCTUATION),
              Splitter.runs(DeepSeekSets.CJK),
              Splitter.runs(CharSet.NUMBERS, 1))),
      "deepseek-coder"),
  DEEPSEEK_V3(
      Set.of(),
      Splitter.sequence(
          List.of(
              Splitter.runs(CharSet.NUMBERS, 3),
              Splitter.runs(DeepSeekSets.HAN_AND_KANA),
              new DeepSeekV3Splitter())),
      "deepseek-v3",
      "hunyuan-dense",
      "joyai-llm"),
  BLOOM(Set.of(Rule.CLEAN_SPACES), Splitter.runsAfterBlank(bloomWords()), "bloom", "gpt3-finnish"),
  PORO(Set.of(), Splitter.runsAfterBlank(bloomWords()), "poro-chat"),
  VIKING(
      Set.of(),
      Splitter.sequence(
          List.of(Splitter.runsAfterBlank(bloomWords()), Splitter.runs(CharSet.NUMBERS, 1))),
      "viking");

  /// What else a pre-tokenizer's name says about a model.
  enum Rule {
    /// A word that is a token as it stands is that token, whatever the merges would give.
    IGNORE_MERGES,
    /// A BOS token goes first unless the file says no.
    ADD_BOS,
    /// There is no BOS token unless the file gives one.
    NO_DEFAULT_BOS,
    /// Decoding for display removes the space before punctuation.
    CLEAN_SPACES
  }

  private static final Map<String, PreTokenizer> BY_NAME = byName();

  @SuppressWarnings("ImmutableEnumChecker") // Set.of
  private final Set<Rule> rules;

  @SuppressWarnings("ImmutableEnumChecker") // every splitter is
  private final Splitter splitter;

  @SuppressWarnings("ImmutableEnumChecker") // List.of
  private final List<String> names;

  PreTokenizer(Set<Rule> rules, Splitter splitter, String... names) {
    this.rules = rules;
    this.splitter = splitter;
    this.names = List.of(names);
  }

  /// The pre-tokenizer that a GGUF file calls by this name.
  static PreTokenizer named(String name) {
    PreTokenizer found = BY_NAME.get(name);
    if (found == null) {
      throw new ModelFormatException(
          "tokenizer: the pre-tokenizer \"%s\" is not supported, only these are: %s"
              .formatted(name, String.join(", ", new TreeSet<>(BY_NAME.keySet()))));
    }
    return found;
  }

  Splitter splitter() {
    return splitter;
  }

  boolean has(Rule rule) {
    return rules.contains(rule);
  }

  private static Map<String, PreTokenizer> byName() {
    Map<String, PreTokenizer> byName = new HashMap<>();
    Arrays.stream(values()).forEach(p -> p.names.forEach(name -> byName.put(name, p)));
    return Map.copyOf(byName);
  }

  private static Splitter cl100k(int longestNumber) {
    return new TiktokenSplitter(
        TiktokenSplitter.Words.LETTERS,
        TiktokenSplitter.Endings.CUT_OFF,
        longestNumber,
        CharSet.LINE_BREAKS);
  }

  private static Splitter singleDigitsThenGpt2() {
    return Splitter.sequence(List.of(Splitter.runs(CharSet.NUMBERS, 1), new Gpt2Splitter()));
  }

  /// `[^(\s|.,!?…。，、।۔،)]`
  private static CharSet bloomWords() {
    return CharSet.anyOf("(|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)")
        .or(CharSet.SPACES)
        .not();
  }
}
