package dev.kawi.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

// How it works. A file holds one page: a header (the format, the key, the group, the size of the
// content), the content, and SHA-256 over both. Its name is the key and the group. Since a key
// stands for all that the content depends on, a folder serves several models at once; since names
// are unique and files are written beside and renamed, it serves several processes.
//
// The engine's thread reads: what is there it knows from an index, a file costs a read and a hash.
// To write, it copies the page into a queue, which a thread of the folder's own empties; while the
// page waits there, it can be read back from the queue. What finds the queue full is not written.
//
// The index lists the files from the one that was used longest ago, which is removed first; their
// times of modification say the same to other processes and after a restart. Others may write and
// remove files, too: the index is read anew whenever a part of the bound has been written, and a
// file that is gone is a page that was not found.
//
// Whatever goes wrong here costs time and nothing else: a file that is not exactly what was written
// is removed; the first error of writing ends the writing, with a warning.

/// Pages of cached texts in files. Safe for use by the engine's thread and its own.
final class SpillFolder implements AutoCloseable {
  /// The bytes of a page.
  interface Content {
    /// How many.
    long byteSize();

    /// Fills `target` from byte `at` on.
    void read(long at, ByteBuffer target);

    /// Puts all of `source` from byte `at` on.
    void write(long at, ByteBuffer source);
  }

  private static final System.Logger LOG = System.getLogger(SpillFolder.class.getName());

  /// Another one whenever pages, or what kernels write into them, change: content of another
  /// version would not give the same bits.
  private static final byte[] FORMAT = {'K', 'a', 'w', 'i', 'P', 'a', 'g', '1'};

  private static final int HEADER = FORMAT.length + 4 * Long.BYTES + Integer.BYTES + Long.BYTES;
  private static final int HASH = 32;
  private static final int CHUNK = 256 << 10;

  /// What a file takes is counted in blocks, so that small pages do not become countless files.
  private static final int DISK_BLOCK = 4096;

  /// The index is read anew when this part of the bound has been written.
  private static final int SCANS = 16;

  private static final Duration ABANDONED = Duration.ofHours(1);
  private static final Pattern NAME = Pattern.compile("([0-9a-f]{64})-(0|[1-9]\\d{0,3})\\.page");
  private static final Pattern PART = Pattern.compile(NAME + "\\.[0-9a-f-]+\\.part");

  /// Bytes that may wait to be written; a single larger page may, too.
  private static final long QUEUE_BYTES = 64 << 20;

  /// The largest page that is written, since the queue is on the heap.
  private static final long LARGEST_PAGE = 256 << 20;

  /// Which page a file holds.
  private record Name(PageKey key, int group) {
    String file() {
      return HexFormat.of().formatHex(key.bytes()) + "-" + group + ".page";
    }

    static Optional<Name> of(Path file) {
      Matcher matcher = NAME.matcher(file.getFileName().toString());
      return matcher.matches()
          ? Optional.of(
              new Name(
                  PageKey.of(HexFormat.of().parseHex(matcher.group(1))),
                  Integer.parseInt(matcher.group(2))))
          : Optional.empty();
    }
  }

  private final Path folder;
  private final long bound;
  private final Thread writer;
  private final byte[] chunk = new byte[CHUNK]; // of the thread that reads

  // All below is guarded by this.

  /// Bytes on disk of each file, the one used longest ago first.
  private final Map<Name, Long> files = new LinkedHashMap<>();

  private final Map<Name, byte[]> queue = new LinkedHashMap<>();
  private long queued;
  private long bytes;
  private long writtenSinceScan;
  private long hits;
  private long writes;
  private boolean writing = true;
  private boolean closed;

  private SpillFolder(Path folder, long bound, String name) {
    this.folder = folder;
    this.bound = bound;
    writer = Thread.ofPlatform().daemon().name("kawi-spill-" + name).unstarted(this::writeQueue);
  }

