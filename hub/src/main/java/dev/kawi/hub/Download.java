package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;

import dev.kawi.hub.HubHttp.Call;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

// How it works. A file is fetched in chunks by several requests at a time into `NAME.kawi-part`.
// Which chunks are there is written to the journal `NAME.kawi-chunks`: `7.` when chunk 7 is whole,
// `7+1048576.` when so many of its bytes are there, so that a slow line loses little. Its first
// line says of what (size, chunk size, digest), so that a journal of something else is not
// believed. A later run fetches what is missing. When all are there, the digest of the
// whole is compared and the file is renamed to its place: what has its name is complete and right.
// A journal that claims more than is on disk (a machine that lost its power) is found out by the
// digest, and all is fetched again, once. Only one process at a time may do this (StoreLock).

/// One file from a hub to disk: in parallel, resumable, verified.
final class Download {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int MOST_BETWEEN_NOTES = 1 << 20;
  private static final Pattern NOTE = Pattern.compile("(\\d{1,9})(?:\\+(\\d{1,18}))?\\.");
  private static final int ATTEMPTS_WITHOUT_PROGRESS = 6;

  private final HubHttp http;
  private final Hub hub;
  private final RemoteFile file;
  private final Path target;
  private final TransferListener listener;
  private final Disk disk;
  private final Path part;
  private final Path journal;

  Download(
      HubHttp http, Hub hub, RemoteFile file, Path target, TransferListener listener, Disk disk) {
    this.http = http;
    this.hub = hub;
    this.file = file;
    this.target = target;
    this.listener = listener;
    this.disk = disk;
    this.part = beside("kawi-part");
    this.journal = beside("kawi-chunks");
  }

  private Path beside(String ending) {
    return target.resolveSibling(target.getFileName() + "." + ending);
  }

  /// A server that answers a request for a part with the whole.
  private static final class RangesIgnored extends IOException {
    private static final long serialVersionUID = 1L;
  }

  /// Fetches the file, or finds that it is there.
  void run() throws IOException {
    Files.createDirectories(target.getParent());
    if (Files.exists(target) && Files.size(target) == file.size()) {
      listener.received(file.size(), true);
    } else {
      fetch();
    }
  }

  /// How many bytes are not on disk yet. What an interrupted run has fetched counts as there.
  long missing() throws IOException {
    if (Files.exists(target) && Files.size(target) == file.size()) {
      return 0;
    }
    long chunkBytes = http.settings().chunkBytes();
    return file.size() - LongStream.of(readJournal(chunkBytes)).sum();
  }

  private int chunks(long chunkBytes) {
    return Math.toIntExact(Math.ceilDiv(file.size(), chunkBytes));
  }

  /// The first line of the journal.
  private String head(long chunkBytes) {
    return "%d %d %s".formatted(file.size(), chunkBytes, file.digest().orElse("-"));
  }

  private void fetch() throws IOException {
    fetchContent();
    try {
      verify();
    } catch (HubException e) {
      listener.note(e.getMessage() + "; fetching it once more");
      listener.lost(file.size());
      discard();
      fetchContent();
      verifyOrDiscard();
    }
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(journal);
  }

  /// In chunks, or as one where the server knows no parts.
  private void fetchContent() throws IOException {
    try {
      fetchChunks(http.settings().chunkBytes());
    } catch (RangesIgnored e) {
      listener.note(file.path() + ": the server sends files only as a whole");
      discard();
      fetchWhole();
    }
  }

  private void fetchWhole() throws IOException {
    try {
      fetchChunks(Math.max(1, file.size()));
    } catch (RangesIgnored e) {
      discard();
      throw new HubException(
          Reason.UNREACHABLE,
          "%s: the connection broke, and %s cannot go on in the middle of a file; run it again"
              .formatted(file.path(), hub.title()),
          e);
    }
  }

  private void verifyOrDiscard() throws IOException {
    try {
      verify();
    } catch (HubException e) {
      discard();
      throw e;
    }
  }

  private void discard() throws IOException {
    Files.deleteIfExists(journal);
    Files.deleteIfExists(part);
  }

