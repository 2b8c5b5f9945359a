import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Kawi beside llama.cpp: the same seeded random files, the same number of threads, one program
/// after the other in turn. For each test it prints both medians, the median of the paired ratios,
/// and a 95 % bootstrap interval of that median. A single-file program: `bench/peer/run` starts it.
///
/// llama.cpp comes as a folder with its own programs (llama-bench, llama-batched-bench), or,
/// without one, as node-llama-cpp from npm, which has no batched test.
public final class Peer {
  private static final int SEED = 1;
  private static final int PROMPT = 512;
  private static final int GENERATE = 64;
  private static final int DEPTH = 2048;
  private static final int DEPTH_GENERATE = 32;
  private static final int BATCH = 32;
  private static final int BATCH_GENERATE = 16;
  private static final Pattern KAWI =
      Pattern.compile("\"test\":\"([^\"]+)\",\"threads\":\\d+,\"median\":([0-9.Ee+-]+)");
  private static final Pattern LLAMA_RATE = Pattern.compile("\"avg_ts\": ([0-9.]+)");
  private static final Pattern LLAMA_PROMPT = Pattern.compile("\"n_prompt\": (\\d+)");
  private static final Pattern LLAMA_BATCH =
      Pattern.compile("\"pl\": (\\d+),.*?\"speed_tg\": ([0-9.]+)");
  private static final int LOAD_PROMPT = 64;
  private static final int LOAD_GENERATE = 16;
  private static final Pattern KAWI_LOAD =
      Pattern.compile(
          "\"firstMedian\":([0-9.Ee+-]+),\"firstLast\":([0-9.Ee+-]+),"
              + "\"total\":([0-9.Ee+-]+),\"generation\":([0-9.Ee+-]+)");
  private static final Pattern LLAMA_LOAD =
      Pattern.compile("\"t_pp\": ([0-9.]+),.*?\"speed_tg\": ([0-9.]+), \"t\": ([0-9.]+)");
  private static final Pattern NODE = Pattern.compile("(pp|tg) ([0-9.]+)");

  private final Map<String, String> options = new LinkedHashMap<>();
  private final Path root;
  private final Path work;

  private Peer(Path root, String... arguments) {
    this.root = root;
    options.put("llama", "");
    options.put("shapes", "qwen2.5-0.5b,llama-3.2-1b");
    options.put("storage", "Q8_0,Q4_0,Q4_K_M,BF16,F32");
    options.put("tests", "pp,tg,depth,batch");
    options.put("pairs", "11");
    options.put("threads", "2");
    options.put("sequences", "1,8,32,64");
    options.put("kernels", "");
    options.put("work", root.resolve("bench/peer/target").toString());
    for (String argument : arguments) {
      Matcher option = Pattern.compile("--([a-z]+)=(.*)").matcher(argument);
      if (!option.matches() || !options.containsKey(option.group(1))) {
        System.err.printf(
            "peer: unknown argument %s%nusage: bench/peer/run [--llama=FOLDER] [--shapes=A,B]"
                + " [--storage=Q8_0,...] [--tests=pp,tg,depth,batch,load] [--pairs=11] [--threads=2]"
                + " [--sequences=1,8,32,64]"
                + " [--kernels=vector] [--work=FOLDER]%n"
                + "example: bench/peer/run --llama=$HOME/llama.cpp/build/bin --shapes=qwen3-0.6b"
                + " --storage=Q8_0 --tests=pp,tg%n",
            argument);
        System.exit(2);
      }
      options.put(option.group(1), option.group(2));
    }
    work = Path.of(options.get("work"));
  }

  public static void main(String[] arguments) throws Exception {
    Path root = Path.of(System.getProperty("kawi.root", "."));
    new Peer(root, arguments).run();
  }

  /// Rates of both programs in one test, pair by pair.
  private record Pairs(List<Double> kawi, List<Double> llama) {
    Pairs() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    double[] ratios() {
      int n = Math.min(kawi.size(), llama.size());
      double[] ratios = new double[n];
      Arrays.setAll(ratios, i -> kawi.get(i) / llama.get(i));
      return ratios;
    }
  }

  private void run() throws Exception {
    Files.createDirectories(work);
    if (options.get("llama").isEmpty()) {
      installNode();
    }
    System.out.printf(
        "%s, %s, %s threads, %s pairs; llama.cpp: %s%n%n",
        LocalDate.now(), cpu(), options.get("threads"), options.get("pairs"), llamaVersion());
    System.out.println(
        "| shape | storage | test | Kawi tok/s | llama.cpp tok/s | ratio | 95 % interval | range |");
    System.out.println("|---|---|---|---|---|---|---|---|");
    for (String shape : options.get("shapes").split(",")) {
      for (String storage : options.get("storage").split(",")) {
        Path file = model(shape, storage);
        measure(shape, storage, file);
        Files.delete(file);
      }
    }
  }

  private Path model(String shape, String storage) throws Exception {
    Path file = work.resolve(shape + "-" + storage + ".gguf");
    if (!Files.exists(file)) {
      output(
          kawi(
              "random", "--shape", shape, "--storage", storage, "--seed", "" + SEED, "--out",
              file.toString()));
    }
    return file;
  }

