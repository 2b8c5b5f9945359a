package dev.kawi.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KawiHomeTest {
  @TempDir private Path temp;

  private static Path home(Map<String, String> variables, String os) throws IOException {
    return KawiHome.from(variables::get, os, "/home/lily").folder();
  }

  @Test
  void home_isThatOfTheVariableOrThePlatform() throws IOException {
    Map<String, String> none = Map.of();
    Map<String, String> xdg = Map.of("XDG_DATA_HOME", "/data");
    assertEquals(Path.of("/home/lily/.local/share/kawi"), home(none, "Linux"));
    assertEquals(Path.of("/data/kawi"), home(xdg, "Linux"));
    assertEquals(Path.of("/home/lily/Library/Application Support/kawi"), home(xdg, "Mac OS X"));
    assertEquals(Path.of("/home/lily/AppData/Local/kawi"), home(xdg, "Windows 11"));
    assertEquals(Path.of("/local/kawi"), home(Map.of("LOCALAPPDATA", "/local"), "Windows 11"));
    for (String os : new String[] {"Linux", "Mac OS X", "Windows 11"}) {
      assertEquals(Path.of("/k"), home(Map.of("KAWI_HOME", "/k", "XDG_DATA_HOME", "/data"), os));
    }
  }

  @Test
  void relativeOrEmptyXdgFolder_isPassedOver_asItsSpecificationSays() throws IOException {
    Path usual = Path.of("/home/lily/.local/share/kawi");
    assertEquals(usual, home(Map.of("XDG_DATA_HOME", "data"), "Linux"));
    assertEquals(usual, home(Map.of("XDG_DATA_HOME", " ", "KAWI_HOME", ""), "Linux"));
  }

  @Test
  void userWithoutHome_isToldToSetTheVariable() {
    IOException e =
        assertThrows(IOException.class, () -> KawiHome.from(name -> null, "Linux", "?"));
    assertTrue(e.getMessage().contains("set KAWI_HOME"), e.getMessage());
  }

  @Test
  void foldersAreMadeWhenNeeded_forTheirOwnerAlone() throws IOException {
    KawiHome home = new KawiHome(temp.resolve("not/yet"));
    assertFalse(Files.exists(home.folder()));
    Path run = home.folder("runs/tune-1");
    for (Path made : new Path[] {run, run.getParent(), home.folder()}) {
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
    }
    assertEquals(run.getParent(), home.folder("runs"));
  }

  @Test
  void folderThatCannotBeMade_isNamedWithTheCure() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    KawiHome home = new KawiHome(file.resolve("home"));
    IOException e = assertThrows(IOException.class, () -> home.folder("runs"));
    assertTrue(e.getMessage().contains(home.folder().toString()), e.getMessage());
    assertTrue(e.getMessage().contains("set KAWI_HOME"), e.getMessage());
  }
}
