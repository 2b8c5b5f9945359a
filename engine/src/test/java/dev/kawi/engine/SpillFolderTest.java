package dev.kawi.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The files of cached pages, without a model.
class SpillFolderTest {
  /// A page that is an array.
  @SuppressWarnings("ArrayRecordComponent")
  private record Bytes(byte[] array) implements SpillFolder.Content {
    @Override
    public long byteSize() {
      return array.length;
    }

    @Override
    public void read(long at, ByteBuffer target) {
      target.put(array, (int) at, target.remaining());
    }

    @Override
    public void write(long at, ByteBuffer source) {
      source.get(array, (int) at, source.remaining());
    }
  }

  private static final int BYTES = 300_000; // more than a file is read in one piece
  private static final long MANY = 100 << 20;
  private static final long ON_DISK = 303_104; // with header and hash, in blocks of 4096

  @TempDir private Path parent;

  private Path folder() {
    return parent.resolve("a/b");
  }

  private SpillFolder open(long bound) {
    return SpillFolder.open(folder(), bound, "test").orElseThrow();
  }

  private static PageKey key(int number) {
    return PageKey.root(new byte[] {(byte) number});
  }

  private static byte[] content(int number) {
    byte[] bytes = new byte[BYTES];
    new SplittableRandom(number).nextBytes(bytes);
    return bytes;
  }

  private static void put(SpillFolder folder, int number) {
    folder.put(key(number), 0, new Bytes(content(number)));
  }

