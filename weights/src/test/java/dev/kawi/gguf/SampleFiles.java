package dev.kawi.gguf;

import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/// Small GGUF files for tests.
final class SampleFiles {
  private SampleFiles() {}

  /// A file with metadata of every type and a few tensors.
  static Path write(Path file) throws IOException {
    new GgufWriter(everyMetadataType())
        .add("token_embd.weight", StorageType.F16, List.of(5L, 32L), floats(160))
        .add("blk.0.attn_q.weight", StorageType.Q4_0, List.of(2L, 64L), floats(128))
        .add("blk.0.ffn_up_exps.weight", StorageType.Q8_0, List.of(2L, 3L, 32L), floats(192))
        .add("output_norm.weight", StorageType.F32, List.of(32L), floats(32))
        .write(file);
    return file;
  }

  static Metadata everyMetadataType() {
    return Metadata.builder()
        .string("general.architecture", "llama")
        .string("text", "日本語 \uD83D\uDE00\n")
        .u8("u8", 255)
        .i8("i8", (byte) -128)
        .u16("u16", 65535)
        .i16("i16", (short) -32768)
        .u32("u32", 0xFFFF_FFFFL)
        .i32("i32", Integer.MIN_VALUE)
        .f32("f32", 1e-5f)
        .bool("bool", true)
        .u64("u64", Long.MAX_VALUE)
        .i64("i64", Long.MIN_VALUE)
        .f64("f64", Math.PI)
        .u8s("u8s", 0, 200, 255)
        .u32s("u32s", 0, 0xFFFF_FFFFL)
        .i32s("i32s", -1, 2)
        .f32s("f32s", 0.5f, -0f)
        .bools("bools", true, false)
        .strings("strings", List.of("a", "", "b c"))
        .strings("empty", List.of())
        .put("nested", List.of(new int[] {1, 2}, List.of("x")))
        .put("i64s", new long[] {-1, Long.MAX_VALUE})
        .put("f64s", new double[] {0.25})
        .put("i16s", new short[] {-2})
        .put("i8s", new byte[] {-3})
        .build();
  }

  static float[] floats(int count) {
    Random random = new Random(count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
