package dev.kawi.cli;

import dev.kawi.home.KawiVersion;
import dev.kawi.kernel.Cpu;
import dev.kawi.kernel.KernelProvider;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `kawi info`: on what this program runs.
@Command(
    name = "info",
    mixinStandardHelpOptions = true,
    description = "Show the JDK, the processor and the threads that are used.",
    footer = {"", "Examples:", "  kawi info", "  kawi info --json"})
final class InfoCommand implements Callable<Integer> {
  private static final int LABEL_COLUMNS = 11;

  private final Console console;

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  InfoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Map<String, Object> facts = facts();
    if (json) {
      Json.print(console, facts);
    } else {
      Texts texts = Texts.of(Objects.requireNonNull(spec));
      facts.forEach((name, value) -> {
        String label = texts.get("info." + name);
        String gap = " ".repeat(Math.max(1, LABEL_COLUMNS - Table.width(label)));
        console.out().println(label + gap + text(value));
      });
    }
    return 0;
  }

  private static Map<String, Object> facts() {
    Cpu cpu = Cpu.detect();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("kawi", KawiVersion.number());
    facts.put("java", Runtime.version() + ", " + System.getProperty("java.vm.name"));
    facts.put("home", Path.of(System.getProperty("java.home")).toString());
    facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    facts.put("cpu", cpu.model());
    facts.put("features", cpu.features());
    facts.put("cores", cpu.physicalCores());
    facts.put("threads", cpu.defaultThreads());
    KernelProvider.Choice kernels = KernelProvider.choose();
    facts.put("kernels", kernels.kernels().name() + " (" + kernels.reason() + ")");
    facts.put("heap", (Runtime.getRuntime().maxMemory() >> 20) + " MiB");
    return facts;
  }

  private static String text(Object value) {
    return value instanceof Collection<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.joining(" "))
        : value.toString();
  }
}
