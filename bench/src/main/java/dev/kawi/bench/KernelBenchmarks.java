package dev.kawi.bench;

import dev.kawi.kernel.MachineLimits;
import dev.kawi.tensor.StorageType;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/// Runs the benchmarks with JMH's options (`-p type=Q8_0 -p tokens=1`, for example), then prints
/// what they say in bytes and operations a second, beside what the machine can do.
public final class KernelBenchmarks {
  private KernelBenchmarks() {}

  /// Runs it.
  public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
    Map<Integer, MachineLimits> limits = new TreeMap<>();
    for (int threads : new int[] {1, 2}) {
      MachineLimits.measure(threads).ifPresent(measured -> limits.put(threads, measured));
    }
    Collection<RunResult> results = new Runner(new CommandLineOptions(arguments)).run();
    System.out.printf(
        "%n| kernels | type | tokens | threads | us | GB/s | of read | GOP/s | of peak |%n");
    System.out.println("|---|---|---|---|---|---|---|---|---|");
    results.forEach(result -> print(result, limits));
    limits.values().forEach(KernelBenchmarks::print);
  }

  private static void print(MachineLimits limits) {
    System.out.printf(
        Locale.ROOT,
        "The machine, %d threads: reads %.1f GB/s, %.0f GFLOP/s in f32, %.0f GOP/s in int8.%n",
        limits.threads(),
        limits.readBytes() / 1e9,
        limits.floatOperations() / 1e9,
        limits.byteOperations() / 1e9);
  }

  private static void print(RunResult result, Map<Integer, MachineLimits> limits) {
    BenchmarkParams params = result.getParams();
    StorageType type = StorageType.valueOf(params.getParam("type"));
    int tokens = Integer.parseInt(params.getParam("tokens"));
    int threads = Integer.parseInt(params.getParam("threads"));
    double seconds = result.getPrimaryResult().getScore() / 1e9;
    double bytes = type.bytes(MatmulBenchmark.COLS) * (double) MatmulBenchmark.ROWS / seconds;
    double operations = 2.0 * MatmulBenchmark.ROWS * MatmulBenchmark.COLS * tokens / seconds;
    MachineLimits limit = limits.get(threads);
    boolean whole = type.blockSize() > 1 && params.getParam("kernels").equals("generated");
    double peak = limit == null ? 0 : whole ? limit.byteOperations() : limit.floatOperations();
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %d | %d | %.1f | %.1f | %s | %.0f | %s |%n",
        params.getParam("kernels"),
        type,
        tokens,
        threads,
        seconds * 1e6,
        bytes / 1e9,
        percent(bytes, limit == null ? 0 : limit.readBytes()),
        operations / 1e9,
        percent(operations, peak));
  }

  private static String percent(double found, double limit) {
    return limit == 0 ? "-" : String.format(Locale.ROOT, "%.0f %%", 100 * found / limit);
  }
}
