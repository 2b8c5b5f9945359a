package dev.kawi.cli;

import dev.kawi.cli.Advisor.Advice;
import dev.kawi.hub.Catalogue;
import dev.kawi.hub.HubSettings;
import dev.kawi.hub.LocalModel;
import dev.kawi.hub.ModelHub;
import dev.kawi.kernel.Cpu;
import dev.kawi.kernel.MachineLimits;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;

/// Helps who has no model yet: says what is on this machine, or which model suits it; on a terminal
/// a key gets that one.
final class FirstModel {
  private static final int SHOWN = 5;

  private final Console console;
  private final Texts texts;

  FirstModel(Console console, Texts texts) {
    this.console = console;
    this.texts = texts;
  }

  /// The model that the user agrees to, which still is to be pulled; empty if there is nobody to
  /// ask, or who does not agree.
  Optional<String> propose() throws IOException {
    List<String> here = here();
    PrintStream err = console.err();
    if (!here.isEmpty()) {
      err.println(texts.get("first.here"));
      here.stream().limit(SHOWN).forEach(name -> err.println("  kawi chat " + name));
      return Optional.empty();
    }
    double bandwidth = MachineLimits.readBytes(Cpu.detect().defaultThreads());
    List<Advice> advice =
        new Advisor(Advisor.machineMemory(), bandwidth)
            .advise(Catalogue.load(), "chat").stream()
                .filter(each -> each.listed().isPresent()) // the file is known to exist
                .toList();
    if (advice.isEmpty()) {
      err.println(texts.get("first.none"));
      return Optional.empty();
    }
    Advice best = advice.getFirst();
    String size = Sizes.bytes((long) best.memoryBytes());
    String speed = Recommend.speed(best.tokensPerSecond(), texts);
    err.println(texts.get("first.needs", best.model(), size, speed));
    if (console.terminal().in() && console.terminal().err()) {
      return console.asks(texts.get("first.ask"), Console.Enter.YES)
          ? Optional.of(best.reference())
          : Optional.empty();
    }
    err.printf("  kawi chat %s%n", best.reference());
    err.println(texts.get("first.pulls"));
    return Optional.empty();
  }

  /// GGUF models in the stores, as they are named on a command line.
  private static List<String> here() throws IOException {
    try (ModelHub hub = new ModelHub(HubSettings.fromEnvironment())) {
      return hub.list().stream().flatMap(model -> names(model).stream()).distinct().toList();
    }
  }

  private static List<String> names(LocalModel model) {
    return model.files().stream()
        .filter(file -> file.endsWith(".gguf"))
        .map(LocalTable::quantization)
        .map(
            quantization -> quantization.equals("-") ? model.id() : model.id() + ":" + quantization)
        .toList();
  }
}
