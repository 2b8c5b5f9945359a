package dev.kawi.model;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/// Random LoRA adapters of GGUF files, as llama.cpp has them.
final class LowRankGguf {
  private LowRankGguf() {}

  /// What an adapter says of itself, with alpha 8.
  static Metadata.Builder keys(String architecture) {
    return Metadata.builder()
        .string("general.type", "adapter")
        .string("general.architecture", architecture)
        .string("general.name", "random adapter")
        .string("adapter.type", "lora")
        .f32("adapter.lora.alpha", 8);
  }

  /// A random matrix.
  static Written matrix(SplittableRandom random, int rows, int cols, double size) {
    float[] values = new float[rows * cols];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (size * random.nextDouble(-1, 1));
    }
    return new Written(List.of((long) rows, (long) cols), values);
  }

  private static final Pattern CHANGED =
      Pattern.compile(
          "(attn_(q|k|v|qkv|output|gate)|ssm_(out|alpha|beta)|ffn_(gate|up|down)(_exps)?|^output|token_embd)\\.weight");

  /// Writes a random model, a random adapter beside it, and the model that it is merged into.
  static void write(RandomShape shape, Path model, Path adapter, Path merged) throws IOException {
    new RandomModel(shape, StorageType.F32, 5).write(model);
    write(model, adapter, merged);
  }

  /// Writes a random adapter of rank 4 beside a model, and the model that it is merged into.
  static void write(Path model, Path adapter, Path merged) throws IOException {
    SplittableRandom random = new SplittableRandom(8);
    try (GgufFile file = GgufFile.open(model)) {
      GgufWriter whole = new GgufWriter(file.metadata());
      String architecture = file.metadata().string("general.architecture").orElseThrow();
      GgufWriter low = new GgufWriter(keys(architecture).build());
      boolean tied = file.tensor("output.weight").isEmpty();
      for (TensorInfo info : file.tensors()) {
        float[] values = file.data(info).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        boolean isTable = info.name().equals("token_embd.weight");
        if (CHANGED.matcher(info.name()).find() && !(tied && isTable)) {
          values = changed(info, values, random, low, isTable);
        }
        whole.add(info.name(), StorageType.F32, info.shape(), values);
      }
      low.write(adapter);
      whole.write(merged);
    }
  }

  private static float[] changed(
      TensorInfo info, float[] values, SplittableRandom random, GgufWriter low, boolean isTable) {
    int experts = info.shape().size() == 3 ? Math.toIntExact(info.shape().getFirst()) : 1;
    int rows = info.rows() / experts;
    int cols = info.cols();
    Written a = matrix(random, experts * 4, cols, 2 / Math.sqrt(cols));
    Written b = matrix(random, experts * rows, 4, 0.3);
    float[] sum = values.clone();
    for (int e = 0; e < experts; e++) {
      Written whole = slice(new Written(info.shape(), values), e, rows, cols);
      float[] part = whole.plus(2, slice(b, e, rows, 4), slice(a, e, 4, cols)).values();
      System.arraycopy(part, 0, sum, e * rows * cols, part.length);
    }
    boolean one = experts == 1;
    List<Long> ofA = one ? a.shape() : List.of((long) experts, 4L, (long) cols);
    List<Long> ofB = one ? b.shape() : List.of((long) experts, (long) rows, 4L);
    if (isTable) { // [vocabSize, rank] and [hiddenSize, rank]
      low.add(info.name() + ".lora_a", StorageType.F32, b.shape(), b.values());
      Written turned = a.transposed();
      low.add(info.name() + ".lora_b", StorageType.F32, turned.shape(), turned.values());
    } else {
      low.add(info.name() + ".lora_a", StorageType.F32, ofA, a.values());
      low.add(info.name() + ".lora_b", StorageType.F32, ofB, b.values());
    }
    return sum;
  }

  private static Written slice(Written stack, int index, int rows, int cols) {
    int size = rows * cols;
    float[] part = java.util.Arrays.copyOfRange(stack.values(), index * size, (index + 1) * size);
    return new Written(List.of((long) rows, (long) cols), part);
  }
}
