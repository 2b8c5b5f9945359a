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

  FirstModel(Console console) {
    this.console = console;
  }

  /// The model that the user agrees to, which still is to be pulled; empty if there is nobody to
  /// ask, or who does not agree.
  Optional<String> propose() throws IOException {
    List<String> here = here();
    PrintStream err = console.err();
    if (!here.isEmpty()) {
      err.println("Chat needs a model. On this machine are:");
      here.stream().limit(SHOWN).forEach(name -> err.println("  kawi chat " + name));
      return Optional.empty();
    }
    double bandwidth = MachineLimits.readBytes(Cpu.detect().defaultThreads());
    List<Advice> advice =
        new Advisor(Advisor.machineMemory(), bandwidth).advise(Catalogue.load(), "chat");
    if (advice.isEmpty()) {
      err.println("Chat needs a model, and none of the catalogue fits this machine: kawi models");
      return Optional.empty();
    }
    Advice best = advice.getFirst();
    String size = Sizes.bytes((long) best.memoryBytes());
    err.printf(
        "Chat needs a model. %s suits this machine: %s of memory, about %s.%n",
        best.model(), size, Recommend.speed(best.tokensPerSecond()));
    if (console.terminal().in() && console.terminal().err()) {
      return console.asks("pull it and talk with it?", Console.Enter.YES)
          ? Optional.of(best.reference())
          : Optional.empty();
    }
    err.printf("  kawi chat %s%n", best.reference());
    err.println("pulls it and talks with it; kawi recommend lists others.");
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