  private void measure(String shape, String storage, Path file) throws Exception {
    Map<String, Pairs> tests = new LinkedHashMap<>();
    int pairs = Integer.parseInt(options.get("pairs"));
    for (int i = 0; i < pairs; i++) {
      if (has("pp") || has("tg")) {
        plain(file, tests);
      }
      if (has("depth")) {
        depth(file, tests);
      }
      if (has("batch") && !options.get("llama").isEmpty()) {
        batch(file, tests);
      }
      if (has("load") && !options.get("llama").isEmpty()) {
        load(file, tests);
      }
      System.err.printf("peer: %s %s, pair %d of %d%n", shape, storage, i + 1, pairs);
    }
    tests.forEach((name, found) -> print(shape, storage, name, found));
  }

  private boolean has(String test) {
    return List.of(options.get("tests").split(",")).contains(test);
  }

  private void plain(Path file, Map<String, Pairs> tests) throws Exception {
    int prompt = has("pp") ? PROMPT : 0;
    int generate = has("tg") ? GENERATE : 0;
    bench(file, prompt, generate, 0, 1).forEach((n, r) -> pairs(tests, n).kawi().add(r));
    llama(file, prompt, generate, 0).forEach((n, r) -> pairs(tests, n).llama().add(r));
  }

  private void depth(Path file, Map<String, Pairs> tests) throws Exception {
    bench(file, 0, DEPTH_GENERATE, DEPTH, 1).forEach((n, r) -> pairs(tests, n).kawi().add(r));
    llama(file, 0, DEPTH_GENERATE, DEPTH).forEach((n, r) -> pairs(tests, n).llama().add(r));
  }

  /// Of llama.cpp the best of 8, 16 and 32 sequences counts.
  private void batch(Path file, Map<String, Pairs> tests) throws Exception {
    String name = "tg x " + BATCH;
    for (double rate : bench(file, 0, BATCH_GENERATE, 0, BATCH).values()) {
      pairs(tests, name).kawi().add(rate);
    }
    String out =
        output(
            List.of(
                Path.of(options.get("llama"), "llama-batched-bench").toString(),
                "-m", file.toString(), "-c", "2048", "-npp", "1", "-ntg", "" + BATCH_GENERATE,
                "-npl", "8,16,32", "-t", options.get("threads"), "-tb", options.get("threads"),
                "--output-format", "jsonl"));
    double best = 0;
    for (Matcher m = LLAMA_BATCH.matcher(out); m.find(); ) {
      best = Math.max(best, Double.parseDouble(m.group(2)));
    }
    pairs(tests, name).llama().add(best);
  }

  /// Requests that arrive at once, with one prompt for all or one each. llama-batched-bench reads
  /// all prompts before it generates, so that each of its requests has its first token with the
  /// last one; of a shared prompt its time is that of one prompt, without the first token of
  /// anybody, and is not compared. Times are noted as what is done in a second, as all figures of the table.
  private void load(Path file, Map<String, Pairs> tests) throws Exception {
    for (String count : options.get("sequences").split(",")) {
      int n = Integer.parseInt(count);
      for (String prompts : List.of("distinct", "shared")) {
        String name = "x%d %s: ".formatted(n, prompts);
        Matcher kawi =
            found(
                KAWI_LOAD,
                kawi(
                    "bench", "--model", file.toString(), "-p", "" + LOAD_PROMPT, "-n",
                    "" + LOAD_GENERATE, "-b", "" + n, "--load", prompts, "-t",
                    options.get("threads"), "-r", "1", "--json"));
        List<String> peer =
            new ArrayList<>(
                List.of(
                    Path.of(options.get("llama"), "llama-batched-bench").toString(),
                    "-m", file.toString(), "-c", "16384", "-npp", "" + LOAD_PROMPT, "-ntg",
                    "" + LOAD_GENERATE, "-npl", "" + n, "-t", options.get("threads"), "-tb",
                    options.get("threads"), "--output-format", "jsonl"));
        if (prompts.equals("shared")) {
          peer.add("-pps");
        }
        Matcher llama = found(LLAMA_LOAD, peer);
        add(tests, name + "generation", number(kawi, 4), number(llama, 2));
        double answers = (double) n * LOAD_GENERATE;
        add(tests, name + "answers", answers / number(kawi, 3), answers / number(llama, 3));
        if (prompts.equals("distinct")) {
          add(tests, name + "first/s", 1 / number(kawi, 1), 1 / number(llama, 1));
          add(tests, name + "last first/s", 1 / number(kawi, 2), 1 / number(llama, 1));
        }
      }
    }
  }

  private static void add(Map<String, Pairs> tests, String name, double kawi, double llama) {
    pairs(tests, name).kawi().add(kawi);
    pairs(tests, name).llama().add(llama);
  }

  private static double number(Matcher found, int group) {
    return Double.parseDouble(found.group(group));
  }

  private Matcher found(Pattern pattern, List<String> command) throws Exception {
    String out = output(command);
    Matcher matcher = pattern.matcher(out);
    if (!matcher.find()) {
      throw new IOException("peer: no figures in the output of " + command + ":\n" + out);
    }
    return matcher;
  }