  private void fetchChunks(long chunkBytes) throws IOException {
    long[] there = readJournal(chunkBytes);
    long bytes = LongStream.of(there).sum();
    try (FileChannel out =
            FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileChannel log =
            FileChannel.open(journal, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      if (bytes == 0) {
        log.truncate(0);
        append(log, head(chunkBytes));
      } else {
        log.position(log.size());
        append(log, "");
      }
      listener.received(bytes, true);
      int[] missing =
          IntStream.range(0, there.length)
              .filter(chunk -> there[chunk] < chunkSize(chunk, chunkBytes))
              .toArray();
      fetchMissing(missing, there, chunkBytes, out, log);
      out.force(true);
    }
  }

  private long chunkSize(int chunk, long chunkBytes) {
    return Math.min(chunkBytes, file.size() - chunk * chunkBytes);
  }

  /// How many bytes of each chunk an earlier run has fetched.
  private long[] readJournal(long chunkBytes) throws IOException {
    long[] there = new long[chunks(chunkBytes)];
    if (Files.exists(journal) && Files.exists(part)) {
      List<String> lines = Files.readString(journal, StandardCharsets.US_ASCII).lines().toList();
      if (!lines.isEmpty() && lines.getFirst().equals(head(chunkBytes))) {
        for (String line : lines.subList(1, lines.size())) {
          Matcher note = NOTE.matcher(line);
          if (note.matches() && Integer.parseInt(note.group(1)) < there.length) {
            int chunk = Integer.parseInt(note.group(1));
            long size = chunkSize(chunk, chunkBytes);
            long bytes = note.group(2) == null ? size : Long.parseLong(note.group(2));
            there[chunk] = Math.max(there[chunk], Math.min(bytes, size));
          }
        }
        return there;
      }
      discard();
    }
    return there;
  }

  /// Lines of chunks end in a point: one that was cut off, by a crash or a full disk, is not taken
  /// for another. What is appended later begins with a line of its own.
  private static synchronized void append(FileChannel log, String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      log.write(bytes);
    }
  }

