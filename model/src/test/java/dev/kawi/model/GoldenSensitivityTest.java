package dev.kawi.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.GgufWriter;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.kernel.ScalarKernels;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The goldens are worth something: a model that does not see one optional key or tensor of its
/// file is far from them.
class GoldenSensitivityTest {
  private static final double FAR = 2e-2;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "llama, llama.rope.freq_base",
    "llama-tied, llama.attention.layer_norm_rms_epsilon",
    "llama-rope-freqs, rope_freqs.weight",
    "llama-linear, llama.rope.scaling.factor",
    "llama-yarn, llama.rope.scaling.type",
    "llama-yarn, llama.rope.scaling.original_context_length",
    "llama-biases, blk.0.attn_q.bias",
    "llama-biases, blk.1.attn_v.bias",
    "llama-biases, blk.1.attn_output.bias",
    "llama-biases, blk.1.ffn_gate.bias",
    "llama-biases, blk.1.ffn_up.bias",
    "llama-biases, blk.1.ffn_down.bias",
    "qwen2, blk.1.attn_v.bias",
    "qwen2-yarn, qwen2.rope.scaling.factor",
    "qwen3, blk.1.attn_q_norm.weight",
    "qwen3, blk.1.attn_k_norm.weight",
    "gemma2, gemma2.attention.sliding_window",
    "gemma2, gemma2.attn_logit_softcapping",
    "gemma2, gemma2.final_logit_softcapping",
    "gemma3, gemma3.attention.sliding_window",
    "gemma3-linear, gemma3.rope.scaling.factor",
    "phi3-partial, phi3.rope.dimension_count",
    "phi3-long, phi3.rope.scaling.attn_factor",
    "phi3-long, phi3.rope.scaling.original_context_length",
    "phi3-short, rope_factors_short.weight",
    "gpt2, blk.0.attn_qkv.bias",
    "gpt2, output_norm.bias",
    "starcoder2, blk.1.ffn_norm.bias",
    "starcoder2, starcoder2.attention.layer_norm_epsilon",
    "mpt, mpt.attention.clamp_kqv",
    "mpt, mpt.attention.max_alibi_bias",
    "olmo, olmo.attention.clamp_kqv",
    "phi2, output.bias",
    "gptneox, gptneox.use_parallel_residual",
    "stablelm-12b, blk.1.attn_q_norm.weight",
    "qwen35, qwen35.rope.dimension_count",
    "qwen35, qwen35.attention.layer_norm_rms_epsilon",
    "qwen35moe, blk.0.ffn_gate_inp_shexp.weight",
    "chatglm1, blk.0.attn_qkv.bias",
    "chatglm1, blk.2.attn_output.bias",
    "chatglm1, blk.1.ffn_down.bias",
  })
  void withoutOneKeyOrTensor_theProbabilitiesAreFarOff(String shape, String missing)
      throws IOException {
    Golden golden =
        Golden.all().stream()
            .filter(g -> g.shape().equals("tiny-" + shape) && g.storage().equals("F32"))
            .findFirst()
            .orElseThrow();
    Path whole = folder.resolve("whole.gguf");
    golden.model().write(whole);

    try (ModelRun run = new ModelRun(without(missing, whole), new ScalarKernels(), 256)) {
      double[][] found = run.append(golden.ids());

      assertTrue(golden.largestDelta(found) > FAR, golden.compared(found));
    }
  }

  private Path without(String missing, Path whole) throws IOException {
    Path path = folder.resolve("without.gguf");
    try (GgufFile file = GgufFile.open(whole)) {
      assertTrue(file.metadata().has(missing) || file.tensor(missing).isPresent(), missing);
      GgufWriter writer = new GgufWriter(file.metadata().toBuilder().remove(missing).build());
      for (TensorInfo info : file.tensors()) {
        if (!info.name().equals(missing)) {
          writer.add(info.name(), info.type(), info.shape(), file.data(info));
        }
      }
      writer.write(path);
    }
    return path;
  }
}
