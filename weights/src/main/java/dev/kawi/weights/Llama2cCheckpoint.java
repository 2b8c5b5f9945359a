package dev.kawi.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kawi.gguf.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// A checkpoint of llama2.c: a header of seven sizes, then all weights as f32.
///
/// Version 0 has nothing but the sizes (28 bytes), a negative vocabSize where the output matrix is
/// not the embedding, and rotary tables that nobody needs. Version 1 begins with `ak42` and a
/// header of 256 bytes. They order the weights differently. A weight of all layers is stored
/// together; here it is cut by layer. Query and key rows lie in interleaved rotary order, as GGUF's
/// `llama` wants them. Source: `export.py` (`legacy_export`, `version1_export`) and `run.c` of
/// karpathy/llama2.c.
///
/// @param sizes what the header says
/// @param weights the weights by GGUF name, borrowed from the file, in GGUF's usual order
record Llama2cCheckpoint(LlamaSizes sizes, List<Weight> weights) {
  private static final int MAGIC = 0x616b3432;
  private static final int HEADER_BYTES_V0 = 7 * 4;
  private static final int HEADER_BYTES_V1 = 256;

  /// A weight: `[rows, cols]`, or `[cols]` for a norm.
  record Weight(String name, List<Long> shape, MemorySegment data) {}

  /// Whether a file may be such a checkpoint.
  static boolean matches(MemorySegment file) {
    return file.byteSize() >= HEADER_BYTES_V0
        && (file.get(LittleEndian.INT, 0) == MAGIC || plausible(sizes(file, 0, 0)));
  }

  static Llama2cCheckpoint parse(MemorySegment file, String name) {
    if (file.byteSize() < HEADER_BYTES_V0) {
      throw error(name, "ends inside its header; is the download complete?");
    }
    if (file.get(LittleEndian.INT, 0) != MAGIC) {
      LlamaSizes sizes = requirePlausible(sizes(file, 0, 0), name);
      return new Cutter(file, name, sizes, HEADER_BYTES_V0).version0();
    }
    int version = file.get(LittleEndian.INT, 4);
    if (version != 1) {
      throw error(
          name,
          "has version %d; Kawi imports 0 and 1 (float32), export it again with --version 1"
              .formatted(version));
    }
    if (file.byteSize() < HEADER_BYTES_V1) {
      throw error(name, "ends inside its header; is the download complete?");
    }
    LlamaSizes sizes = requirePlausible(sizes(file, 8, 1), name);
    return new Cutter(file, name, sizes, HEADER_BYTES_V1).version1();
  }

  private static LlamaSizes sizes(MemorySegment file, long at, int version) {
    int[] n = file.asSlice(at, HEADER_BYTES_V0).toArray(LittleEndian.INT);
    boolean tied = version == 0 ? n[5] > 0 : file.get(JAVA_BYTE, at + HEADER_BYTES_V0) != 0;
    int vocabSize = version == 0 ? Math.abs(n[5]) : n[5];
    return new LlamaSizes(n[0], n[1], n[2], n[3], n[4], vocabSize, n[6], tied);
  }

  private static boolean plausible(LlamaSizes s) {
    return s.hiddenSize() > 0
        && s.hiddenSize() <= 1 << 20
        && s.intermediateSize() > 0
        && s.intermediateSize() <= 1 << 24
        && s.numLayers() > 0
        && s.numLayers() <= 1 << 16
        && s.numHeads() > 0
        && s.numKvHeads() > 0
        && s.vocabSize() > 0
        && s.vocabSize() <= 1 << 24
        && s.contextLength() > 0
        && s.contextLength() <= 1 << 24
        && s.hiddenSize() % s.numHeads() == 0
        && s.numHeads() % s.numKvHeads() == 0
        && s.headDim() % 2 == 0;
  }

  private static LlamaSizes requirePlausible(LlamaSizes sizes, String name) {
    if (!plausible(sizes)) {
      throw error(name, "has sizes that no model has: " + sizes);
    }
    return sizes;
  }

  private static ModelFormatException error(String name, String what) {
    return new ModelFormatException("llama2.c: " + name + " " + what);
  }

