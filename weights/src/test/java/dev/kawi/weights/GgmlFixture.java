package dev.kawi.weights;

import dev.kawi.tensor.StorageType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A tiny LLaMA of random weights in a format before GGUF, written as the C code of its time wrote
/// it, and the values that it had for that code.
final class GgmlFixture {
  static final int HIDDEN = 64;
  static final int INTERMEDIATE = 96;
  static final int VOCABULARY = 262;
  static final int LAYERS = 2;
  static final int HEADS = 4;
  static final int KV_HEADS = 2;

  /// Stored bytes by Meta's names.
  final Map<String, byte[]> stored = new LinkedHashMap<>();

  /// Where the first tensor begins.
  final int firstTensor;

  private final GgmlFormat format;
  private final StorageType type;
  private final Random random;
  private final ByteBuffer file = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);

  GgmlFixture(GgmlFormat format, StorageType type, long seed) {
    this.format = format;
    this.type = type;
    this.random = new Random(seed);
    header(VOCABULARY, HIDDEN, 32, HEADS, LAYERS, HIDDEN / HEADS, 1);
    vocabulary();
    firstTensor = file.position();
    for (int i = 0; i < LAYERS; i++) {
      layer("layers." + i + ".");
    }
    matrix("tok_embeddings.weight", VOCABULARY, HIDDEN);
    norm("norm.weight");
    matrix("output.weight", VOCABULARY, HIDDEN);
  }

  private void layer(String prefix) {
    norm(prefix + "attention_norm.weight");
    matrix(prefix + "attention.wq.weight", HIDDEN, HIDDEN);
    matrix(prefix + "attention.wk.weight", HIDDEN / HEADS * KV_HEADS, HIDDEN);
    matrix(prefix + "attention.wv.weight", HIDDEN / HEADS * KV_HEADS, HIDDEN);
    matrix(prefix + "attention.wo.weight", HIDDEN, HIDDEN);
    norm(prefix + "ffn_norm.weight");
    matrix(prefix + "feed_forward.w1.weight", INTERMEDIATE, HIDDEN);
    matrix(prefix + "feed_forward.w2.weight", HIDDEN, INTERMEDIATE);
    matrix(prefix + "feed_forward.w3.weight", INTERMEDIATE, HIDDEN);
  }

  /// The whole file.
  byte[] bytes() {
    return Arrays.copyOf(file.array(), file.position());
  }

  private void header(int... sizes) {
    String title = format.title();
    int version = title.length() == 4 ? 0 : title.charAt(5) - '0';
    file.put(
        new StringBuilder(title.substring(0, 4))
            .reverse()
            .toString()
            .getBytes(StandardCharsets.US_ASCII));
    if (version > 0) {
      file.putInt(version);
    }
    for (int size : sizes) {
      file.putInt(size);
    }
  }

  private void vocabulary() {
    List<String> first = List.of(" \u2047 ", "", "");
    List<String> last = List.of(" t", "he", "\u4f60");
    for (int id = 0; id < VOCABULARY; id++) {
      byte[] text = {(byte) (id - 3)};
      if (id < 3 || id >= 259) {
        String written = id < 3 ? first.get(id) : last.get(id - 259);
        text = written.getBytes(StandardCharsets.UTF_8);
      }
      file.putInt(text.length).put(text);
      if (format != GgmlFormat.GGML) {
        file.putFloat(-id / 2f);
      }
    }
  }

  private void norm(String name) {
    tensor(name, StorageType.F32, new int[] {HIDDEN});
  }

  private void matrix(String name, int rows, int cols) {
    tensor(name, type, new int[] {cols, rows});
  }

  /// Writes one more tensor, innermost size first.
  void tensor(String name, StorageType stored, int... sizes) {
    tensor(
        name,
        stored.ggmlId(),
        data(stored, Arrays.stream(sizes).reduce(1, (a, b) -> a * b)),
        sizes);
  }

  /// Writes one more tensor of these bytes.
  void tensor(String name, int typeId, byte[] data, int... sizes) {
    file.putInt(sizes.length).putInt(name.length()).putInt(typeId);
    for (int size : sizes) {
      file.putInt(size);
    }
    file.put(name.getBytes(StandardCharsets.UTF_8));
    while (format.title().startsWith("ggjt") && file.position() % 32 != 0) {
      file.put((byte) 0);
    }
    file.put(data);
    stored.put(name, data);
  }

  private byte[] data(StorageType as, int elements) {
    ByteBuffer data = ByteBuffer.allocate(4 * elements).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements; i += as.blockSize()) {
      block(as, data);
    }
    return Arrays.copyOf(data.array(), data.position());
  }

  private void block(StorageType as, ByteBuffer data) {
    switch (as) {
      case F32 -> data.putFloat(random.nextFloat() - 0.5f);
      case Q4_0 -> scales(data, isBefore3(), 1).put(quants(16));
      case Q4_1 -> scales(data, isBefore3(), 2).put(quants(16));
      case Q5_0 -> scales(data, false, 1).put(quants(4 + 16));
      case Q5_1 -> scales(data, false, 2).put(quants(4 + 16));
      case Q8_0 -> scales(data, isBefore3(), 1).put(quants(32));
      default -> scales(data, false, 1);
    }
  }

  private boolean isBefore3() {
    return !format.title().equals("ggjt 3");
  }

  private ByteBuffer scales(ByteBuffer data, boolean wide, int count) {
    for (int i = 0; i < count; i++) {
      float scale = random.nextFloat() - 0.5f;
      if (wide) {
        data.putFloat(scale);
      } else {
        data.putShort(Float.floatToFloat16(scale));
      }
    }
    return data;
  }

  private byte[] quants(int count) {
    byte[] quants = new byte[count];
    random.nextBytes(quants);
    return quants;
  }

  /// The values of a tensor as the C code of the format read them.
  float[] values(String name) {
    ByteBuffer data = ByteBuffer.wrap(stored.get(name)).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[stored.get(name).length * 2];
    int count = 0;
    while (data.hasRemaining()) {
      for (float value : blockValues(data)) {
        values[count++] = value;
      }
    }
    return Arrays.copyOf(values, count);
  }

  private float[] blockValues(ByteBuffer data) {
    return switch (type) {
      case F32 -> new float[] {data.getFloat()};
      case F16 -> new float[] {Float.float16ToFloat(data.getShort())};
      case Q8_0 -> eightBits(data, scale(data, isBefore3()));
      case Q4_0 -> fewBits(data, scale(data, isBefore3()), 0, -8, false);
      case Q5_0 -> fewBits(data, scale(data, false), 0, -16, true);
      case Q4_1 -> fewBits(data, scale(data, isBefore3()), scale(data, isBefore3()), 0, false);
      case Q5_1 -> fewBits(data, scale(data, false), scale(data, false), 0, true);
      default -> throw new IllegalArgumentException(type.name());
    };
  }

  private static float scale(ByteBuffer data, boolean wide) {
    return wide ? data.getFloat() : Float.float16ToFloat(data.getShort());
  }

  private static float[] eightBits(ByteBuffer data, float scale) {
    float[] values = new float[32];
    for (int i = 0; i < 32; i++) {
      values[i] = data.get() * scale;
    }
    return values;
  }

  private float[] fewBits(ByteBuffer data, float scale, float min, int shift, boolean five) {
    int fifth = five ? data.getInt() : 0;
    boolean neighbours = !List.of("ggjt 2", "ggjt 3").contains(format.title());
    float[] values = new float[32];
    for (int i = 0; i < 16; i++) {
      int pair = data.get();
      int low = neighbours ? 2 * i : i;
      int high = neighbours ? 2 * i + 1 : i + 16;
      values[low] = ((pair & 0xF) + 16 * ((fifth >>> low) & 1) + shift) * scale + min;
      values[high] = (((pair >> 4) & 0xF) + 16 * ((fifth >>> high) & 1) + shift) * scale + min;
    }
    return values;
  }
}
