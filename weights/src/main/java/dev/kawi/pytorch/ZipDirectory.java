package dev.kawi.pytorch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

// How it works. A zip file ends in a record that says where its directory is; a file whose numbers
// need more than 32 bits has a second such record before it, found by a third. The directory says
// where each entry's own header is, behind which the bytes lie. PyTorch never compresses them, so
// a tensor is a slice of the file.

/// The directory of a zip file whose entries are stored as they are. Source: APPNOTE.TXT of PKWARE,
/// 4.3 and 4.5.3.
final class ZipDirectory {
  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int LONGEST_COMMENT = 65_535;
  private static final int END_64 = 0x06064b50;
  private static final int END_64_BYTES = 56;
  private static final int LOCATOR = 0x07064b50;
  private static final int LOCATOR_BYTES = 20;
  private static final int ENTRY = 0x02014b50;
  private static final int ENTRY_BYTES = 46;
  private static final int LOCAL = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int EXTRA_64 = 1;
  private static final long IN_EXTRA = 0xFFFF_FFFFL;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Source source;
  private final MemorySegment bytes;
  private final Map<String, Extent> entries = new LinkedHashMap<>();

  private ZipDirectory(Source source, MemorySegment bytes) {
    this.source = source;
    this.bytes = bytes;
  }

  /// Where the bytes of each entry lie, by its name.
  static Map<String, Extent> read(Source source, MemorySegment bytes) {
    ZipDirectory directory = new ZipDirectory(source, bytes);
    directory.readEntries(directory.extent());
    return Collections.unmodifiableMap(directory.entries);
  }

  private int unsignedShort(long at) {
    return Short.toUnsignedInt(bytes.get(SHORT, at));
  }

  private long unsignedInt(long at) {
    return Integer.toUnsignedLong(bytes.get(INT, at));
  }

  /// Whether a record of this signature and length can lie here.
  private boolean isRecord(int signature, long at, long length) {
    return at >= 0 && at <= bytes.byteSize() - length && bytes.get(INT, at) == signature;
  }

  private long end() {
    long last = bytes.byteSize() - END_BYTES;
    for (long at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
      if (isRecord(END, at, END_BYTES) && unsignedShort(at + 20) == last - at) {
        return at;
      }
    }
    throw source.damaged("is a zip file without a directory at its end");
  }

  /// Where the directory is.
  private Extent extent() {
    long end = end();
    long locator = end - LOCATOR_BYTES;
    if (!isRecord(LOCATOR, locator, LOCATOR_BYTES)) {
      return checked("directory", unsignedInt(end + 16), unsignedInt(end + 12));
    }
    long end64 = bytes.get(LONG, locator + 8);
    if (!isRecord(END_64, end64, END_64_BYTES)) {
      throw source.damaged("is a zip file that ends in a directory which is not there");
    }
    return checked("directory", bytes.get(LONG, end64 + 48), bytes.get(LONG, end64 + 40));
  }

  private Extent checked(String what, long from, long size) {
    if (from < 0 || size < 0 || from > bytes.byteSize() || size > bytes.byteSize() - from) {
      throw source.damaged(
          "is a zip file whose %s is said to be %d bytes at %d, in a file of %d"
              .formatted(what, size, from, bytes.byteSize()));
    }
    return new Extent(from, size);
  }

  private void readEntries(Extent directory) {
    long end = directory.from() + directory.size();
    long at = directory.from();
    while (at < end) {
      long next = isRecord(ENTRY, at, ENTRY_BYTES) ? at + entryBytes(at) : Long.MAX_VALUE;
      if (next > end) {
        throw source.damaged("is a zip file with a directory that breaks off");
      }
      readEntry(at);
      at = next;
    }
  }

  private int entryBytes(long at) {
    return ENTRY_BYTES + unsignedShort(at + 28) + unsignedShort(at + 30) + unsignedShort(at + 32);
  }

  private void readEntry(long at) {
    byte[] text =
        bytes.asSlice(at + ENTRY_BYTES, unsignedShort(at + 28)).toArray(ValueLayout.JAVA_BYTE);
    String name = new String(text, StandardCharsets.UTF_8);
    int method = unsignedShort(at + 10);
    boolean encrypted = (unsignedShort(at + 8) & 1) != 0;
    if (method != 0 || encrypted) {
      throw source.wrong(
          "is a zip file with %s %s (method %d), PyTorch stores all as it is; save it with torch.save"
              .formatted(encrypted ? "encrypted" : "compressed", name, method));
    }
    if (entries.putIfAbsent(name, content(name, at)) != null) {
      throw source.damaged("is a zip file with two entries of the name " + name);
    }
  }

  private Extent content(String name, long at) {
    long extra = at + ENTRY_BYTES + unsignedShort(at + 28);
    long extraEnd = extra + unsignedShort(at + 30);
    long[] sizes = {unsignedInt(at + 24), unsignedInt(at + 20), unsignedInt(at + 42)};
    while (extra + 4 <= extraEnd) {
      long end = extra + 4 + unsignedShort(extra + 2);
      if (unsignedShort(extra) == EXTRA_64) {
        readLongSizes(sizes, extra + 4, Math.min(end, extraEnd));
      }
      extra = end;
    }
    long local = checked("entry " + name, sizes[2], LOCAL_BYTES).from();
    if (!isRecord(LOCAL, local, LOCAL_BYTES)) {
      throw source.damaged("is a zip file without the entry %s where it should be".formatted(name));
    }
    long from = local + LOCAL_BYTES + unsignedShort(local + 26) + unsignedShort(local + 28);
    return checked("entry " + name, from, sizes[0]);
  }

  /// Replaces the numbers that did not fit into 32 bits, in the order in which they are written.
  private void readLongSizes(long[] sizes, long from, long end) {
    long at = from;
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] == IN_EXTRA && at + Long.BYTES <= end) {
        sizes[i] = bytes.get(LONG, at);
        at += Long.BYTES;
      }
    }
  }
}
