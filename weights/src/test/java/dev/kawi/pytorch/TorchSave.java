package dev.kawi.pytorch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writes the zip files of `torch.save` around any pickle.
public final class TorchSave {
  private TorchSave() {}

  /// A file with these storages, by the keys `0`, `1` and so on.
  public static byte[] zip(byte[] pickle, byte[]... storages) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      store(out, "archive/data.pkl", pickle);
      store(out, "archive/byteorder", new byte[] {'l', 'i', 't', 't', 'l', 'e'});
      for (int i = 0; i < storages.length; i++) {
        store(out, "archive/data/" + i, storages[i]);
      }
      store(out, "archive/version", new byte[] {'3', '\n'});
    }
    return bytes.toByteArray();
  }

  static byte[] bigEndian(byte[] pickle) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      store(out, "archive/data.pkl", pickle);
      store(out, "archive/byteorder", new byte[] {'b', 'i', 'g'});
    }
    return bytes.toByteArray();
  }

  static byte[] compressed(byte[] pickle) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      out.putNextEntry(new ZipEntry("archive/data.pkl"));
      out.write(pickle);
    }
    return bytes.toByteArray();
  }

  private static void store(ZipOutputStream out, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    out.putNextEntry(entry);
    out.write(content);
    out.closeEntry();
  }
}
