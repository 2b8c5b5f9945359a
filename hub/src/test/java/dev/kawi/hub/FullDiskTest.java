package dev.kawi.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.hub.HubException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Pulls to a disk that has no room, or has none any more in the middle of a file.
class FullDiskTest {
  private static final byte[] WEIGHTS = random(100_000);
  private static final long PLENTY = 1L << 40;

  @TempDir private Path root;
  private final TestHub server = TestHub.start();

  /// How many bytes the disk says it has left, and how many more it takes.
  private final AtomicLong told = new AtomicLong(PLENTY);

  private final AtomicLong room = new AtomicLong(PLENTY);

  private final Disk disk =
      new Disk() {
        @Override
        public long free(Path folder) {
          return told.get();
        }

        @Override
        public int write(FileChannel out, ByteBuffer bytes, long at) throws IOException {
          if (room.addAndGet(-bytes.remaining()) < 0) {
            throw new IOException("No space left on device");
          }
          return out.write(bytes, at);
        }
      };

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(5).nextBytes(bytes);
    return bytes;
  }

  @BeforeEach
  void fill() {
    server
        .repository("org/model")
        .file("config.json", "{}")
        .file("model.safetensors", WEIGHTS)
        .file("tokenizer.json", "{}");
  }

  @AfterEach
  void close() {
    server.close();
  }

  private Path pull(Hub where) throws IOException {
    String host = where == Hub.HUGGING_FACE ? "hf.co" : "modelscope.cn";
    try (ModelHub hub = new ModelHub(PullProcess.settings(server.endpoint(), root), disk)) {
      return hub.pull(ModelReference.parse(host + "/org/model"), TransferListener.NONE);
    }
  }

  private HubException refused(Hub where) {
    HubException e = assertThrows(HubException.class, () -> pull(where));
    assertEquals(Reason.NO_SPACE, e.reason());
    return e;
  }

  private void assertNothingVisible() throws IOException {
    try (ModelHub hub = new ModelHub(PullProcess.settings(server.endpoint(), root))) {
      assertEquals(List.of(), hub.list().stream().flatMap(m -> m.files().stream()).toList());
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.filter(Files::isRegularFile).toList();
    }
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void modelThatDoesNotFit_isRefusedBeforeAnyOfItComes(Hub where) throws IOException {
    told.set(WEIGHTS.length);
    String message = refused(where).getMessage();
    assertTrue(message.contains("org/model needs 1 MB"), message);
    assertTrue(message.contains(root.toString()), message);
    assertTrue(message.contains("0 MB left; make room"), message);
    assertEquals(0, server.bytesServed());
    assertTrue(files().stream().allMatch(file -> file.toString().contains("lock")));
    told.set(WEIGHTS.length + 4);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull(where).resolve("model.safetensors")));
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void diskThatGetsFull_leavesNothingVisibleAndTheNextPullGoesOn(Hub where) throws IOException {
    room.set(60_000);
    String message = refused(where).getMessage();
    assertTrue(message.contains(".kawi-part: No space left on device"), message);
    assertTrue(message.contains("make room, then run it again"), message);
    assertNothingVisible();

    server.forget();
    room.set(PLENTY);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull(where).resolve("model.safetensors")));
    assertTrue(server.bytesServed() < 65_000, server.bytesServed() + " bytes: nothing was kept");
    assertTrue(files().stream().noneMatch(file -> file.toString().contains(".kawi-part")));
  }

  @ParameterizedTest
  @EnumSource(Hub.class)
  void roomForTheRest_isEnoughToGoOn(Hub where) throws IOException {
    room.set(60_000);
    refused(where);
    room.set(PLENTY);
    told.set(65_000);
    assertArrayEquals(WEIGHTS, Files.readAllBytes(pull(where).resolve("model.safetensors")));
  }

  @Test
  void lineOfTheJournalThatWasCutOff_isNotJoinedToTheNext() throws IOException {
    room.set(60_000);
    refused(Hub.HUGGING_FACE);
    Path journal =
        files().stream()
            .filter(file -> file.toString().endsWith(".kawi-chunks"))
            .findFirst()
            .orElseThrow();
    Files.writeString(journal, Files.readString(journal) + "1");
    room.set(20_000);
    refused(Hub.HUGGING_FACE);
    List<String> lines = Files.readAllLines(journal);
    assertEquals(1, lines.stream().filter("1"::equals).count(), lines.toString());
    assertTrue(
        lines.stream().skip(1).allMatch(line -> line.matches("|1|\\d{1,2}(\\+\\d+)?\\.")),
        lines.toString());
  }

  @Test
  void realDisk_tellsTheRoomOfFoldersThatAreNotThereYet() throws IOException {
    Path folder = root.resolve("not/yet/there");
    assertEquals(root.toAbsolutePath(), Disk.existing(folder));
    assertTrue(Disk.REAL.free(folder) > 0);
  }
}
