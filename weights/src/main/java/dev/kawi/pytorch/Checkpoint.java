package dev.kawi.pytorch;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.pytorch.PickleValue.Int;
import dev.kawi.pytorch.PickleValue.Items;
import dev.kawi.pytorch.PickleValue.Singleton;
import dev.kawi.pytorch.PickleValue.Storage;
import dev.kawi.pytorch.PickleValue.Table;
import dev.kawi.pytorch.PickleValue.Text;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

// How it works. Since version 1.6, torch.save writes a zip file with a folder in it: `data.pkl`,
// the pickle, and `data/KEY`, the bytes of each storage. Before, it wrote pickles one after
// another: a magic number, the version, facts about the machine, the value itself, and a list of
// the keys of storages; then for each key the number of elements in eight bytes and the elements.
// These lie as they happen to fall, not at multiples of their size.

/// What a file of `torch.save` holds: a value, and where the storages lie that it is made of.
/// Source: `torch/serialization.py`.
record Checkpoint(PickleValue root, Map<String, Extent> storages) {
  private static final String PICKLE = "/data.pkl";
  private static final long MOST_PICKLE_BYTES = 1 << 26;
  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final byte[] GIT_LFS =
      "version https://git-lfs".getBytes(StandardCharsets.ISO_8859_1);

  /// A pickle of the number 0x1950a86a20f9469cfc6c.
  private static final byte[] MAGIC = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e");

  private static final long VERSION = 1001;
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Reads all but the storages.
  static Checkpoint read(Source source, MemorySegment bytes) {
    if (startsWith(bytes, ZIP)) {
      return ofZip(source, bytes);
    }
    if (startsWith(bytes, MAGIC)) {
      return ofPickles(source, bytes);
    }
    if (startsWith(bytes, GIT_LFS)) {
      throw source.wrong("is a pointer of Git LFS, not the weights; get them with 'git lfs pull'");
    }
    throw source.damaged("is no file of torch.save, neither a zip file nor a row of pickles");
  }

  private static boolean startsWith(MemorySegment bytes, byte[] start) {
    return bytes.byteSize() >= start.length
        && bytes.asSlice(0, start.length).mismatch(MemorySegment.ofArray(start)) < 0;
  }

  private static Checkpoint ofZip(Source source, MemorySegment bytes) {
    Map<String, Extent> entries = ZipDirectory.read(source, bytes);
    List<String> pickles =
        entries.keySet().stream()
            .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == name.lastIndexOf('/'))
            .toList();
    if (pickles.size() != 1) {
      throw source.damaged("is a zip file with %d data.pkl, expected 1".formatted(pickles.size()));
    }
    String pickle = pickles.getFirst();
    String folder = pickle.substring(0, pickle.length() - PICKLE.length());
    Extent order = entries.get(folder + "/byteorder");
    if (order != null && startsWith(slice(bytes, order), new byte[] {'b', 'i', 'g'})) {
      throw bigEndian(source);
    }
    Extent extent = entries.get(pickle);
    if (extent.size() > MOST_PICKLE_BYTES) {
      throw source.damaged("has a pickle of %d bytes".formatted(extent.size()));
    }
    PickleInput in = new PickleInput(source, slice(bytes, extent));
    PickleValue root = new Unpickler(in, new Rebuilder(in)).read();
    Map<String, Extent> storages = new HashMap<>();
    String data = folder + "/data/";
    entries.forEach((name, place) -> {
      if (name.startsWith(data)) {
        storages.put(name.substring(data.length()), place);
      }
    });
    return new Checkpoint(root, storages);
  }

  private static MemorySegment slice(MemorySegment bytes, Extent extent) {
    return bytes.asSlice(extent.from(), extent.size());
  }

  private static ModelFormatException bigEndian(Source source) {
    return source.wrong(
        "was written on a big-endian machine, little endian is expected; convert it to safetensors");
  }

  private static Checkpoint ofPickles(Source source, MemorySegment bytes) {
    long most = Math.min(bytes.byteSize(), MOST_PICKLE_BYTES);
    PickleInput in = new PickleInput(source, bytes.asSlice(0, most));
    in.skip(MAGIC.length);
    Rebuilder rebuilder = new Rebuilder(in);
    PickleValue version = new Unpickler(in, rebuilder).read();
    if (!(version instanceof Int number) || number.value() != VERSION) {
      throw source.wrong(
          "is of version %s of torch.save's old format, expected is %d; convert it to safetensors"
              .formatted(version.kind(), VERSION));
    }
    PickleValue machine = new Unpickler(in, rebuilder).read();
    if (!(machine instanceof Table facts)
        || facts.values().get("little_endian") != Singleton.TRUE) {
      throw bigEndian(source);
    }
    PickleValue root = new Unpickler(in, rebuilder).read();
    PickleValue keys = new Unpickler(in, rebuilder).read();
    if (!(keys instanceof Items items)) {
      throw in.damaged("has %s in the place of the keys of storages".formatted(keys.kind()));
    }
    return new Checkpoint(
        root, storages(source, bytes, in.position(), items, rebuilder.storages()));
  }

  private static Map<String, Extent> storages(
      Source source, MemorySegment bytes, long begin, Items keys, Map<String, Storage> named) {
    Map<String, Extent> storages = new HashMap<>();
    long from = begin;
    for (PickleValue key : keys.values()) {
      Storage storage = key instanceof Text text ? named.get(text.value()) : null;
      if (storage == null) {
        throw source.damaged("lists a storage that no tensor uses, %s".formatted(key.kind()));
      }
      long left = bytes.byteSize() - from - Long.BYTES;
      boolean fits = left >= 0 && storage.elements() <= left / storage.type().bytes();
      if (!fits || bytes.get(LONG, from) != storage.elements()) {
        throw source.damaged(
            "does not have the %d elements of storage %s at byte %d of %d"
                .formatted(storage.elements(), storage.key(), from, bytes.byteSize()));
      }
      Extent extent = new Extent(from + Long.BYTES, storage.elements() * storage.type().bytes());
      storages.put(storage.key(), extent);
      from = extent.from() + extent.size();
    }
    return storages;
  }
}
