package dev.kawi.engine;

import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What a model computes, as a hash of its content: every key-value pair and every tensor, wherever
/// the file lies and whatever it is called.
final class ModelContent {
  private static final long SLICE = 8 << 20;
  private static final int CHUNK = 256 << 10;

  private ModelContent() {}

  /// SHA-256 over the key-value pairs, the names, types and shapes of the tensors, and the hashes
  /// of their bytes, slice by slice, on all cores.
  static byte[] hash(ModelFile file) {
    MessageDigest digest = PageKey.sha256();
    file.metadata()
        .asMap()
        .forEach((key, value) -> {
          add(digest, key);
          add(digest, value);
        });
    List<MemorySegment> slices = new ArrayList<>();
    for (TensorInfo tensor : file.tensors()) {
      add(digest, tensor.name());
      add(digest, tensor.typeName());
      add(digest, tensor.shape());
      if (tensor.readable()) { // no layer uses the others
        MemorySegment data = file.data(tensor);
        for (long from = 0; from < data.byteSize(); from += SLICE) {
          slices.add(data.asSlice(from, Math.min(SLICE, data.byteSize() - from)));
        }
      }
    }
    slices.parallelStream().map(ModelContent::hash).toList().forEach(digest::update);
    return digest.digest();
  }

  /// Adds a value so that no two values add the same bytes.
  private static void add(MessageDigest digest, Object value) {
    if (value instanceof List<?> list) {
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, list.size()));
      list.forEach(element -> add(digest, element));
    } else {
      byte[] text = Arrays.deepToString(new Object[] {value}).getBytes(StandardCharsets.UTF_8);
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, text.length));
      digest.update(text);
    }
  }

  private static byte[] hash(MemorySegment slice) {
    MessageDigest digest = PageKey.sha256();
    byte[] chunk = new byte[(int) Math.min(CHUNK, slice.byteSize())];
    for (long from = 0; from < slice.byteSize(); from += chunk.length) {
      int count = (int) Math.min(chunk.length, slice.byteSize() - from);
      MemorySegment.copy(slice, ValueLayout.JAVA_BYTE, from, chunk, 0, count);
      digest.update(chunk, 0, count);
    }
    return digest.digest();
  }
}