  /// Walks through the file and cuts it into weights.
  private static final class Cutter {
    private final MemorySegment file;
    private final String name;
    private final LlamaSizes sizes;
    private final List<List<Weight>> layers = new ArrayList<>();
    private final List<Weight> others = new ArrayList<>();
    private long position;

    Cutter(MemorySegment file, String name, LlamaSizes sizes, long position) {
      this.file = file;
      this.name = name;
      this.sizes = sizes;
      this.position = position;
      requireSize();
      for (int i = 0; i < sizes.numLayers(); i++) {
        layers.add(new ArrayList<>());
      }
    }

    Llama2cCheckpoint version0() {
      one("token_embd.weight", sizes.vocabSize(), sizes.hiddenSize());
      norms("attn_norm");
      attention();
      norms("ffn_norm");
      mlp();
      norm("output_norm.weight");
      position += rotaryTables();
      return finish();
    }

    Llama2cCheckpoint version1() {
      norms("attn_norm");
      norms("ffn_norm");
      norm("output_norm.weight");
      one("token_embd.weight", sizes.vocabSize(), sizes.hiddenSize());
      attention();
      mlp();
      return finish();
    }

    private void attention() {
      perLayer("attn_q", sizes.hiddenSize(), sizes.hiddenSize());
      perLayer("attn_k", sizes.kvSize(), sizes.hiddenSize());
      perLayer("attn_v", sizes.kvSize(), sizes.hiddenSize());
      perLayer("attn_output", sizes.hiddenSize(), sizes.hiddenSize());
    }

    private void mlp() {
      perLayer("ffn_gate", sizes.intermediateSize(), sizes.hiddenSize());
      perLayer("ffn_down", sizes.hiddenSize(), sizes.intermediateSize());
      perLayer("ffn_up", sizes.intermediateSize(), sizes.hiddenSize());
    }

    private Llama2cCheckpoint finish() {
      if (!sizes.tiedEmbeddings()) {
        one("output.weight", sizes.vocabSize(), sizes.hiddenSize());
      }
      List<Weight> all = new ArrayList<>(others);
      layers.forEach(all::addAll);
      return new Llama2cCheckpoint(sizes, all);
    }

    private void requireSize() {
      double h = sizes.hiddenSize();
      double perLayer =
          2 * h + 2 * h * h + 2 * h * sizes.kvSize() + 3 * h * sizes.intermediateSize();
      double matrices = sizes.tiedEmbeddings() ? 1 : 2;
      double rotary = position == HEADER_BYTES_V0 ? rotaryTables() : 0;
      double expected =
          position
              + 4 * (sizes.numLayers() * perLayer + h + matrices * h * sizes.vocabSize())
              + rotary;
      if (expected != file.byteSize()) {
        throw error(
            name,
            "has %d bytes; a llama2.c checkpoint of these sizes has %.0f (%s); is the download complete?"
                .formatted(file.byteSize(), expected, sizes));
      }
    }

    private long rotaryTables() {
      return 4L * sizes.contextLength() * sizes.headDim();
    }

    private void perLayer(String what, int rows, int cols) {
      for (int i = 0; i < sizes.numLayers(); i++) {
        layers.get(i).add(cut(blockName(i, what), List.of((long) rows, (long) cols)));
      }
    }

    private void norms(String what) {
      for (int i = 0; i < sizes.numLayers(); i++) {
        layers.get(i).add(cut(blockName(i, what), List.of((long) sizes.hiddenSize())));
      }
    }

    private static String blockName(int layer, String what) {
      return "blk." + layer + "." + what + ".weight";
    }

    private void norm(String what) {
      others.add(cut(what, List.of((long) sizes.hiddenSize())));
    }

    private void one(String what, int rows, int cols) {
      others.add(cut(what, List.of((long) rows, (long) cols)));
    }

    private Weight cut(String what, List<Long> shape) {
      long bytes = 4 * shape.stream().reduce(1L, (a, b) -> a * b);
      Weight weight = new Weight(what, shape, file.asSlice(position, bytes));
      position += bytes;
      return weight;
    }
  }
}