  private static Pairs pairs(Map<String, Pairs> tests, String name) {
    return tests.computeIfAbsent(name, n -> new Pairs());
  }

  // ---- the two programs ----

  private List<String> kawi(String... arguments) {
    List<String> command = new ArrayList<>(List.of(root.resolve("kawi").toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  private Map<String, Double> bench(Path file, int prompt, int generate, int depth, int sequences)
      throws Exception {
    String out =
        output(
            kawi(
                "bench", "--model", file.toString(), "-p", "" + prompt, "-n", "" + generate, "-d",
                "" + depth, "-b", "" + sequences, "-t", options.get("threads"), "-r", "1",
                "--json"));
    Map<String, Double> rates = new LinkedHashMap<>();
    for (Matcher m = KAWI.matcher(out); m.find(); ) {
      rates.put(m.group(1), Double.parseDouble(m.group(2)));
    }
    return rates;
  }

  private Map<String, Double> llama(Path file, int prompt, int generate, int depth)
      throws Exception {
    Map<String, Double> rates = new LinkedHashMap<>();
    String suffix = depth > 0 ? " @ d" + depth : "";
    if (options.get("llama").isEmpty()) {
      String out =
          output(
              List.of(
                  "node", "peer.mjs", file.toString(), "" + prompt, "" + generate, "" + depth,
                  options.get("threads")));
      for (Matcher m = NODE.matcher(out); m.find(); ) {
        boolean pp = m.group(1).equals("pp");
        rates.put((pp ? "pp" + prompt : "tg" + generate) + suffix, Double.parseDouble(m.group(2)));
      }
      return rates;
    }
    String out =
        output(
            List.of(
                Path.of(options.get("llama"), "llama-bench").toString(),
                "-m", file.toString(), "-p", "" + prompt, "-n", "" + generate, "-d", "" + depth,
                "-t", options.get("threads"), "-r", "1", "-o", "json"));
    Matcher promptOf = LLAMA_PROMPT.matcher(out);
    for (Matcher rate = LLAMA_RATE.matcher(out); rate.find() && promptOf.find(); ) {
      boolean pp = !promptOf.group(1).equals("0");
      rates.put((pp ? "pp" + prompt : "tg" + generate) + suffix, Double.parseDouble(rate.group(1)));
    }
    return rates;
  }

  private String llamaVersion() throws Exception {
    if (options.get("llama").isEmpty()) {
      return "node-llama-cpp, prebuilt";
    }
    String out =
        output(List.of(Path.of(options.get("llama"), "llama-batched-bench").toString(), "--version"));
    return out.lines().filter(l -> l.contains("version")).findFirst().orElse("unknown").strip();
  }

  private void installNode() throws Exception {
    Files.copy(
        root.resolve("bench/peer/peer.mjs"),
        work.resolve("peer.mjs"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    if (!Files.exists(work.resolve("node_modules/node-llama-cpp"))) {
      Files.writeString(work.resolve("package.json"), "{\"private\": true}");
      output(List.of("npm", "install", "--ignore-scripts", "--no-audit", "node-llama-cpp"));
    }
  }

  /// What a command prints, on both streams; an error if it fails.
  private String output(List<String> command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).directory(work.toFile());
    if (!options.get("kernels").isEmpty()) {
      builder.environment().put("KAWI_JAVA_OPTS", "-Dkawi.kernels=" + options.get("kernels"));
    }
    Process process = builder.start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("peer: " + String.join(" ", command) + " failed:\n" + out);
    }
    return out;
  }

  private static String cpu() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    return !Files.exists(info)
        ? System.getProperty("os.arch")
        : Files.readString(info)
            .lines()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.replaceFirst(".*: ", ""))
            .findFirst()
            .orElse("unknown processor");
  }

  // ---- statistics ----

  private static void print(String shape, String storage, String test, Pairs found) {
    double[] ratios = found.ratios();
    if (ratios.length == 0) {
      return;
    }
    double[] interval = interval(ratios);
    double[] sorted = ratios.clone();
    Arrays.sort(sorted);
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %s | %.2f | %.2f | **%.2f** | %.2f to %.2f | %.2f to %.2f |%n",
        shape,
        storage,
        test,
        median(found.kawi().stream().mapToDouble(d -> d).toArray()),
        median(found.llama().stream().mapToDouble(d -> d).toArray()),
        median(ratios),
        interval[0],
        interval[1],
        sorted[0],
        sorted[sorted.length - 1]);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }

  /// The middle 95 % of the medians of 10,000 samples drawn with replacement.
  private static double[] interval(double[] values) {
    SplittableRandom random = new SplittableRandom(1);
    double[] medians = new double[10_000];
    for (int i = 0; i < medians.length; i++) {
      double[] sample = new double[values.length];
      Arrays.setAll(sample, k -> values[random.nextInt(values.length)]);
      medians[i] = median(sample);
    }
    Arrays.sort(medians);
    return new double[] {medians[250], medians[9749]};
  }
}
