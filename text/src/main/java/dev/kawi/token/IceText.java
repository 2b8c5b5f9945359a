package dev.kawi.token;

import dev.kawi.gguf.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

// How it works. ice_text.model is a SentencePiece model, in which white space has names; before it
// come, in the first version of the model, the ids of 20,000 pieces of images, which no text gives.
// A context ends with [gMASK] and <sop>: what the model writes stands after <sop>, in the place of
// [gMASK].

/// Reads the tokenizer of the first ChatGLM, `ice_text.model`. Source: `ChatGLMTokenizer` of
/// ChatGLM-6B.
final class IceText {
  /// The name of the file.
  static final String FILE = "ice_text.model";

  private static final int IMAGES_IF_NOBODY_SAYS = 20000;
  private static final String GMASK = "[gMASK]";
  private static final String START = "<sop>";
  private static final String END = "<eop>";

  /// What steers the model, whatever its kind in the file.
  private static final List<String> CONTROLS =
      List.of("[MASK]", GMASK, "[sMASK]", "<unused_0>", START, END, "<ENC>", "<dBLOCK>", "<pad>");

  private final SentencePieceFile model;
  private final int images;
  private final Assembly assembly;
  private final VocabularyBuilder tokens;

  private IceText(SentencePieceFile model, int images) {
    this.model = model;
    this.images = images;
    this.assembly = new Assembly(new VocabularyBuilder(images + model.size()));
    this.tokens = assembly.tokens();
  }

  static Tokenizer read(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    SentencePieceFile model = SentencePieceFile.parse(TokenizerFiles.read(file));
    return new IceText(model, images(folder)).tokenizer(TokenizerConfig.of(folder));
  }

  /// Ids that come before those of text.
  private static int images(Path folder) throws IOException {
    Path file = folder.resolve("tokenizer_config.json");
    if (!Files.exists(file)) {
      return IMAGES_IF_NOBODY_SAYS;
    }
    JsonNode count = TokenizerFiles.json(file).path("num_image_tokens");
    if (Json.isAbsent(count)) {
      return IMAGES_IF_NOBODY_SAYS;
    }
    int images = Json.whole(count, "num_image_tokens");
    if (images < 0 || images > 1 << 20) {
      throw new ModelFormatException(
          "tokenizer: num_image_tokens of %s is %d, expected 0 or 20000".formatted(file, images));
    }
    return images;
  }

  private Tokenizer tokenizer(TokenizerConfig config) {
    for (int id = 0; id < images; id++) {
      tokens.kind(id, TokenKind.CONTROL); // none has a text
    }
    List<Integer> whole = new ArrayList<>();
    for (int piece = 0; piece < model.size(); piece++) {
      add(piece, whole);
    }
    List<Integer> after = List.of(id(GMASK), id(START));
    tokens.role(TokenRole.BOS, id(START));
    tokens.role(TokenRole.EOS, id(END));
    tokens.endsGeneration(id(END));
    config.applyTo(assembly);
    tokens.findRoles(VocabularyBuilder.Evidence.DECLARATION);
    assembly.ends(List.of(), after).whole(whole).notation(PieceText.NAMED_SPACES);
    return model.tokenizer(assembly, WhiteSpaceNames.before(model.normalizer()));
  }

  /// User-defined pieces are found in the text as SentencePiece sees it, with names for white
  /// space, and so are pieces like others here, but that none reaches into them.
  private void add(int piece, List<Integer> whole) {
    String text = model.text(piece);
    TokenKind kind = CONTROLS.contains(text) ? TokenKind.CONTROL : model.kind(piece);
    int id = images + piece;
    if (kind == TokenKind.USER_DEFINED && !text.isEmpty()) {
      whole.add(id);
      kind = TokenKind.NORMAL;
    }
    tokens.set(id, text, kind);
    tokens.score(id, model.score(piece));
    if (kind == TokenKind.UNKNOWN) {
      tokens.role(TokenRole.UNKNOWN, id);
    }
  }

  private int id(String control) {
    if (!tokens.has(control)) {
      throw new ModelFormatException(
          "tokenizer: %s has no piece %s; the first files of ChatGLM-6B had none, take the file of today"
              .formatted(FILE, control));
    }
    return tokens.id(control);
  }
}
