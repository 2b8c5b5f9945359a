package dev.kawi.token;

import java.util.regex.Pattern;

/// How the text of a token in a vocabulary stands for bytes of text.
enum PieceText implements TokenBytes {
  /// GPT-2's alphabet, in which every byte has a printable character of its own.
  BYTE_LEVEL {
    @Override
    byte[] normal(String text) {
      byte[] bytes = ByteAlphabet.decode(text);
      return bytes == null ? Utf8.bytes(text) : bytes;
    }
  },
  /// SentencePiece: a mark is a space.
  MARKS {
    @Override
    byte[] normal(String text) {
      return Utf8.bytes(text.replace((char) Normalizer.MARK, ' '));
    }
  },
  /// The same, in which white space has names ([WhiteSpaceNames]).
  NAMED_SPACES {
    @Override
    byte[] normal(String text) {
      return MARKS.normal(WhiteSpaceNames.meaning(text));
    }
  },
  /// Hugging Face's WordPiece: what does not begin with `##` begins a word.
  WORD_PIECE {
    @Override
    byte[] normal(String text) {
      return Utf8.bytes(text.startsWith("##") ? text.substring(2) : " " + text);
    }
  };

  private static final Pattern BYTE = Pattern.compile("<0x([0-9A-Fa-f]{2})>");

  abstract byte[] normal(String text);

  @Override
  public byte[] bytes(String text, TokenKind kind) {
    return switch (kind) {
      case NORMAL, UNUSED -> normal(text);
      case BYTE -> {
        int value = byteValue(text);
        yield value < 0 ? normal(text) : new byte[] {(byte) value};
      }
      case CONTROL, UNKNOWN, USER_DEFINED -> Utf8.bytes(text);
    };
  }

  /// The byte that a text such as `<0x0A>` names, or -1.
  static int byteValue(String text) {
    var matcher = BYTE.matcher(text);
    return matcher.matches() ? Integer.parseInt(matcher.group(1), 16) : -1;
  }

  /// The text that names this byte.
  static String byteText(int value) {
    return "<0x%02X>".formatted(value);
  }
}
