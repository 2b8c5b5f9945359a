package dev.kawi.model;

import dev.kawi.gguf.GgufFile;
import dev.kawi.gguf.ModelFile;
import dev.kawi.kernel.Kernels;
import dev.kawi.kernel.ThreadTeam;
import dev.kawi.nn.Adapter;
import dev.kawi.nn.BidirectionalSpan;
import dev.kawi.nn.BlockTable;
import dev.kawi.nn.CpuCache;
import dev.kawi.nn.Decoder;
import dev.kawi.nn.Executor;
import dev.kawi.nn.FastExecutor;
import dev.kawi.nn.KvCache;
import dev.kawi.nn.Step;
import dev.kawi.tensor.StorageType;
import dev.kawi.tensor.Tensor;
import dev.kawi.weights.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// An open model file with one sequence, for tests.
final class ModelRun implements AutoCloseable {
  private static final int PAGE_SIZE = 16;

  private final ModelFile file;
  private final ThreadTeam team = new ThreadTeam(1);
  private final FastExecutor fast;
  private final Executor executor;
  private final Decoder decoder;
  private final KvCache cache;
  private final BlockTable table;
  private BidirectionalSpan span = BidirectionalSpan.NONE;
  private Adapter adapter = Adapter.NONE;
  private int length;

  /// Opens a file or folder for sequences of up to `contextLength` tokens, with keys and values in
  /// F32.
  ModelRun(Path path, Kernels kernels, int contextLength) throws IOException {
    this(path, kernels, contextLength, fast -> fast);
  }

  /// The same, run by what `around` makes of the fast executor.
  ModelRun(Path path, Kernels kernels, int contextLength, UnaryOperator<Executor> around)
      throws IOException {
    this(
        Files.isDirectory(path) ? HuggingFaceFolder.open(path) : GgufFile.open(path),
        kernels,
        contextLength,
        around);
  }

  /// The same with an open file, which is closed with this.
  ModelRun(ModelFile file, Kernels kernels, int contextLength, UnaryOperator<Executor> around) {
    this.file = file;
    Checkpoint checkpoint = new Checkpoint(file);
    decoder = Architecture.of(checkpoint).build(checkpoint, contextLength);
    fast = new FastExecutor(kernels, team);
    executor = around.apply(fast);
    cache = CpuCache.of(decoder.blocks(), StorageType.F32, PAGE_SIZE);
    table = cache.newTable(0);
  }

  /// Loads an adapter, with which tokens are computed from now on.
  ModelRun with(Path path) throws IOException {
    adapter = loader().load(path);
    return this;
  }

  /// Loads adapters for this model.
  AdapterLoader loader() {
    return new AdapterLoader(decoder, file.metadata());
  }

  /// Appends tokens; log-probabilities after each of them. A span is in the first of them.
  double[][] append(int... tokens) {
    cache.grow(table, length + tokens.length);
    if (length == 0) {
      span = decoder.span(tokens);
    }
    Step.Builder step = Step.over(cache).sequence(table, span).adapter(adapter);
    for (int i = 0; i < tokens.length; i++) {
      step.token(tokens[i], length + i).output();
    }
    Tensor logits = decoder.forward(step.build(), executor);
    length += tokens.length;
    return IntStream.range(0, tokens.length)
        .mapToObj(i -> logSoftmax(logits.row(i)))
        .toArray(double[][]::new);
  }

  /// Begins another sequence in the memory of this one.
  void restart() {
    length = 0;
  }

  /// Appends the most likely token after these log-probabilities, and so on; the `count` tokens.
  int[] greedy(double[] last, int count) {
    int[] tokens = new int[count];
    double[] next = last;
    for (int i = 0; i < count; i++) {
      tokens[i] = likeliest(next);
      next = append(tokens[i])[0];
    }
    return tokens;
  }

  private static int likeliest(double[] logProbabilities) {
    int best = 0;
    for (int i = 1; i < logProbabilities.length; i++) {
      if (logProbabilities[i] > logProbabilities[best]) {
        best = i;
      }
    }
    return best;
  }

  private static double[] logSoftmax(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    double[] all = new double[logits.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = logits[i] - max - Math.log(sum);
    }
    return all;
  }

  @Override
  public void close() {
    fast.close();
    cache.close();
    team.close();
    file.close();
  }
}
