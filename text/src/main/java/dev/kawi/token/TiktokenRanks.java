package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads tiktoken's ranks: a line for each token with its bytes in base64 and its rank, which is
/// its id. Neither the special tokens nor the way words are split is in the file; both are known by
/// the number of ranks.
final class TiktokenRanks {
  private static final int LLAMA3 = 128_000;
  private static final int QWEN = 151_643;
  private static final int GPT2 = 50_256;
  private static final int CL100K = 100_256;
  private static final int O200K = 199_998;

  private TiktokenRanks() {}

  /// Whether the bytes begin with such a line.
  static boolean looksLike(byte[] bytes) {
    int i = 0;
    while (i < bytes.length && i < 1024 && isBase64(bytes[i])) {
      i++;
    }
    return i >= 4
        && i + 1 < bytes.length
        && bytes[i] == ' '
        && Character.isDigit((char) bytes[i + 1]);
  }

  private static boolean isBase64(byte b) {
    return Character.isLetterOrDigit((char) b) || b == '+' || b == '/' || b == '=';
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Rank(byte[] bytes, int id) {}

  static Tokenizer read(byte[] file, TokenizerConfig config) {
    List<Rank> ranks =
        Utf8.text(file, 0, file.length)
            .lines()
            .filter(line -> !line.isBlank())
            .map(TiktokenRanks::rank)
            .toList();
    int highest = ranks.stream().mapToInt(Rank::id).reduce(-1, Math::max);
    TokenizerFiles.size(highest, ranks.size());
    List<TokenizerConfig.Added> specials = specials(highest + 1);
    int last = specials.stream().mapToInt(TokenizerConfig.Added::id).reduce(highest, Math::max);
    int count = ranks.size() + specials.size() + config.added().size();
    Assembly assembly =
        new Assembly(new VocabularyBuilder(TokenizerFiles.size(config.highestId(last), count)));
    VocabularyBuilder tokens = assembly.tokens();
    for (Rank rank : ranks) {
      tokens.set(rank.id(), ByteAlphabet.encode(rank.bytes()), TokenKind.NORMAL);
    }
    specials.forEach(s -> tokens.set(s.id(), s.text(), s.kind()));
    findEnds(assembly, highest + 1);
    config.applyTo(assembly);
    tokens.findRoles(VocabularyBuilder.Evidence.DECLARATION);
    return assembly.splitter(splitter(highest + 1)).rankedBpe();
  }

  private static Rank rank(String line) {
    int space = line.indexOf(' ');
    try {
      byte[] bytes = Base64.getDecoder().decode(line.substring(0, Math.max(0, space)));
      if (bytes.length > 0) {
        return new Rank(bytes, TokenizerFiles.id(line.substring(space + 1).strip()));
      }
    } catch (IllegalArgumentException e) {
      throw notARank(line, e);
    }
    throw notARank(line, null);
  }

  private static ModelFormatException notARank(String line, @Nullable Throwable cause) {
    String shown = line.length() > 80 ? line.substring(0, 80) + "..." : line;
    return new ModelFormatException(
        "tokenizer: a line of ranks must be base64, a space and a number, found \"" + shown + "\"",
        cause);
  }

  private static Splitter splitter(int ranks) {
    return switch (ranks) {
      case QWEN -> PreTokenizer.QWEN2.splitter();
      case GPT2 -> PreTokenizer.GPT2.splitter();
      case O200K -> PreTokenizer.GPT4O.splitter();
      default -> PreTokenizer.LLAMA3.splitter();
    };
  }

  private static List<TokenizerConfig.Added> specials(int ranks) {
    return switch (ranks) {
      case LLAMA3 -> numbered(ranks, llama3());
      case QWEN ->
          numbered(
              ranks,
              Stream.concat(
                      Stream.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
                      IntStream.range(0, 205).mapToObj("<|extra_%d|>"::formatted))
                  .toList());
      case GPT2 -> numbered(ranks, List.of("<|endoftext|>"));
      case CL100K ->
          numbered(
              ranks + 1,
              List.of("<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"));
      case O200K -> numbered(ranks + 1, List.of("<|endoftext|>"));
      default -> List.of();
    };
  }

  /// The 256 special tokens of Llama 3.1.
  private static List<String> llama3() {
    List<String> named =
        List.of(
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|reserved_special_token_0|>",
            "<|reserved_special_token_1|>",
            "<|finetune_right_pad_id|>",
            "<|step_id|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
            "<|eom_id|>",
            "<|eot_id|>",
            "<|python_tag|>");
    List<String> all = new ArrayList<>(named);
    for (int i = 2; all.size() < 256; i++) {
      all.add("<|reserved_special_token_%d|>".formatted(i));
    }
    return all;
  }

  private static List<TokenizerConfig.Added> numbered(int first, List<String> texts) {
    return IntStream.range(0, texts.size())
        .mapToObj(
            i -> new TokenizerConfig.Added(first + i, texts.get(i), TokenKind.CONTROL, Set.of()))
        .toList();
  }

  private static void findEnds(Assembly assembly, int ranks) {
    VocabularyBuilder tokens = assembly.tokens();
    if (ranks == LLAMA3) {
      tokens.role(TokenRole.BOS, tokens.id("<|begin_of_text|>"));
      tokens.role(TokenRole.EOS, tokens.id("<|end_of_text|>"));
      assembly.ends(List.of(tokens.id("<|begin_of_text|>")), List.of());
    } else if (tokens.has("<|endoftext|>")) {
      tokens.role(TokenRole.EOS, tokens.id("<|endoftext|>"));
    }
  }
}