  private static boolean read(SpillFolder folder, int number) {
    byte[] into = new byte[BYTES];
    boolean found = folder.read(key(number), 0, new Bytes(into));
    if (found) {
      assertArrayEquals(content(number), into);
    }
    return found;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files.sorted().toList();
    }
  }

  @Test
  void page_comesBack_atOnceAndAfterARestart() {
    try (SpillFolder spill = open(MANY)) {
      put(spill, 1);
      put(spill, 2);
      assertTrue(spill.has(key(1), 0));
      assertTrue(read(spill, 1));
      assertFalse(spill.has(key(1), 1), "another group");
      assertFalse(read(spill, 3));
      assertEquals(1, spill.hits());
    }
    try (SpillFolder spill = open(MANY)) {
      assertTrue(read(spill, 1));
      assertTrue(read(spill, 2));
      assertEquals(2 * ON_DISK, spill.bytes());
      put(spill, 2);
    }
    try (SpillFolder spill = open(MANY)) {
      assertEquals(0, spill.writes());
      assertEquals(2 * ON_DISK, spill.bytes());
    }
  }

  @Test
  void folderAndFiles_areTheirOwnersAlone() throws IOException {
    try (SpillFolder spill = open(MANY)) {
      put(spill, 1);
    }
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder())));
    assertEquals(1, files().size());
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(files().getFirst())));
  }

  @Test
  void folderThatOthersCanRead_isRefused() throws IOException {
    Files.createDirectories(folder());
    Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString("rwxr-x---"));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> SpillFolder.open(folder(), MANY, "test"));
    assertTrue(e.getMessage().contains("rwxr-x---"), e.getMessage());
    assertTrue(e.getMessage().contains("chmod 700"), e.getMessage());
  }

  enum Damage {
    BIT_OF_THE_CONTENT,
    BIT_OF_THE_HEADER,
    BIT_OF_THE_HASH,
    CUT_OFF,
    EMPTY,
    LONGER,
    ANOTHER_PAGE,
    TEXT;

    byte[] of(byte[] file, byte[] other) {
      byte[] damaged = file.clone();
      switch (this) {
        case BIT_OF_THE_CONTENT -> damaged[file.length / 2] ^= 1;
        case BIT_OF_THE_HEADER -> damaged[3] ^= 1;
        case BIT_OF_THE_HASH -> damaged[file.length - 1] ^= 1;
        case CUT_OFF -> damaged = Arrays.copyOf(file, file.length - 1000);
        case EMPTY -> damaged = new byte[0];
        case LONGER -> damaged = Arrays.copyOf(file, file.length + 1);
        case ANOTHER_PAGE -> damaged = other.clone();
        case TEXT -> damaged = "a text that somebody put here".getBytes(StandardCharsets.UTF_8);
      }
      return damaged;
    }
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void damagedFile_isNotUsed_andRemoved(Damage damage) throws IOException {
    try (SpillFolder spill = open(MANY)) {
      put(spill, 1);
      put(spill, 2);
    }
    Path first = files().getFirst();
    int number = first.getFileName().toString().startsWith(hex(1)) ? 1 : 2;
    byte[] other = Files.readAllBytes(files().getLast());
    Files.write(first, damage.of(Files.readAllBytes(first), other));
    try (SpillFolder spill = open(MANY)) {
      assertFalse(read(spill, number));
      assertFalse(Files.exists(first));
      assertFalse(spill.has(key(number), 0));
      assertTrue(read(spill, 3 - number));
      assertEquals(1, spill.hits());
      assertEquals(ON_DISK, spill.bytes());
    }
  }

  private static String hex(int number) {
    return HexFormat.of().formatHex(key(number).bytes());
  }

  @Test
  void pageOfAnotherSize_isNotRead() {
    try (SpillFolder spill = open(MANY)) {
      put(spill, 1);
    }
    try (SpillFolder spill = open(MANY)) {
      assertFalse(spill.read(key(1), 0, new Bytes(new byte[BYTES - 4])));
      assertFalse(spill.has(key(1), 0));
    }
  }

  @Test
  void oldestFiles_areRemoved_whenTheBoundIsReached() throws IOException {
    try (SpillFolder spill = open(3 * ON_DISK)) {
      for (int i = 1; i <= 3; i++) {
        put(spill, i);
      }
    }
    try (SpillFolder spill = open(3 * ON_DISK)) {
      assertTrue(read(spill, 1)); // 2 is the oldest now
      put(spill, 4);
    }
    try (SpillFolder spill = open(3 * ON_DISK)) {
      assertFalse(spill.has(key(2), 0));
      assertEquals(3 * ON_DISK, spill.bytes());
      assertEquals(3, files().size());
    }
    try (SpillFolder spill = open(ON_DISK)) { // a smaller bound
      assertEquals(ON_DISK, spill.bytes());
      assertTrue(spill.has(key(4), 0));
    }
  }

  @Test
  void pageLargerThanTheBound_isNotWritten() throws IOException {
    try (SpillFolder spill = open(ON_DISK - 1)) {
      put(spill, 1);
    }
    assertEquals(List.of(), files());
  }

  @Test
  void otherFiles_areLeftAlone_andAbandonedPartsRemoved() throws IOException {
    try (SpillFolder spill = open(2 * ON_DISK)) {
      put(spill, 1);
    }
    Path other = Files.writeString(folder().resolve("letter.txt"), "x".repeat(100));
    Path part = Files.writeString(folder().resolve(hex(2) + "-0.page.1234.part"), "x");
    Path abandoned = Files.writeString(folder().resolve(hex(3) + "-0.page.1234.part"), "x");
    Files.setLastModifiedTime(abandoned, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
    try (SpillFolder spill = open(ON_DISK)) {
      put(spill, 2);
      put(spill, 3);
    }
    assertTrue(Files.exists(other));
    assertTrue(Files.exists(part), "another process may be writing it");
    assertFalse(Files.exists(abandoned));
    assertEquals(3, files().size(), "and one page");
  }

  @Test
  void twoOnOneFolder_findEachOthersPages_andMissWhatIsGone() throws IOException {
    try (SpillFolder first = open(MANY);
        SpillFolder second = open(MANY)) {
      put(first, 1);
      put(second, 1);
      put(second, 2);
    }
    assertEquals(2, files().size());
    try (SpillFolder first = open(MANY);
        SpillFolder second = open(MANY)) {
      assertTrue(read(first, 1));
      assertTrue(read(second, 1));
      for (Path file : files()) {
        Files.delete(file);
      }
      assertFalse(read(first, 2));
      assertFalse(first.has(key(2), 0));
    }
  }

  @Test
  void folderThatCannotBeWritten_isReadOn() throws IOException {
    try (SpillFolder spill = open(MANY)) {
      put(spill, 1);
    }
    Path moved = parent.resolve("moved");
    try (SpillFolder spill = open(MANY)) {
      Files.move(folder(), moved); // as a disk that fails; permissions do not hold root back
      put(spill, 2);
      put(spill, 3);
      awaitEmptyQueue(spill);
      Files.move(moved, folder());
      put(spill, 4);
      assertFalse(spill.has(key(4), 0), "writing ended with the first error");
      assertEquals(0, spill.writes());
      assertTrue(read(spill, 1));
    }
    assertEquals(1, files().size());
  }

  private static void awaitEmptyQueue(SpillFolder spill) {
    while (spill.has(key(2), 0) || spill.has(key(3), 0)) {
      Thread.onSpinWait();
    }
  }

  @Test
  void folderThatCannotBeMade_isDoneWithout() throws IOException {
    Files.writeString(parent.resolve("a"), "a file");
    assertTrue(SpillFolder.open(folder(), MANY, "test").isEmpty());
  }

  @Test
  void pageWithoutRoomInTheQueue_isOffered_withoutWaiting() {
    try (SpillFolder spill = open(1L << 30)) {
      for (int i = 0; i < 300; i++) { // 90 MB, of which 64 MiB may wait
        spill.offer(
            PageKey.root(new byte[] {(byte) i, (byte) (i >> 8)}), 0, new Bytes(new byte[BYTES]));
      }
    }
    try (SpillFolder spill = open(1L << 30)) {
      assertEquals(0, spill.bytes() % ON_DISK);
      assertTrue(spill.bytes() >= 200 * ON_DISK, "most were written: " + spill.bytes());
    }
  }
}
