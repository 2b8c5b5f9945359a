package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.Metadata;
import dev.kawi.kernel.ScalarKernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.nn.CpuCache;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FastExecutor;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Step;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A trained GPT of 85 thousand parameters that sorts six letters (minGPT's demo, shown in
/// bbycroft's llm-viz), against every activation that PyTorch computed for a batch of three
/// sequences.
@Tag("data")
class GptNanoSortTest {
  private static final Path FOLDER =
      Path.of(Objects.requireNonNull(System.getProperty("kawi.data")), "models", "gpt-nano-sort");
  private static final int NUM_SEQUENCES = 3;
  private static final int LENGTH = 11;
  private static final int NUM_HEADS = 3;
  private static final float TOLERANCE = 2e-5f;

  @TempDir private static Path temporary;

  private JsonNode expected;
  private SeenExecutor seen;

  @BeforeEach
  void run() throws IOException {
    expected = new JsonMapper().readTree(FOLDER.resolve("gpt-nano-sort-t0-partials.json").toFile());
    Path path = temporary.resolve("sort.gguf");
    write(new JsonMapper().readTree(FOLDER.resolve("gpt-nano-sort-model.json").toFile()), path);
    try (GgufFile file = GgufFile.open(path);
        ThreadTeam team = new ThreadTeam(1);
        FastExecutor fast = new FastExecutor(new ScalarKernels(), team)) {
      seen = new SeenExecutor(fast);
      Checkpoint checkpoint = new Checkpoint(file);
      Decoder decoder = Architecture.of(checkpoint).build(checkpoint, LENGTH);
      try (KvCache cache = CpuCache.of(decoder.blocks(), StorageType.F32, 4)) {
        decoder.forward(step(cache), seen);
      }
    }
  }

  @Test
  void embeddings_equalPyTorch() {
    check("tok_emb", "embed token_embd");
    check("x", "add 0");
  }

  @Test
  void attention_equalsPyTorch() {
    check("ln1", "norm blk.0.attn_norm");
    checkHeads("q", "linear blk.0.attn_q");
    checkHeads("k", "linear blk.0.attn_k");
    checkHeads("v", "linear blk.0.attn_v");
    checkHeads("attSm", "attention weights 0");
    check("y", "attention output 0");
    check("yProj", "linear blk.0.attn_output");
    check("attnResid", "add 1");
  }

  @Test
  void feedForward_equalsPyTorch() {
    check("ln2", "norm blk.0.ffn_norm");
    check("fc", "linear blk.0.ffn_up");
    check("gelu", "activate 0");
    check("mlp", "linear blk.0.ffn_down");
    check("mlpResid", "add 2");
  }

  @Test
  void layersAndLogits_equalPyTorch() {
    check("block0", "layer 0");
    check("block1", "layer 1");
    check("block2", "layer 2");
    check("ln_f", "norm output_norm");
    check("lm_head", "linear output");
  }

  /// Compares rows [sequence, position] with a tensor of the same order.
  private void check(String name, String found) {
    assertArrayEquals(floats(expected.get(name)), seen.values(found), TOLERANCE, name);
  }

  /// Compares rows [sequence, position, head] with a tensor [sequence, head, position].
  private void checkHeads(String name, String found) {
    float[] all = floats(expected.get(name));
    float[] values = seen.values(found);
    int width = all.length / (NUM_SEQUENCES * NUM_HEADS * LENGTH);
    float[] reordered = new float[all.length];
    for (int row = 0; row < NUM_SEQUENCES * NUM_HEADS * LENGTH; row++) {
      int position = row % LENGTH;
      int head = row / LENGTH % NUM_HEADS;
      int sequence = row / (LENGTH * NUM_HEADS);
      int from = ((sequence * LENGTH + position) * NUM_HEADS + head) * width;
      System.arraycopy(values, from, reordered, row * width, width);
    }
    assertEquals(all.length, values.length, name);
    assertArrayEquals(all, reordered, TOLERANCE, name);
  }

  /// The three sequences as one ragged batch.
  private Step step(KvCache cache) {
    float[] ids = floats(expected.get("idx"));
    Step.Builder step = Step.over(cache);
    for (int i = 0; i < ids.length; i++) {
      if (i % LENGTH == 0) {
        step.sequence(cache.newTable(LENGTH));
      }
      step.token((int) ids[i], i % LENGTH).output();
    }
    return step.build();
  }

  private static void write(JsonNode model, Path path) throws IOException {
    GgufWriter writer =
        new GgufWriter(
            Metadata.builder()
                .string("general.architecture", "gpt2")
                .u32("gpt2.block_count", 3)
                .u32("gpt2.context_length", LENGTH)
                .u32("gpt2.embedding_length", 48)
                .u32("gpt2.feed_forward_length", 192)
                .u32("gpt2.attention.head_count", NUM_HEADS)
                .f32("gpt2.attention.layer_norm_epsilon", 1e-5f)
                .build());
    for (Map.Entry<String, JsonNode> tensor : model.properties()) {
      String name = tensor.getKey();
      if (name.endsWith(".attn.bias") || !tensor.getValue().has("shape")) {
        continue; // the causal mask, the configuration
      }
      List<Long> shape = new ArrayList<>();
      tensor.getValue().get("shape").forEach(size -> shape.add(size.asLong()));
      writer.add(ggufName(name), StorageType.F32, shape, floats(tensor.getValue()));
    }
    writer.write(path);
  }

  private static String ggufName(String name) {
    return name.replace("transformer.", "")
        .replaceFirst("^h\\.", "blk.")
        .replace("wte", "token_embd")
        .replace("wpe", "position_embd")
        .replace("ln_1", "attn_norm")
        .replace("attn.c_attn", "attn_qkv")
        .replace("attn.c_proj", "attn_output")
        .replace("ln_2", "ffn_norm")
        .replace("mlp.c_fc", "ffn_up")
        .replace("mlp.c_proj", "ffn_down")
        .replace("ln_f", "output_norm")
        .replace("lm_head", "output");
  }

  private static float[] floats(JsonNode tensor) {
    byte[] bytes = Base64.getDecoder().decode(tensor.get("data").asString());
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }
}