  /// Opens a folder, which is made if it is not there. If that fails there is a warning and no
  /// folder.
  ///
  /// @param bound bytes that its files may take
  /// @param name for its thread
  /// @throws IllegalArgumentException if others than its owner can look into the folder
  static Optional<SpillFolder> open(Path folder, long bound, String name) {
    SpillFolder spill = new SpillFolder(folder.toAbsolutePath(), bound, name);
    try {
      spill.makeFolder();
      spill.scan();
      spill.removeOldest(0);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the folder for cached beginnings, %s, cannot be used; the model runs without it"
              .formatted(folder),
          e);
      return Optional.empty();
    }
    spill.writer.start();
    return Optional.of(spill);
  }

  // ---- for the engine's thread ----

  /// Whether the page can be had, as far as is known.
  synchronized boolean has(PageKey key, int group) {
    Name name = new Name(key, group);
    return queue.containsKey(name) || files.containsKey(name);
  }

  /// Reads a page; false if it is not there, or is not what was written, and then the content of
  /// `page` is undefined.
  boolean read(PageKey key, int group, Content page) {
    Name name = new Name(key, group);
    synchronized (this) {
      byte[] waiting = queue.get(name);
      if (waiting != null && waiting.length == page.byteSize()) {
        page.write(0, ByteBuffer.wrap(waiting));
        hits++;
        return true;
      }
    }
    Path file = folder.resolve(name.file());
    boolean valid;
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      valid = isValid(in, name, page);
    } catch (IOException e) {
      forget(name); // removed by another process, or the disk fails
      return false;
    }
    if (valid) {
      synchronized (this) {
        hits++;
        use(name);
      }
    } else {
      LOG.log(System.Logger.Level.INFO, "{0} is damaged and removed", file);
      forget(name);
      remove(file);
    }
    return valid;
  }

  private boolean isValid(InputStream in, Name name, Content page) throws IOException {
    byte[] header = header(name, page.byteSize());
    if (!Arrays.equals(header, in.readNBytes(HEADER))) {
      return false;
    }
    MessageDigest digest = PageKey.sha256();
    digest.update(header);
    for (long at = 0; at < page.byteSize(); at += CHUNK) {
      int count = (int) Math.min(CHUNK, page.byteSize() - at);
      if (in.readNBytes(chunk, 0, count) < count) {
        return false;
      }
      digest.update(chunk, 0, count);
      page.write(at, ByteBuffer.wrap(chunk, 0, count));
    }
    return Arrays.equals(digest.digest(), in.readNBytes(HASH)) && in.read() < 0;
  }

  /// Writes a page some time later, unless too many wait for that.
  synchronized void offer(PageKey key, int group, Content page) {
    if (hasRoom(page.byteSize())) {
      enqueue(new Name(key, group), page);
    }
  }

  /// Writes a page some time later, and waits while too many wait for that.
  synchronized void put(PageKey key, int group, Content page) {
    boolean interrupted = false;
    while (writing && !hasRoom(page.byteSize())) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    enqueue(new Name(key, group), page);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean hasRoom(long size) {
    return queue.isEmpty() || queued + size <= QUEUE_BYTES;
  }

  private void enqueue(Name name, Content page) {
    if (files.containsKey(name)) {
      use(name);
    } else if (writing
        && !queue.containsKey(name)
        && page.byteSize() <= LARGEST_PAGE
        && onDisk(page.byteSize()) <= bound) {
      ByteBuffer bytes = ByteBuffer.allocate((int) page.byteSize());
      page.read(0, bytes);
      queue.put(name, bytes.array());
      queued += page.byteSize();
      notifyAll();
    }
  }

  /// Notes that a file was used just now, for this process and others.
  private void use(Name name) {
    Long size = files.remove(name);
    if (size != null) {
      files.put(name, size);
      try {
        setUsed(folder.resolve(name.file()));
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "the time of a file could not be set", e);
      }
    }
  }

  private static void setUsed(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
  }

  private synchronized void forget(Name name) {
    Long size = files.remove(name);
    bytes -= size == null ? 0 : size;
  }

  // ---- numbers ----

  /// Pages that were read.
  synchronized long hits() {
    return hits;
  }

  /// Pages that were written.
  synchronized long writes() {
    return writes;
  }

  /// What the files take.
  synchronized long bytes() {
    return bytes;
  }

  /// How many pages of a size the folder can hold.
  long room(long pageBytes) {
    return bound / onDisk(pageBytes);
  }

  /// What the file of a page takes.
  private static long onDisk(long pageBytes) {
    return Math.ceilDiv(HEADER + pageBytes + HASH, DISK_BLOCK) * DISK_BLOCK;
  }

  // ---- the thread that writes ----

  private void writeQueue() {
    for (Optional<Map.Entry<Name, byte[]>> next = next(); next.isPresent(); next = next()) {
      Name name = next.get().getKey();
      byte[] page = next.get().getValue();
      try {
        removeOldest(onDisk(page.length));
        write(name, page);
        written(name, page);
      } catch (IOException | RuntimeException e) {
        stopWriting(e);
      }
    }
  }

  /// The next page to write; empty when there are none and will be none.
  private synchronized Optional<Map.Entry<Name, byte[]>> next() {
    while (queue.isEmpty() && !closed) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new IllegalStateException("Bug: nobody interrupts this thread", e);
      }
    }
    return queue.entrySet().stream().findFirst().map(Map.Entry::copyOf);
  }

  private void write(Name name, byte[] page) throws IOException {
    byte[] header = header(name, page.length);
    MessageDigest digest = PageKey.sha256();
    digest.update(header);
    digest.update(page);
    Path file = folder.resolve(name.file());
    Path part = folder.resolve(name.file() + "." + UUID.randomUUID() + ".part");
    try {
      try (FileChannel out =
          FileChannel.open(
              part,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              forOwner("rw-------"))) {
        writeAll(out, header);
        writeAll(out, page);
        writeAll(out, digest.digest());
      }
      setUsed(part); // the clock of the file system may be a coarser one
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      remove(part);
      throw e;
    }
  }

  private static void writeAll(FileChannel out, byte[] bytes) throws IOException {
    for (int at = 0; at < bytes.length; at += CHUNK) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes, at, Math.min(CHUNK, bytes.length - at));
      while (buffer.hasRemaining()) {
        out.write(buffer);
      }
    }
  }

  private void written(Name name, byte[] page) throws IOException {
    boolean scan;
    synchronized (this) {
      Long before = files.put(name, onDisk(page.length));
      bytes += onDisk(page.length) - (before == null ? 0 : before);
      writes++;
      writtenSinceScan += onDisk(page.length);
      dequeue(name, page);
      scan = writtenSinceScan > bound / SCANS;
    }
    if (scan) {
      scan();
    }
  }

  private void dequeue(Name name, byte[] page) {
    queue.remove(name);
    queued -= page.length;
    notifyAll();
  }

  private synchronized void stopWriting(Exception cause) {
    queue.clear();
    queued = 0;
    notifyAll();
    if (writing) {
      writing = false;
      LOG.log(
          System.Logger.Level.WARNING,
          "the folder for cached beginnings, %s, cannot be written; the model goes on without writing to it. Is the disk full?"
              .formatted(folder),
          cause);
    }
  }

  /// Removes files until so many bytes more fit.
  private void removeOldest(long more) {
    List<Path> oldest = new ArrayList<>();
    synchronized (this) {
      Iterator<Map.Entry<Name, Long>> entries = files.entrySet().iterator();
      while (bytes + more > bound && entries.hasNext()) {
        Map.Entry<Name, Long> entry = entries.next();
        bytes -= entry.getValue();
        oldest.add(folder.resolve(entry.getKey().file()));
        entries.remove();
      }
    }
    oldest.forEach(SpillFolder::remove);
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a file of cached beginnings could not be removed", e);
    }
  }

  // ---- the folder ----

  private record Found(Name name, FileTime used, long bytes) {}

  private void makeFolder() throws IOException {
    if (!Files.exists(folder)) {
      Path parent = folder.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      try {
        Files.createDirectory(folder, forOwner("rwx------"));
      } catch (FileAlreadyExistsException e) {
        LOG.log(System.Logger.Level.DEBUG, "another process made the folder at the same time", e);
      }
    }
    if (!Files.isDirectory(folder)) {
      throw new NotDirectoryException(folder.toString());
    }
    if (isPosix()) {
      String found = PosixFilePermissions.toString(Files.getPosixFilePermissions(folder));
      if (!found.endsWith("------")) {
        throw new IllegalArgumentException(
            "the folder for cached beginnings, %s, has the permissions %s; it must be its owner's alone, since it tells what was asked: chmod 700, or name a new folder"
                .formatted(folder, found));
      }
    }
  }

  private boolean isPosix() {
    return folder.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private FileAttribute<?>[] forOwner(String permissions) {
    return isPosix()
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  /// Reads what is there. Parts that a process left when it died are removed.
  private void scan() throws IOException {
    List<Found> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path file : entries) {
        look(file).ifPresent(found::add);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    found.sort(Comparator.comparing(Found::used));
    synchronized (this) {
      files.clear();
      bytes = 0;
      for (Found file : found) {
        files.put(file.name(), file.bytes());
        bytes += file.bytes();
      }
      writtenSinceScan = 0;
    }
  }

  private Optional<Found> look(Path file) throws IOException {
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return Optional.empty(); // removed meanwhile
    }
    FileTime used = attributes.lastModifiedTime();
    if (PART.matcher(file.getFileName().toString()).matches()
        && used.toInstant().isBefore(Instant.now().minus(ABANDONED))) {
      remove(file);
    }
    return attributes.isRegularFile()
        ? Name.of(file)
            .map(name -> new Found(name, used, onDisk(attributes.size() - HEADER - HASH)))
        : Optional.empty();
  }

  private static byte[] header(Name name, long size) {
    return ByteBuffer.allocate(HEADER)
        .put(FORMAT)
        .put(name.key().bytes())
        .putInt(name.group())
        .putLong(size)
        .array();
  }

  /// Writes what waits, and ends.
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    boolean interrupted = false;
    while (writer.isAlive()) {
      try {
        writer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
