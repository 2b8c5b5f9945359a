package dev.kawi.token;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/// Reads byte-level BPE from `vocab.json` (texts to ids) and `merges.txt` (a pair a line, in
/// order). How words are split is not in these files: the class that `tokenizer_config.json` names
/// tells Qwen's from GPT-2's.
final class VocabularyAndMerges {
  private VocabularyAndMerges() {}

  static Tokenizer read(Path folder) throws IOException {
    Path vocabulary = folder.resolve("vocab.json");
    return read(
        TokenizerFiles.json(vocabulary),
        TokenizerFiles.read(folder.resolve("merges.txt")),
        TokenizerConfig.of(folder));
  }

  static Tokenizer read(JsonNode vocabulary, byte[] merges, TokenizerConfig config) {
    int highest = config.highestId(-1);
    for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
      highest = Math.max(highest, Json.whole(entry.getValue(), entry.getKey()));
    }
    int count = vocabulary.size() + config.added().size();
    Assembly assembly = new Assembly(new VocabularyBuilder(TokenizerFiles.size(highest, count)));
    for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
      int id = Json.whole(entry.getValue(), entry.getKey());
      assembly.tokens().set(id, entry.getKey(), TokenKind.NORMAL);
    }
    config.applyTo(assembly);
    new PostProcessorJson(MissingNode.getInstance(), config).applyTo(assembly);
    assembly.tokens().findRoles(VocabularyBuilder.Evidence.DECLARATION);
    boolean qwen = config.className().startsWith("Qwen2");
    return assembly
        .splitter(qwen ? PreTokenizer.QWEN2.splitter() : PreTokenizer.GPT2.splitter())
        .normalizer(qwen ? Normalizer.unicode(Form.NFC) : Normalizer.NONE)
        .rules(qwen ? Set.of() : Set.of(ModelTokenizer.Rule.CLEAN_SPACES))
        .byteLevelBpe(pairs(merges), Assembly.WholeWords.MERGED);
  }

  private static List<String[]> pairs(byte[] merges) {
    List<String[]> pairs = new ArrayList<>();
    boolean first = true;
    for (String line : new String(merges, StandardCharsets.UTF_8).split("\n", -1)) {
      String merge = line.strip();
      boolean header = first && merge.startsWith("#version");
      first = false;
      if (!header && !merge.isEmpty()) {
        pairs.add(GgufTokenizer.splitMerge(merge));
      }
    }
    return pairs;
  }
}
