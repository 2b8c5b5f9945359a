package dev.kawi.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.run.RunException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTest {
  private static final RunRequest REQUEST =
      RunRequest.of("tune sft")
          .withArguments(List.of("tune", "sft", "--rank", "8"))
          .withConfig(Map.of("rank", 8, "lora", Map.of("alpha", 16, "dropout", 0.1f)))
          .withInput("base", "sha256:aa")
          .withSeed("data", 42);

  @TempDir private Path temp;

  private Path folder() {
    return temp.resolve("run");
  }

  private Path events() {
    return folder().resolve(EventLog.FILE);
  }

  private RunReader reader() {
    return RunReader.of(folder());
  }

  private static RunException refused(Reason reason, Path folder, RunRequest request) {
    RunException e = assertThrows(RunException.class, () -> Run.open(folder, request));
    assertEquals(reason, e.reason(), e.getMessage());
    return e;
  }

  @Test
  void run_keepsWhatWasAskedAndReported() throws IOException {
    List<Event> heard = new ArrayList<>();
    try (Run run = Run.open(folder(), REQUEST)) {
      assertFalse(run.isResumed());
      run.listen(heard::add);
      run.progress(1, 4, "steps");
      run.metric(1, Map.of("loss", 2.5));
      run.metric(2, Map.of("loss", Double.NaN));
      run.warning("a spike");
      run.sample(2, "Who are you?", "I am Kawi.\n");
      run.artefact(run.folder().resolve("adapter/weights.safetensors"));
      run.done(Map.of("loss", 2.5));
    }
    RunReader reader = reader();
    assertEquals(REQUEST, reader.description().request());
    assertEquals(RunState.DONE, reader.state());
    assertEquals(Map.of("loss", 2.5), reader.recordedState().orElseThrow().summary());
    assertEquals(1, reader.progress().orElseThrow().done());
    assertArrayEquals(new double[] {2.5, Double.NaN}, reader.series().get("loss").values());
    List<String> read = reader.events(0).events().stream().skip(1).map(EventJson::line).toList();
    assertEquals(heard.stream().map(EventJson::line).toList(), read);
    assertTrue(read.get(4).contains("\"prompt\":\"Who are you?\",\"text\":\"I am Kawi.\\n\""));
    assertTrue(read.get(5).contains("\"path\":\"adapter/weights.safetensors\""));
  }

  @Test
  void sameRequest_goesOn_andRepeatedStepsReplaceThemselves() {
    for (int from = 0; from < 3; from += 2) {
      try (Run run = Run.open(folder(), REQUEST)) {
        assertEquals(from > 0, run.isResumed());
        for (int step = from; step < from + 4; step++) {
          run.metric(step, Map.of("loss", 10.0 * from + step));
        }
        run.fail(new IOException("the first time"));
      }
    }
    Series loss = reader().series().get("loss");
    assertArrayEquals(new long[] {0, 1, 2, 3, 4, 5}, loss.steps());
    assertArrayEquals(new double[] {0, 1, 22, 23, 24, 25}, loss.values());
  }

  @Test
  void otherRequest_isRefused_namingWhatDiffers() throws IOException {
    Run.open(folder(), REQUEST).close();
    String before = Files.readString(events());
    RunRequest other =
        REQUEST
            .withConfig(Map.of("rank", 16, "lora", Map.of("alpha", 16, "dropout", 0.1)))
            .withInput("base", "sha256:bb")
            .withSeed("shuffle", 1);
    String message = refused(Reason.OTHER_REQUEST, folder(), other).getMessage();
    assertTrue(
        message.contains(
            "(config.rank: 8, asked 16; inputs.base: sha256:aa, asked sha256:bb; seeds.shuffle: nothing, asked 1)"),
        message);
    assertEquals(before, Files.readString(events()));
  }

  @Test
  void otherVersionsAndArguments_goOn_withAWarning() {
    Run.open(folder(), REQUEST).close();
    RunRequest newer = REQUEST.withVersion("kawi", "9.9").withArguments(List.of("tune", "--json"));
    Run.open(folder(), newer).close();
    assertTrue(
        reader().events(0).events().stream()
            .anyMatch(e -> e instanceof Event.Warning(var _, String text) && text.contains("9.9")));
  }

  @Test
  void runThatIsDone_isNotBegunAgain() {
    try (Run run = Run.open(folder(), REQUEST)) {
      run.done(Map.of());
    }
    String message = refused(Reason.DONE, folder(), REQUEST).getMessage();
    assertTrue(message.contains("kawi runs show " + reader().id()), message);
  }

  @Test
  void secondWriterInThisProcess_isRefused_andReadersDoNotTakeTheLockAway() throws IOException {
    try (Run run = Run.open(folder(), REQUEST)) {
      for (int i = 0; i < 3; i++) {
        assertEquals(RunState.RUNNING, reader().state());
        refused(Reason.IN_USE, folder(), REQUEST);
      }
      run.metric(1, Map.of("loss", 1));
    }
    assertEquals(RunState.INTERRUPTED, reader().state());
  }

  @Test
  void tornLine_isNotSeen_andIsCutWhenTheRunGoesOn() throws IOException {
    try (Run run = Run.open(folder(), REQUEST)) {
      run.metric(1, Map.of("loss", 1));
    }
    String whole = Files.readString(events());
    Files.writeString(events(), "{\"at\":\"2026-11", StandardOpenOption.APPEND);
    assertEquals(2, reader().events(0).events().size());
    assertEquals(RunState.INTERRUPTED, reader().state());
    Run.open(folder(), REQUEST).close();
    assertTrue(Files.readString(events()).startsWith(whole + "{\"at\":"));
    assertEquals(3, reader().events(0).events().size());
  }

  @Test
  void lineThatIsNoEvent_isShownAsDamaged_andHidesNothingElse() throws IOException {
    try (Run _ = Run.open(folder(), REQUEST)) {
      Files.writeString(
          events(),
          "\0\0\0\n{\"at\":\"2030-01-01T00:00:00Z\",\"event\":\"star\",\"size\":3}\n",
          StandardOpenOption.APPEND);
      assertEquals(RunState.RUNNING, reader().state());
    }
    List<Event> events = reader().events(0).events();
    assertEquals(new Event.Damaged("\0\0\0"), events.get(1));
    assertTrue(events.get(2) instanceof Event.Other o && o.fields().equals(Map.of("size", 3)));
  }

  @Test
  void lastEvent_isFoundBehindMoreThanABlockOfOthers() throws IOException {
    try (Run run = Run.open(folder(), REQUEST)) {
      run.progress(1, 2, "steps");
      run.sample(0, "long", "x".repeat(1 << 19));
      for (int step = 0; step < 3000; step++) {
        run.metric(step, Map.of("loss", step, "learning_rate", 1e-4));
      }
    }
    assertEquals(1, reader().progress().orElseThrow().done());
    assertEquals(RunState.INTERRUPTED, reader().state());
    assertEquals(3000, reader().series().get("loss").size());
  }

  @Test
  void folderOfOtherFiles_isLeftAlone() throws IOException {
    Files.createDirectories(folder());
    Files.writeString(folder().resolve("thesis.txt"), "mine");
    String message = refused(Reason.NOT_A_RUN, folder(), REQUEST).getMessage();
    assertTrue(message.contains("thesis.txt"), message);
    try (var files = Files.list(folder())) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void folderThatCannotBeMade_isNamedWithTheCure() throws IOException {
    Path file = Files.writeString(temp.resolve("file"), "");
    Path below = file.resolve("run");
    String message = refused(Reason.UNWRITABLE, below, REQUEST).getMessage();
    assertTrue(message.contains(below.toString()) && message.contains("make room"), message);
  }

  @Test
  void fullDisk_endsTheRunWithTheCure_andLosesNothing() throws IOException {
    AtomicLong room = new AtomicLong(1200);
    EventLog.Output full =
        (channel, bytes, at) -> {
          int most = (int) Math.min(bytes.remaining(), room.get());
          if (most == 0) {
            throw new IOException("No space left on device");
          }
          int limit = bytes.limit();
          int written = channel.write(bytes.limit(bytes.position() + most), at);
          bytes.limit(limit);
          room.addAndGet(-written);
          return written;
        };
    List<Event> heard = new ArrayList<>();
    try (Run run = Run.open(folder(), REQUEST, () -> "tune-1", full)) {
      run.listen(heard::add);
      RunException e =
          assertThrows(
              RunException.class,
              () ->
                  run.execute(() -> {
                    for (int step = 0; step < 100; step++) {
                      run.metric(step, Map.of("loss", step));
                    }
                    return Map.of();
                  }));
      assertEquals(Reason.UNWRITABLE, e.reason());
      assertTrue(e.getMessage().contains("No space left on device; make room"), e.getMessage());
    }
    assertTrue(heard.size() > 5);
    assertEquals(RunState.INTERRUPTED, reader().state());
    assertEquals(heard.size(), reader().series().get("loss").size());
    try (Run run = Run.open(folder(), REQUEST)) {
      run.done(Map.of());
    }
    assertEquals(heard.size() + 3, Files.readAllLines(events()).size());
  }

  @Test
  void execute_marksTheRunAsItEnds() throws Exception {
    try (Run run = Run.open(folder(), REQUEST)) {
      assertThrows(
          IOException.class,
          () ->
              run.execute(() -> {
                throw new IOException("blk.0 is NaN");
              }));
    }
    assertEquals("blk.0 is NaN", reader().recordedState().orElseThrow().reason().orElseThrow());
    assertEquals(RunState.FAILED, reader().state());
    try (Run run = Run.open(folder(), REQUEST)) {
      assertEquals(Map.of("loss", 1), run.execute(() -> Map.of("loss", 1)));
      assertThrows(IllegalStateException.class, () -> run.warning("too late"));
    }
    assertEquals(RunState.DONE, reader().state());
  }

  @Test
  void interruptedRun_canBeCancelled_withoutAProcess() throws IOException {
    Run.open(folder(), REQUEST).close();
    assertEquals(RunState.INTERRUPTED, RunControl.cancel(reader()));
    assertEquals(RunState.CANCELLED, reader().state());
    assertEquals(RunState.CANCELLED, RunControl.cancel(reader()));
  }

  @Test
  void progress_isKeptTwiceASecond_andAtBothEnds() {
    try (Run run = Run.open(folder(), REQUEST)) {
      for (int done = 0; done <= 20_000; done++) {
        run.progress(done, 20_000, "steps");
      }
    }
    List<Event> kept = reader().events(0).events();
    assertTrue(kept.size() < 2000, kept.size() + " events");
    assertEquals(20_000, reader().progress().orElseThrow().done());
  }

  @Test
  void timeLeft_countsFromTheFirstReport() {
    TimeLeft left = new TimeLeft();
    long second = 1_000_000_000;
    assertTrue(left.seconds(500, 1000, "steps", 0).isEmpty());
    assertEquals(40, left.seconds(600, 1000, "steps", 10 * second).orElseThrow(), 1e-9);
    assertTrue(left.seconds(1, 20, "files", 11 * second).isEmpty());
  }

  @Test
  void damagedDescription_isNamed() throws IOException {
    Run.open(folder(), REQUEST).close();
    Files.writeString(folder().resolve(RunDescription.FILE), "{\"format\":1,");
    assertTrue(refused(Reason.NOT_A_RUN, folder(), REQUEST).getMessage().contains("damaged"));
    Files.writeString(folder().resolve(RunDescription.FILE), "{\"format\":7}");
    String newer = refused(Reason.NOT_A_RUN, folder(), REQUEST).getMessage();
    assertTrue(newer.contains("format 7, written by a newer Kawi"), newer);
  }

  @Test
  void hashOfAFolder_seesNamesAndContents() throws IOException {
    Path a = Files.writeString(temp.resolve("a"), "abc");
    assertEquals(
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", // FIPS 180-2
        InputHash.of(a));
    Path model = Files.createDirectories(temp.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    String one = InputHash.of(model);
    Files.move(model.resolve("config.json"), model.resolve("config2.json"));
    assertFalse(one.equals(InputHash.of(model)));
  }
}
