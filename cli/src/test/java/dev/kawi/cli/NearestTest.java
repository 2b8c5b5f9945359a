package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NearestTest {
  private static final List<String> COMMANDS = List.of("chat", "generate", "inspect", "info");

  @Test
  void slip_findsTheWordMeant() {
    assertEquals(Optional.of("chat"), Nearest.to("caht", COMMANDS));
    assertEquals(Optional.of("inspect"), Nearest.to("inspct", COMMANDS));
  }

  @Test
  void beginning_findsTheWhole() {
    assertEquals(Optional.of("generate"), Nearest.to("gen", COMMANDS));
  }

  @Test
  void anotherWord_findsNothing() {
    assertEquals(Optional.empty(), Nearest.to("xyzzy", COMMANDS));
  }

  @Test
  void edits_countsInsertionsDeletionsAndChanges() {
    assertEquals(3, Nearest.edits("kitten", "sitting"));
    assertEquals(4, Nearest.edits("", "chat"));
  }
}
