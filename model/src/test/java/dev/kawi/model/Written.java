package dev.kawi.model;

import dev.kawi.safetensors.SafetensorsFile;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A tensor of a safetensors file, in F32.
///
/// @param shape sizes, outermost first
/// @param values row-major
@SuppressWarnings("ArrayRecordComponent") // never compared
record Written(List<Long> shape, float[] values) {
  /// Writes a file.
  static void write(Path file, Map<String, Written> tensors) throws IOException {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
    long at = 0;
    for (Map.Entry<String, Written> tensor : tensors.entrySet()) {
      long end = at + 4L * tensor.getValue().values().length;
      header.append(
          ",\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(tensor.getKey(), tensor.getValue().shape(), at, end));
      at = end;
    }
    byte[] text = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
      out.write(text);
      for (Written tensor : tensors.values()) {
        float[] values = tensor.values();
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        out.write(bytes.array());
      }
    }
  }

  /// Adds the tensors of a file, which are in F32.
  static void read(Path file, Map<String, Written> to) throws IOException {
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      for (SafetensorsFile.Entry tensor : opened.tensors()) {
        float[] values = opened.data(tensor).toArray(ValueLayout.JAVA_FLOAT);
        to.put(tensor.name(), new Written(tensor.shape(), values));
      }
    }
  }

  /// This matrix and `scale` times the product of b [rows, rank] and a [rank, cols].
  Written plus(float scale, Written b, Written a) {
    int rank = Math.toIntExact(a.shape().getFirst());
    int cols = Math.toIntExact(a.shape().getLast());
    float[] sum = values.clone();
    for (int i = 0; i < sum.length; i++) {
      double product = 0;
      for (int k = 0; k < rank; k++) {
        product += (double) b.values[i / cols * rank + k] * a.values[k * cols + i % cols];
      }
      sum[i] = (float) (sum[i] + scale * product);
    }
    return new Written(shape, sum);
  }

  /// With rows and columns exchanged.
  Written transposed() {
    int rows = Math.toIntExact(shape.getFirst());
    int cols = Math.toIntExact(shape.getLast());
    float[] turned = new float[values.length];
    for (int i = 0; i < turned.length; i++) {
      turned[i % cols * rows + i / cols] = values[i];
    }
    return new Written(shape.reversed(), turned);
  }
}
