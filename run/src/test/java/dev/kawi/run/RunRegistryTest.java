package dev.kawi.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.home.KawiHome;
import dev.kawi.run.RunException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunRegistryTest {
  private static final RunRequest REQUEST = RunRequest.of("tune sft");

  @TempDir private Path temp;
  private RunRegistry registry = new RunRegistry(new KawiHome(Path.of("unused")));

  @BeforeEach
  void open() throws IOException {
    registry = new RunRegistry(new KawiHome(temp.toRealPath().resolve("home")));
  }

  private String finished(Path folder) {
    try (Run run = registry.open(folder, REQUEST)) {
      run.done(Map.of());
      return run.id();
    }
  }

  @Test
  void list_findsRunsInTheHomeAndElsewhere_theNewestFirst() throws IOException {
    assertEquals(List.of(), registry.list());
    Path elsewhere = temp.resolve("elsewhere");
    String first = finished(registry.newFolder("tune sft"));
    String second = finished(elsewhere);
    List<RunEntry> list = registry.list();
    assertEquals(List.of(second, first), list.stream().map(RunEntry::id).toList());
    assertEquals(elsewhere.toRealPath(), list.get(0).folder());
    assertEquals(first, list.get(1).folder().getFileName().toString());
    assertTrue(first.matches("tune-sft-\\d{8}-\\d{6}-[0-9a-f]{4}"), first);
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(list.get(1).folder())));
  }

  @Test
  void find_takesAnIdItsBeginningOrAFolder() throws IOException {
    Path folder = temp.resolve("mine");
    String id = finished(folder);
    assertEquals(id, registry.find(id).id());
    assertEquals(id, registry.find(id.substring(0, id.length() - 2)).id());
    assertEquals(id, registry.find(folder.toString()).id());
    finished(registry.newFolder("tune sft"));
    RunException several = assertThrows(RunException.class, () -> registry.find("tune"));
    assertTrue(several.getMessage().startsWith("2 runs begin with tune ("), several.getMessage());
    RunException none = assertThrows(RunException.class, () -> registry.find("eval"));
    assertEquals(Reason.NOT_FOUND, none.reason());
  }

  @Test
  void deletedFolder_isGone_andCanBeTakenOffTheList() throws IOException {
    Path folder = temp.resolve("mine");
    String id = finished(folder);
    registry.remove(registry.find(folder.toString()));
    assertFalse(Files.exists(folder));
    assertEquals(List.of(), registry.list());

    String first = finished(folder);
    Files.move(folder, temp.resolve("away"));
    assertTrue(registry.find(first).run().isEmpty());
    String second = finished(folder); // another run in the place of the first
    assertTrue(registry.find(first).run().isEmpty());
    registry.remove(registry.find(first));
    assertEquals(List.of(second), registry.list().stream().map(RunEntry::id).toList());
    assertTrue(RunDescription.isIn(folder));
    assertFalse(id.equals(first));
  }

  @Test
  void copiedRunThatGoesOn_isListedWhereItIs() throws IOException {
    Path folder = temp.resolve("mine");
    registry.open(folder, REQUEST).close();
    Path moved = Files.move(folder, temp.resolve("moved"));
    String id = finished(moved);
    assertEquals(moved.toRealPath(), registry.find(id).folder());
    assertEquals(1, registry.list().size());
  }

  @Test
  void remove_followsNoLinks_andRefusesARunThatSomebodyWorksOn() throws IOException {
    Path base = Files.createDirectories(temp.resolve("base"));
    Files.writeString(base.resolve("model.gguf"), "weights");
    Path folder = temp.resolve("mine");
    try (Run run = registry.open(folder, REQUEST)) {
      Files.createSymbolicLink(folder.resolve("base"), base);
      Files.createDirectories(folder.resolve("checkpoint-1"));
      Files.writeString(folder.resolve("checkpoint-1/adapter"), "a");
      RunEntry entry = registry.find(run.id());
      RunException e = assertThrows(RunException.class, () -> registry.remove(entry));
      assertEquals(Reason.IN_USE, e.reason());
    }
    registry.remove(registry.find(folder.toString()));
    assertFalse(Files.exists(folder));
    assertEquals("weights", Files.readString(base.resolve("model.gguf")));
  }

  @Test
  void homeThatCannotBeWritten_isAWarningOfTheRun() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    RunRegistry broken = new RunRegistry(new KawiHome(file.resolve("home")));
    Path folder = temp.resolve("mine");
    try (Run run = broken.open(folder, REQUEST)) {
      run.done(Map.of());
    }
    assertTrue(
        RunReader.of(folder).events(0).events().stream()
            .anyMatch(e ->
                e instanceof Event.Warning(var _, String text) && text.contains("set KAWI_HOME")));
  }

  @Test
  void queuedRun_waits_andIsBegunByItsRequest() throws IOException {
    Path folder = registry.newFolder("eval");
    String id = registry.queue(folder, REQUEST);
    RunReader reader = registry.find(id).run().orElseThrow();
    assertEquals(RunState.QUEUED, reader.state());
    try (Run run = registry.open(folder, REQUEST)) {
      assertFalse(run.isResumed());
      assertEquals(RunState.RUNNING, reader.state());
      assertEquals(id, run.id());
    }
  }

  @Test
  void pointerThatIsNone_isPassedOver() throws IOException {
    String id = finished(temp.resolve("mine"));
    Path runs = temp.resolve("home/runs");
    Files.writeString(runs.resolve("broken.json"), "{");
    Files.writeString(
        runs.resolve("evil.json"),
        "{\"id\":\"../../x\",\"command\":\"c\",\"created\":\"2026-01-01T00:00:00Z\",\"folder\":\"/\"}");
    assertEquals(List.of(id), registry.list().stream().map(RunEntry::id).toList());
  }
}
