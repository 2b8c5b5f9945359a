package dev.kawi.chat;

/// What is read where calls may stand.
interface Reading {
  /// How far it is.
  enum Status {
    /// More is to come.
    READING,
    /// The calls are whole; the last [#unread] characters are not part of them.
    ENDED,
    /// There is no call; the last [#unread] characters may begin something else.
    FAILED
  }

  /// Takes the next character.
  Status take(char c, char origin);

  /// Ends it where the output ends.
  Status finish();

  /// How many of the last characters belong to what follows.
  int unread();
}
