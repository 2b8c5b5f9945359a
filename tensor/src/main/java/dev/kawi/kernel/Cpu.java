package dev.kawi.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The processor that this program may use.
///
/// @param model its name, as the operating system gives it
/// @param features instruction sets, in the words of the operating system
/// @param physicalCores cores, hyper-threads not counted, that this process may run on
public record Cpu(String model, List<String> features, int physicalCores) {
  /// Instruction sets that decide which kernels can run; the others are not reported.
  private static final List<String> TELLING =
      List.of(
          "sse4_2",
          "avx",
          "f16c",
          "fma",
          "avx2",
          "avx_vnni",
          "avx512f",
          "avx512bw",
          "avx512vl",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_int8",
          "amx_bf16",
          "asimd",
          "asimdhp",
          "asimddp",
          "i8mm",
          "bf16",
          "sve",
          "sve2",
          "sme");

  /// Threads that compute by default: the physical cores, but no more than the cgroup's share of
  /// time and the affinity mask allow.
  public int defaultThreads() {
    return Math.max(1, Math.min(physicalCores, Runtime.getRuntime().availableProcessors()));
  }

  /// Asks the operating system; where it does not answer, counts each logical processor as a core.
  public static Cpu detect() {
    Path cpuinfo = Path.of("/proc/cpuinfo");
    if (Files.isReadable(cpuinfo)) {
      return fromLinux(read(cpuinfo), read(Path.of("/proc/self/status")));
    }
    if (System.getProperty("os.name", "").startsWith("Mac")) {
      return fromMac();
    }
    return new Cpu(
        System.getProperty("os.arch"), List.of(), Runtime.getRuntime().availableProcessors());
  }

  /// Reads the texts of /proc/cpuinfo and /proc/self/status.
  static Cpu fromLinux(String cpuinfo, String status) {
    Set<Integer> allowed = allowedProcessors(status);
    Set<String> cores = new HashSet<>();
    String model = "";
    Set<String> flags = Set.of();
    for (String block : cpuinfo.strip().split("\\n\\s*\\n", -1)) {
      Map<String, String> fields = fields(block);
      model = fields.getOrDefault("model name", model);
      String found = fields.getOrDefault("flags", fields.getOrDefault("Features", ""));
      flags = found.isEmpty() ? flags : Set.of(found.split("\\s+", -1));
      String processor = fields.getOrDefault("processor", "");
      if (processor.matches("\\d{1,9}")
          && (allowed.isEmpty() || allowed.contains(Integer.valueOf(processor)))) {
        String core = fields.getOrDefault("core id", "processor " + processor);
        cores.add(fields.getOrDefault("physical id", "0") + "/" + core);
      }
    }
    List<String> features = TELLING.stream().filter(flags::contains).toList();
    String name = model.isEmpty() ? System.getProperty("os.arch") : model;
    return new Cpu(name, features, Math.max(1, cores.size()));
  }

  private static Map<String, String> fields(String block) {
    Map<String, String> fields = new HashMap<>();
    block
        .lines()
        .map(line -> line.split(":", 2))
        .filter(pair -> pair.length == 2)
        .forEach(pair -> fields.put(pair[0].strip(), pair[1].strip()));
    return fields;
  }

  /// The processors of a line such as `Cpus_allowed_list: 0-3,8`; none means that nothing is said.
  private static Set<Integer> allowedProcessors(String status) {
    Set<Integer> allowed = new HashSet<>();
    status
        .lines()
        .filter(line -> line.matches("Cpus_allowed_list:\\s*[0-9,-]{1,4000}"))
        .flatMap(line -> Stream.of(line.split(":", 2)[1].strip().split(",", -1)))
        .filter(range -> range.matches("\\d{1,6}(-\\d{1,6})?"))
        .forEach(range -> {
          String[] ends = range.split("-", -1);
          int last = Integer.parseInt(ends[ends.length - 1]);
          for (int i = Integer.parseInt(ends[0]); i <= last; i++) {
            allowed.add(i);
          }
        });
    return allowed;
  }

  private static Cpu fromMac() {
    List<String> features = new ArrayList<>();
    for (String feature : List.of("FEAT_DotProd", "FEAT_I8MM", "FEAT_BF16", "FEAT_SME")) {
      if (sysctl("hw.optional.arm." + feature).filter("1"::equals).isPresent()) {
        features.add(feature.toLowerCase(Locale.ROOT));
      }
    }
    int cores =
        sysctl("hw.perflevel0.physicalcpu")
            .or(() -> sysctl("hw.physicalcpu"))
            .filter(count -> count.matches("\\d{1,4}"))
            .map(Integer::valueOf)
            .orElse(Runtime.getRuntime().availableProcessors());
    String model =
        sysctl("machdep.cpu.brand_string").orElse(System.getProperty("os.arch", "unknown"));
    return new Cpu(model, List.copyOf(features), Math.max(1, cores));
  }

  private static Optional<String> sysctl(String name) {
    try {
      Process process = new ProcessBuilder("/usr/sbin/sysctl", "-n", name).start();
      process.getOutputStream().close();
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      boolean done = process.waitFor(2, TimeUnit.SECONDS) && process.exitValue() == 0;
      return done && !answer.isBlank() ? Optional.of(answer.strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