  private void fetchMissing(
      int[] missing, long[] there, long chunkBytes, FileChannel out, FileChannel log)
      throws IOException {
    AtomicInteger next = new AtomicInteger();
    int workers = Math.min(http.settings().workers(), missing.length);
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running =
          IntStream.range(0, workers)
              .<Future<?>>mapToObj(i ->
                  executor.submit(() -> {
                    for (int n = next.getAndIncrement();
                        n < missing.length;
                        n = next.getAndIncrement()) {
                      int chunk = missing[n];
                      Notes notes = new Notes(log, chunk, chunkBytes, chunkSize(chunk, chunkBytes));
                      fetchChunk(chunk, there[chunk], chunkBytes, out, notes);
                      append(log, chunk + ".");
                    }
                    return null;
                  }))
              .toList();
      await(running, executor);
    }
  }

  /// Waits for all; the first failure ends the others.
  private static void await(List<Future<?>> running, ExecutorService executor) throws IOException {
    try {
      for (Future<?> worker : running) {
        worker.get();
      }
    } catch (ExecutionException e) {
      executor.shutdownNow();
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException runtime -> throw runtime;
        case null, default -> throw new IOException(e);
      }
    } catch (InterruptedException e) {
      executor.shutdownNow();
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the download was interrupted; run it again to go on");
    }
  }

  /// Notes from time to time in the journal how far a chunk is.
  private static final class Notes {
    private final FileChannel log;
    private final int chunk;
    private final long start;
    private final long end;
    private final long between;
    private long noted;

    Notes(FileChannel log, int chunk, long chunkBytes, long size) {
      this.log = log;
      this.chunk = chunk;
      start = chunk * chunkBytes;
      end = start + size;
      between = Math.min(MOST_BETWEEN_NOTES, Math.max(1, chunkBytes / 4));
      noted = start;
    }

    /// The chunk is there up to this byte of the file.
    void reached(long at) throws IOException {
      if (at - noted >= between && at < end) {
        append(log, "%d+%d.".formatted(chunk, at - start));
        noted = at;
      }
    }
  }

  private void fetchChunk(int chunk, long there, long chunkBytes, FileChannel out, Notes notes)
      throws IOException {
    long from = chunk * chunkBytes + there;
    long end = chunk * chunkBytes + chunkSize(chunk, chunkBytes);
    Duration wait = http.settings().retryDelay();
    for (int failures = 0; from < end; ) {
      long before = from;
      try {
        from += copyRange(from, end, out, notes);
        if (from < end) {
          throw new IOException("the connection ended early");
        }
      } catch (HubException | RangesIgnored e) {
        throw e;
      } catch (Cut e) {
        from = e.reached;
        failures = from > before ? 0 : failures + 1;
        if (failures == ATTEMPTS_WITHOUT_PROGRESS) {
          throw new HubException(
              Reason.UNREACHABLE,
              "%s: %s sends no more (%s); what was received is kept, run it again to go on"
                  .formatted(file.path(), hub.title(), e.getMessage()),
              e);
        }
        HubHttp.pause(wait.multipliedBy(1L << failures));
      }
    }
  }

  /// A connection that broke, and up to where it came.
  private static final class Cut extends IOException {
    private static final long serialVersionUID = 1L;
    private final long reached;

    Cut(long reached, IOException cause) {
      super(cause.getMessage(), cause);
      this.reached = reached;
    }
  }

  /// Copies bytes from `from` to `end` (exclusive) and returns how many.
  private long copyRange(long from, long end, FileChannel out, Notes notes) throws IOException {
    boolean whole = from == 0 && end == file.size();
    Call call = Call.get(hub, file.path(), file.url());
    Reply response =
        http.open(whole ? call : call.with("Range", "bytes=%d-%d".formatted(from, end - 1)));
    try (InputStream body = response.body();
        Watch watch = new Watch(body, http.settings().patience())) {
      if (!whole) {
        requireRange(response, from);
      }
      return copy(body, from, end, out, watch, notes);
    }
  }

  private static void requireRange(Reply response, long from) throws RangesIgnored {
    String range = response.headers().firstValue("Content-Range").orElse("");
    if (response.wasCompressed()
        || response.statusCode() != 206
        || !range.startsWith("bytes %d-".formatted(from))) {
      throw new RangesIgnored();
    }
  }

  private long copy(
      InputStream body, long from, long end, FileChannel out, Watch watch, Notes notes)
      throws Cut, HubException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long at = from;
    try {
      while (at < end) {
        int count = body.read(buffer, 0, (int) Math.min(buffer.length, end - at));
        if (count < 0) {
          throw new IOException("the connection ended early");
        }
        watch.reset();
        write(out, ByteBuffer.wrap(buffer, 0, count), at);
        at += count;
        notes.reached(at);
        listener.received(count, false);
      }
      return at - from;
    } catch (HubException e) {
      throw e;
    } catch (IOException e) {
      throw new Cut(at, e);
    }
  }

  private void write(FileChannel out, ByteBuffer bytes, long at) throws HubException {
    try {
      while (bytes.hasRemaining()) {
        at += disk.write(out, bytes, at);
      }
    } catch (IOException e) {
      throw new HubException(
          Reason.NO_SPACE,
          "cannot write %s: %s; what was received is kept: make room, then run it again to go on"
              .formatted(part, e.getMessage()),
          e);
    }
  }

  /// Closes a body that gives nothing for too long, which ends the read that waits for it.
  private static final class Watch implements AutoCloseable {
    private final AtomicLong last = new AtomicLong(System.nanoTime());
    private final Thread thread;

    Watch(InputStream body, Duration patience) {
      thread =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  for (long left = patience.toNanos(); left > 0; left = left(patience)) {
                    Thread.sleep(Duration.ofNanos(left));
                  }
                  body.close();
                } catch (InterruptedException | IOException e) {
                  // The copy is over.
                }
              });
    }

    private long left(Duration patience) {
      return last.get() + patience.toNanos() - System.nanoTime();
    }

    void reset() {
      last.set(System.nanoTime());
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }

  private void verify() throws IOException {
    long size = Files.size(part);
    if (size != file.size()) {
      throw damaged("%d bytes".formatted(file.size()), "%d".formatted(size));
    }
    String expected = file.digest().orElse("").toLowerCase(Locale.ROOT);
    if (!expected.isEmpty()) {
      String found = file.sha256().isPresent() ? sha256() : gitSha1();
      if (!found.equals(expected)) {
        throw damaged(expected, found);
      }
    }
  }

  private HubException damaged(String expected, String found) {
    return new HubException(
        Reason.DAMAGED,
        "%s from %s is damaged: expected %s, found %s"
            .formatted(file.path(), hub.title(), expected, found));
  }

  private String sha256() throws IOException {
    return hash(digest("SHA-256"));
  }

  /// The name that git gives to content: SHA-1 of `blob SIZE`, a zero byte and the content.
  private String gitSha1() throws IOException {
    MessageDigest digest = digest("SHA-1");
    digest.update("blob %d\0".formatted(file.size()).getBytes(StandardCharsets.US_ASCII));
    return hash(digest);
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Bug: Java has no " + algorithm, e);
    }
  }

  private String hash(MessageDigest digest) throws IOException {
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(part)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
