package dev.kawi.explain;

import dev.kawi.gguf.GgufFile;
import dev.kawi.kernel.KernelProvider;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.model.Architecture;
import dev.kawi.model.Checkpoint;
import dev.kawi.nn.BlockTable;
import dev.kawi.nn.CpuCache;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.FastExecutor;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Step;
import dev.kawi.nn.TappingExecutor;
import dev.kawi.sample.SamplingOptions;
import dev.kawi.tensor.StorageType;
import dev.kawi.token.Tokenizers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/// A model file to explain, as an engine would set it up.
final class Loaded implements AutoCloseable {
  static final int CONTEXT = 128;

  private final GgufFile file;
  private final ThreadTeam team = new ThreadTeam(1);
  private final FastExecutor executor = new FastExecutor(KernelProvider.choose().kernels(), team);
  final Explainer explainer;

  Loaded(Path path) throws IOException {
    file = GgufFile.open(path);
    Checkpoint checkpoint = new Checkpoint(file);
    Decoder decoder = Architecture.of(checkpoint).build(checkpoint, CONTEXT);
    explainer =
        new Explainer(
            "test",
            checkpoint.config().architecture(),
            decoder,
            Tokenizers.from(file.metadata()),
            CONTEXT);
  }

  Explanation explain(String text, int maxTokens, SamplingOptions options) {
    Decoder decoder = explainer.decoder();
    try (KvCache cache = CpuCache.of(decoder.blocks(), StorageType.F32, 16)) {
      BlockTable table = cache.newTable(0);
      return explainer.explain(
          text,
          maxTokens,
          options,
          (tokens, from, span, tap) -> {
            cache.grow(table, tokens.length);
            int[] ids = Arrays.copyOfRange(tokens, from, tokens.length);
            int[] last = {ids.length - 1};
            Step step = Step.of(ids, from, span, table, cache, last);
            return decoder.forward(step, new TappingExecutor(executor, tap)).row(0);
          });
    }
  }

  @Override
  public void close() {
    executor.close();
    team.close();
    file.close();
  }
}
